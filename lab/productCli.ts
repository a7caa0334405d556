import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { builtFile } from './productProcess';
import type { Site } from './siteConfiguration';

const WITHIN_MS = 60_000;

/** Runs `portwarden …` as an operator of the site does. @returns what it printed. @throws what it printed when it fails. */
export async function runPortwarden(
  site: Site,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [builtFile('cli/main.js'), ...args], {
    cwd: site.directory,
    env: { ...process.env, ...site.environment, ...environment },
    timeout: WITHIN_MS,
  });
  return stdout;
}
