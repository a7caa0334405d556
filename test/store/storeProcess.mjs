// A process of its own that uses the embedded store: `open DIR` opens it, `insert DIR` appends entries for ever and
// prints the id of each one once it is acknowledged. Compiles the sources as the tests do.
import { createRequire } from 'node:module';
import { readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

const { openStore } = require(fileURLToPath(new URL('../../src/store/openStore.ts', import.meta.url)));
const [mode, directory] = process.argv.slice(2);

try {
  const store = await openStore({ directory });
  const entry = {
    device: 'junos:1',
    port: 'ge-0/0/1.0',
    workflowId: 'device:junos:1',
    status: 'applied',
    summary: 'from the child',
    added: [],
    removed: [],
    commands: [],
  };
  while (mode === 'insert') {
    const [id] = await store.journal.append([entry]);
    writeSync(1, `${id}\n`);
  }
  await store.close();
  writeSync(1, 'opened\n');
} catch (error) {
  writeSync(1, `${error.code}: ${error.message}\n`);
}
