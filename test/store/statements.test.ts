import { sql } from 'drizzle-orm';
import { bindingOf, statementOf } from '../../src/devices/junos/staticBinding';
import { removalFingerprint } from '../../src/domain/change/removals';
import { commitIntents, journal, parked } from '../../src/store/schema';
import { ip, port } from '../activities/fakes/values';
import { olderStore, type OlderStore } from './olderStore';

let older: OlderStore;
beforeAll(async () => {
  older = await olderStore('0002_statements');
}, 180_000);
afterAll(() => older.close());

/** What an older portwarden stored of bindings: one as it makes them, and two of a person's hand. */
const BINDINGS = [
  { ip: ip('192.0.2.10'), mac: '02:00:00:00:00:10', vlanName: 'v100' },
  { ip: ip('192.0.2.9'), mac: '', vlanName: 'v100' },
  { ip: ip('2001:db8::1'), mac: '02:00:00:00:00:10', vlanName: '' },
];

test('bindings that an older portwarden stored become the statements that the driver makes of them', async () => {
  const bindings = JSON.stringify(BINDINGS);
  const run = async (query: string): Promise<void> => {
    await older.database.execute(sql.raw(query));
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

  await older.upgrade();

  const statements = BINDINGS.map((binding) => statementOf(binding));
  expect(
    await older.database.select({ added: journal.added, removed: journal.removed }).from(journal).orderBy(journal.id),
  ).toEqual([
    { added: statements, removed: [] },
    { added: [], removed: [] },
  ]);
  expect(await older.database.select({ added: parked.added, removed: parked.removed }).from(parked)).toEqual([
    { added: [], removed: statements },
  ]);
  expect(
    await older.database.select({ added: commitIntents.added, removed: commitIntents.removed }).from(commitIntents),
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
