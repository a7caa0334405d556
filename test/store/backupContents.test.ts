import { sql } from 'drizzle-orm';
import { deviceId } from '../../src/domain/values/device';
import { backupRepository } from '../../src/store/backups';
import { backupContents } from '../../src/store/backupSchema';
import { olderStore, type OlderStore } from './olderStore';

let older: OlderStore;
beforeAll(async () => {
  older = await olderStore('0016_backup_contents');
}, 180_000);
afterAll(() => older.close());

test('backups of an older portwarden are read as they were, each content stored once; a new one of the same text points to it', async () => {
  await older.database.execute(
    sql`INSERT INTO backups (device, reason, configuration) VALUES
      ('junos:1', 'one', 'a ü\\'), ('junos:1', 'two', 'b'), ('junos:1', 'three', 'a ü\\'), ('junos:2', 'other', 'b')`,
  );

  await older.upgrade();

  const device = deviceId('junos', 1);
  const backups = backupRepository((work) => work(older.database));
  const listed = await backups.list(device, 10);
  expect(listed.map(({ reason, size }) => [reason, size])).toEqual([
    ['three', 5],
    ['two', 1],
    ['one', 5],
  ]);
  expect(await backups.latest(device)).toMatchObject({ reason: 'three', configuration: 'a ü\\' });
  expect(await backups.add(device, 'a ü\\', 'again')).toBe(listed[0]?.id);
  const back = await backups.add(device, 'b', 'back');
  expect(await backups.get(device, back)).toMatchObject({ reason: 'back', configuration: 'b' });
  const contents = await older.database.select({ encoding: backupContents.encoding }).from(backupContents);
  expect(contents.map(({ encoding }) => encoding)).toEqual(['plain', 'plain', 'plain']);
  await backups.add(device, 'c '.repeat(5_000), 'new');
  const [compressed] = await older.database
    .select({ bytes: sql<number>`octet_length(content)` })
    .from(backupContents)
    .where(sql`encoding = 'gzip'`);
  expect(compressed?.bytes).toBeLessThan(200);
});

test('the age of a backup counts from when another one took its place, not from when it was made', async () => {
  const device = deviceId('junos', 7);
  const backups = backupRepository((work) => work(older.database));
  for (const text of ['a', 'b', 'c']) await backups.add(device, text, text);
  // Made 400, 20 and 10 days ago: a was in force for 380 days, and is superseded for 20.
  await older.database.execute(
    sql`UPDATE backups SET at = now() - (CASE reason WHEN 'a' THEN 400 WHEN 'b' THEN 20 ELSE 10 END) * interval '1 day'
      WHERE device = 'junos:7'`,
  );
  expect(await backups.forget(device, { keepDays: 21 }, 100)).toBe(0);
  expect(await backups.forget(device, { keepDays: 19 }, 100)).toBe(1);
  expect(await backups.forget(device, { keepDays: 1 }, 100)).toBe(1);
  expect((await backups.list(device, 10)).map(({ reason }) => reason)).toEqual(['c']);
});
