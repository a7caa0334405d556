import { execFileSync } from 'node:child_process';

let found: { readonly path: string | undefined } | undefined;

/** The path of tctl: TCTL_PATH, else `tctl` on PATH, else undefined, with the reason printed once. */
export function tctl(): string | undefined {
  if (found !== undefined) return found.path;
  const path = process.env['TCTL_PATH'] ?? 'tctl';
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore', timeout: 10_000 });
    found = { path };
  } catch {
    process.stderr.write('skipped: no tctl on PATH and none named by TCTL_PATH\n');
    found = { path: undefined };
  }
  return found.path;
}
