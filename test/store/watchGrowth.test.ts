import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedStoreFolder } from '../../src/store/engine/embeddedEngine';
import { openStore } from '../../src/store/openStore';
import { placePreparedStore } from './preparedStore';

const LOOKS = 150;
/** What the looks between two vacuums leave, and some. Without vacuums it is 2.4 KB for each look, without an end. */
const MOST_BYTES = 200_000;

const bytesIn = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);

test('looks at a cluster that find nothing new do not make the embedded store grow', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-growth-'));
  await placePreparedStore(directory);
  const store = await openStore({ directory });
  try {
    const state = { cluster: 'pve', guests: 50, readUpTo: 0 };
    const changes = Array.from({ length: 50 }, (_, index) => ({
      vmid: 100 + index,
      kind: 'moved' as const,
      message: `guest ${100 + index} (vm-${index * 7919}) moved from pve${index % 7} to pve${(index * 3) % 7}`,
      at: new Date(1e12 + index * 7_777_777).toISOString(),
    }));
    await store.watches.save(0, { state: { ...state, changes }, put: [], drop: [] });
    const before = bytesIn(join(embeddedStoreFolder(directory), 'base'));
    for (let look = 1; look <= LOOKS; look += 1)
      expect(await store.watches.save(look, { state: { ...state, changes, readUpTo: look }, put: [], drop: [] })).toBe(
        true,
      );
    expect((await store.watches.view('pve')).state.changes).toHaveLength(50);
    expect(bytesIn(join(embeddedStoreFolder(directory), 'base')) - before).toBeLessThan(MOST_BYTES);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);
