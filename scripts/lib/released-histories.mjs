import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names the files of a release with their SHA-256, as `sha256sum` writes and checks them. */
const SUMS = 'SHA256SUMS';

/**
 * Keeps the recorded histories as those of a released version: they must replay for ever, and nothing may change them.
 * @param {{version: string, directory: string}} options directory: holds `histories` and, afterwards, `released/<version>`
 * @returns {string[]} the names of the kept files
 * @throws when the version was kept before: workflows of that version run somewhere, and their histories do not change.
 */
export function keepRelease({ version, directory }) {
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) throw new Error(`${version} is no version such as 1.2.3`);
  const target = join(directory, 'released', version);
  if (existsSync(target)) {
    throw new Error(
      `The histories of ${version} are kept already, in ${target}. They are never recorded again: make the change with patched(), see docs/testing.md, "Replay".`,
    );
  }
  const source = join(directory, 'histories');
  const names = readdirSync(source)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (names.length === 0) throw new Error(`${source} holds no histories`);
  const draft = `${target}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const sums = names.map((name) => {
    const history = readFileSync(join(source, name));
    writeFileSync(join(draft, name), history);
    return `${createHash('sha256').update(history).digest('hex')}  ${name}\n`;
  });
  writeFileSync(join(draft, SUMS), sums.join(''));
  renameSync(draft, target);
  return names;
}
