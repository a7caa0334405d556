import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the checkout, from the sources as from what was compiled into dist/. */
export function projectRoot(): string {
  for (let directory = __dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) throw new Error('there is no package.json above this file');
  }
}
