import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { bindingOf, statementOf } from '../../src/devices/junos/staticBinding';
import { removalFingerprint } from '../../src/domain/change/removals';
import type { Engine } from '../../src/store/engine/database';
import { openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { migrate } from '../../src/store/engine/migrate';
import { MIGRATIONS } from '../../src/store/migrations';
import { commitIntents, journal, parked } from '../../src/store/schema';
import { ip, port } from '../activities/fakes/values';
import { placePreparedStore } from './preparedStore';

const root = mkdtempSync(join(tmpdir(), 'portwarden-statements-'));
let engine: Engine;
beforeAll(async () => {
  await placePreparedStore(root);
  engine = await openEmbeddedEngine(root);
}, 180_000);
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

/** What an older portwarden stored of bindings: one as it makes them, and two of a person's hand. */
const BINDINGS = [
  { ip: ip('192.0.2.10'), mac: '02:00:00:00:00:10', vlanName: 'v100' },
  { ip: ip('192.0.2.9'), mac: '', vlanName: 'v100' },
  { ip: ip('2001:db8::1'), mac: '02:00:00:00:00:10', vlanName: '' },
];

test('bindings that an older portwarden stored become the statements that the driver makes of them', async () => {
  const position = MIGRATIONS.findIndex(({ tag }) => tag === '0002_statements');
  await migrate(engine.database, MIGRATIONS.slice(0, position));
  const bindings = JSON.stringify(BINDINGS);
  const run = async (query: string): Promise<void> => {
    await engine.database.execute(sql.raw(query));
  };
  await run(
    `INSERT INTO journal (device, port, workflow_id, status, summary, added, removed, commands) VALUES
      ('junos:1', 'ge-0/0/1.0', 'w', 'applied', 's', '${bindings}', '[]', '[]'), ('junos:1', 'p', 'w', 'failed', 's', '[]', '[]', '[]')`,
  );
  await run(
    `INSERT INTO parked (device, port, fingerprint, reason, added, removed) VALUES ('junos:1', 'p', 'f', 'r', '[]', '${bindings}')`,
  );
  await run(
    `INSERT INTO commit_intents (device, log_token, workflow_id, confirmed, port, effective_port, added, removed, commands)
      VALUES ('junos:1', 't', 'w', false, 'p', 'p', '${bindings}', '${bindings}', '[]')`,
  );

  await migrate(engine.database, MIGRATIONS);

  const statements = BINDINGS.map((binding) => statementOf(binding));
  expect(
    await engine.database.select({ added: journal.added, removed: journal.removed }).from(journal).orderBy(journal.id),
  ).toEqual([
    { added: statements, removed: [] },
    { added: [], removed: [] },
  ]);
  expect(await engine.database.select({ added: parked.added, removed: parked.removed }).from(parked)).toEqual([
    { added: [], removed: statements },
  ]);
  expect(
    await engine.database.select({ added: commitIntents.added, removed: commitIntents.removed }).from(commitIntents),
  ).toEqual([{ added: statements, removed: statements }]);
  expect(statements.map(bindingOf)).toEqual(BINDINGS);
});

test('approvals that wait are for the same removals as before', () => {
  // Taken down before statements had keys: FNV-1a over the port and `-IP MAC VLAN` of each binding.
  expect(
    removalFingerprint(
      port('ge-0/0/1.0'),
      BINDINGS.slice(0, 1).map((binding) => statementOf(binding)),
    ),
  ).toBe('caa9925afa19f159');
});
