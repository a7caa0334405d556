import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PortwardenError } from '../../domain/errors';

const LONGEST_MS = 30 * 60_000;

/**
 * The Temporal CLI for the embedded server, found or got by scripts/temporal-cli.mjs in its order.
 * @param log told what that program says on the way, line by line
 * @throws PortwardenError `temporal-cli-not-found` with the list of what was tried
 */
export async function findTemporalCli(log: (line: string) => void): Promise<string> {
  const script = bootstrapScript();
  if (script === undefined) {
    throw new PortwardenError(
      'temporal-cli-not-found',
      'TEMPORAL_CLI_PATH is not set and scripts/temporal-cli.mjs is not there to get the CLI.',
    );
  }
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [script], { timeout: LONGEST_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new PortwardenError('temporal-cli-not-found', withoutLogLines(stderr), { cause: error }));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.startsWith('[')) log(line.replace(/^\[[^\]]*\] /, ''));
    });
  });
}

function withoutLogLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('['))
    .join('\n')
    .trim();
}

/** Found upwards from here, so that it works from the sources as well as from dist. */
function bootstrapScript(): string | undefined {
  for (let directory = __dirname; ; directory = dirname(directory)) {
    const script = join(directory, 'scripts', 'temporal-cli.mjs');
    if (existsSync(script)) return script;
    if (dirname(directory) === directory) return undefined;
  }
}
