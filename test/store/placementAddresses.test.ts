import { arrayOverlaps, sql } from 'drizzle-orm';
import { placementRepository } from '../../src/store/placements';
import { placements as table } from '../../src/store/schema';
import { ip } from '../activities/fakes/values';
import { olderStore, type OlderStore } from './olderStore';

let older: OlderStore;
beforeAll(async () => {
  older = await olderStore('0013_placement_addresses');
}, 180_000);
afterAll(() => older.close());

test('placements that an older portwarden stored are found by what its entry has and by what is bound, through the index', async () => {
  const at = (port: string, ...bound: string[]): object => ({ device: 'junos:1', port, bound });
  const ports = JSON.stringify([
    at('ge-0/0/1.0', '10.0.48.1', '10.0.48.2'),
    { device: 'junos:1', port: 'ge-0/0/2.0' },
    at('ge-0/0/3.0', '2001:db8::5'),
  ]);
  await older.database.execute(
    sql.raw(`INSERT INTO placements (server_id, kind, ports, ips) VALUES
      (1, 'dedicated', '${ports}', '["10.0.48.1", "10.0.48.9"]'), (2, 'dedicated', '[]', '[]')`),
  );

  await older.upgrade();

  const stored = await older.database.select({ addresses: table.addresses }).from(table).orderBy(table.serverId);
  expect(stored.map(({ addresses }) => addresses)).toEqual([
    ['10.0.48.1', '10.0.48.2', '10.0.48.9', '2001:db8::5'],
    [],
  ]);
  const placements = placementRepository((work) => work(older.database));
  const find = async (address: string): Promise<number[]> =>
    (await placements.listByIps([ip(address)])).map(({ serverId }) => serverId);
  expect([await find('2001:db8::5'), await find('10.0.48.9'), await find('10.0.48.3')]).toEqual([[1], [1], []]);

  await older.database.execute(
    sql`INSERT INTO placements (server_id, kind, ports, ips, addresses)
      SELECT id, 'dedicated', '[]', '[]', ARRAY['198.51.' || id / 250 || '.' || id % 250] FROM generate_series(10, 5000) AS id`,
  );
  await older.database.execute(sql`ANALYZE placements`);
  const wanted = older.database
    .select()
    .from(table)
    .where(arrayOverlaps(table.addresses, [ip('10.0.48.9')]));
  const plan = await older.database.execute(sql`EXPLAIN ${wanted}`);
  expect(JSON.stringify(plan)).toContain('placements_addresses');
});
