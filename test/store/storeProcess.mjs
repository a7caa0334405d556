// A process of its own that uses the embedded store: `open DIR` opens it, `insert DIR` appends entries for ever and
// prints the id of each one once it is acknowledged, `lock DIR` holds only the lock. Compiles the sources as the tests do.
import { createRequire } from 'node:module';
import { writeSync } from 'node:fs';

const loadSource = createRequire(import.meta.url)('./loadSource.cjs');
const load = (name) => loadSource(`store/${name}`);
const [mode, directory] = process.argv.slice(2);

try {
  if (mode === 'lock') {
    await load('engine/directoryLock').lockDirectory(directory);
    writeSync(1, 'held\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  const store = await load('openStore').openStore({ directory });
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
