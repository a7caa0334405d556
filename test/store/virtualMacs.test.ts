import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, RunOnDatabase } from '../../src/store/engine/database';
import { openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { migrate } from '../../src/store/engine/migrate';
import { MIGRATIONS } from '../../src/store/migrations';
import { virtualMacRepository } from '../../src/store/virtualMacs';
import { ip, mac, server } from '../activities/fakes/values';
import { placePreparedStore } from './preparedStore';

const root = mkdtempSync(join(tmpdir(), 'portwarden-virtual-macs-'));
let engine: Engine;
beforeAll(async () => {
  await placePreparedStore(root);
  engine = await openEmbeddedEngine(root);
  await migrate(engine.database, MIGRATIONS);
}, 180_000);
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

test('random octets that make a MAC which is given, avoided or reserved are drawn again', async () => {
  const run: RunOnDatabase = (work) => work(engine.database);
  const drawn = [1, 1, 0, 2, 3];
  const random = (octets: number): Uint8Array => {
    const last = drawn.shift();
    if (last === undefined) throw new Error('drawn too often');
    return Uint8Array.from({ length: octets }, (_, index) => (index === octets - 1 ? last : 0));
  };
  const { allocate } = virtualMacRepository(run, random);
  const cause = { workflowId: 'device:junos:1' };
  const one = await allocate([{ serverId: server(1), ip: ip('192.0.2.1') }], cause);
  const two = await allocate([{ serverId: server(2), ip: ip('192.0.2.1') }], cause, [mac('02:00:00:00:00:02')]);
  expect([...one, ...two].map((row) => row.mac)).toEqual(['02:00:00:00:00:01', '02:00:00:00:00:03']);
  expect(drawn).toEqual([]);
});
