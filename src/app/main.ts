import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { errorEntry, PortwardenError } from '../domain/errors';
import { loadConfiguration, type Role } from '../config';
import { EXIT, exitCodeOf } from '../domain/exitCode';
import { createLogger, temporalLogger } from '../telemetry/log';
import { keepHeapSmall } from './memory';
import { startProduct } from './product';
import { shutdownTimes } from './shutdown';

const ROLES: Readonly<Record<string, Role>> = { all: 'all', api: 'api', worker: 'worker' };

/** The process entry: `main.js [all|api|worker]`. */
async function main(): Promise<void> {
  const role = ROLES[process.argv[2] ?? 'all'];
  if (role === undefined)
    throw new PortwardenError('invalid-configuration', `Unknown role ${process.argv[2] ?? ''}: use all, api or worker`);
  // Where the rest has processes of its own, workers are there in numbers; a single process has the embedded database, which is larger.
  if (role === 'worker') keepHeapSmall();
  const configuration = loadConfiguration({ env: process.env, cwd: process.cwd(), role });
  const log = createLogger(configuration.logging);
  Runtime.install({
    logger: temporalLogger(log.child({}, { level: log.isLevelEnabled('debug') ? log.level : 'warn' })),
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
  // Listened for from the beginning: a start that a signal cuts off would leave its Temporal server behind.
  const ended = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        resolve(signal);
      });
  });
  const product = await startProduct(configuration, log);
  const { apiUrl, temporalAddress, temporalUiUrl } = product;
  log.info({ role, apiUrl, temporalAddress, temporalUiUrl }, 'portwarden is running');
  try {
    const signal = await Promise.race([ended, product.failed]);
    log.info(
      { signal, commitSeconds: shutdownTimes(configuration).commit / 1000 },
      'ending; a commit that is under way is let finish; the signal once more ends at once',
    );
  } finally {
    await product.stop();
  }
}

function printFailure(error: unknown): void {
  if (error instanceof PortwardenError)
    process.stderr.write(`portwarden: ${error.code}: ${error.message}\n${errorEntry(error.code).remedy}\n`);
  else process.stderr.write(`portwarden: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    printFailure(error);
    process.exit(error instanceof PortwardenError ? exitCodeOf(error.code) : EXIT.failed);
  },
);
