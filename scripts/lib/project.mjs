import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Folder for locks of this checkout; not under node_modules, which npm ci deletes. */
export const LOCKS = join(ROOT, '.portwarden', 'locks');

/** Resolves packages from the checkout's node_modules, once they are installed. */
export const requireFromProject = createRequire(join(ROOT, 'package.json'));

const MINIMUM_NODE = 20;

/** Ends the program with a readable message when this Node is too old. */
export function requireNode(version = process.versions.node) {
  const major = Number(version.split('.')[0]);
  if (major >= MINIMUM_NODE) return;
  process.stderr.write(`portwarden needs Node ${MINIMUM_NODE} or newer; this is ${version}.\n`);
  process.exit(1);
}
