import type { DeviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import type { HoldEntry, NewHold } from '../../src/store/holds';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';

const PORT = parsePortName('ge-0/0/1.0');
const OTHER = parsePortName('ge-0/0/2.0');
const NOW = new Date('2026-11-29T13:00:00.000Z');
const LATER = '2026-12-01T00:00:00.000Z';

const hold = (device: DeviceId, extra: Partial<NewHold> = {}): NewHold => ({
  ...{ device, port: PORT, askedAs: [PORT], statements: [statement('10.0.48.1')], removes: [], brought: [] },
  ...{ backup: '7', backupAt: '2026-11-20T00:00:00.000Z', workflowId: 'restoreBackup-1' },
  ...{ author: 'ada@ops1', reason: 'wrong batch', expiresAt: LATER },
  ...extra,
});

const noted =
  (what: string): HoldEntry =>
  ({ device, port, author, reason, id }) => ({
    ...{ device, port, author, reason, workflowId: 'restoreBackup-1', status: 'unchanged', summary: `${what} ${id}` },
    ...{ added: [], removed: [], commands: [] },
  });
const ENTRIES = { set: noted('set'), replaced: noted('replaced') };

/** What every engine must do with what people hold. */
export function holdSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const journalOf = async (device: DeviceId): Promise<string[]> =>
    (await open().journal.list({ device, limit: 100 })).map(({ summary }) => summary).reverse();

  it('has one for a port, whole, and journals it; a new one takes its place', async () => {
    const { holds } = open();
    const device = freshDevice();
    const wanted = hold(device, { removes: [statement('10.0.48.2')], brought: [statement('10.0.48.1')] });
    const [made, second] = await holds.set([wanted, hold(device, { port: OTHER })], NOW, ENTRIES);
    expect(made).toEqual({ ...wanted, id: made?.id, createdAt: NOW.toISOString() });
    expect(await holds.of(device)).toEqual([made, second]);
    const [again] = await holds.set([hold(device, { reason: 'another' })], NOW, ENTRIES);
    expect((await holds.of(device)).map(({ id }) => id)).toEqual([second?.id, again?.id]);
    expect(await journalOf(device)).toEqual([
      ...[`set ${made?.id ?? ''}`, `set ${second?.id ?? ''}`],
      ...[`replaced ${made?.id ?? ''}`, `set ${again?.id ?? ''}`],
    ]);
  });

  it('makes all or none', async () => {
    const { holds } = open();
    const device = freshDevice();
    const broken = (): never => {
      throw new Error('no entry');
    };
    await expect(holds.set([hold(device)], NOW, { ...ENTRIES, set: broken })).rejects.toThrow();
    expect(await holds.of(device)).toEqual([]);
  });

  it('is released once, by whom and why, and ended by whoever brought the port to its sources', async () => {
    const { holds } = open();
    const device = freshDevice();
    const [made] = await holds.set([hold(device)], NOW, ENTRIES);
    const id = made?.id ?? '';
    const bob = { author: 'bob', reason: 'mended' };
    const [released] = await holds.release([id, '999999999', 'x'], bob, NOW, noted('released'));
    expect(released).toEqual({ ...made, released: { ...bob, at: NOW.toISOString() } });
    expect(await holds.release([id], { author: 'eve', reason: 'again' }, NOW, noted('released'))).toEqual([]);
    expect(await holds.get([id, 'x'])).toEqual([released]);
    expect(await holds.end([id], noted('ended'))).toEqual([released]);
    expect(await holds.end([id], noted('ended'))).toEqual([]);
    expect([
      await holds.end([], noted('ended')),
      await holds.get([]),
      await holds.release([], bob, NOW, noted('')),
    ]).toEqual([[], [], []]);
    expect(await journalOf(device)).toEqual([`set ${id}`, `released ${id}`, `ended ${id}`]);
  });

  it('says once that its time is over, to one caller, and stays; one that was released is never over', async () => {
    const { holds } = open();
    const device = freshDevice();
    const [made, released] = await holds.set([hold(device), hold(device, { port: OTHER })], NOW, ENTRIES);
    await holds.release([released?.id ?? ''], { author: 'bob', reason: 'mended' }, NOW, noted('released'));
    const own = (rows: Awaited<ReturnType<typeof holds.takeOver>>) => rows.filter((row) => row.device === device);
    expect(own(await holds.takeOver(new Date(Date.parse(LATER) - 1), noted('over')))).toEqual([]);
    const at = new Date(LATER);
    const takes = await Promise.all([holds.takeOver(at, noted('over')), holds.takeOver(at, noted('over'))]);
    expect(own(takes.flat())).toEqual([made]);
    expect(own(await holds.takeOver(at, noted('over')))).toEqual([]);
    expect(await holds.of(device)).toHaveLength(2);
    const counts = async (now: Date) => (await holds.count(now)).filter((row) => row.device === device);
    expect(await counts(NOW)).toEqual([{ device, holding: 1, over: 0 }]);
    expect(await counts(at)).toEqual([{ device, holding: 0, over: 1 }]);
  });

  it('is found by the addresses that it has, and listed page by page', async () => {
    const { holds } = open();
    const device = freshDevice();
    const made = await holds.set(
      [hold(device), hold(device, { port: OTHER, statements: [statement('10.0.48.77'), statement('10.0.48.78')] })],
      NOW,
      ENTRIES,
    );
    const found = await holds.ofAddresses([parseIp('10.0.48.78'), parseIp('10.0.48.99')]);
    expect(found.filter((row) => row.device === device)).toEqual([made[1]]);
    expect(await holds.ofAddresses([])).toEqual([]);
    expect(await holds.list({ device, limit: 1 })).toEqual([made[0]]);
    expect(await holds.list({ device, after: made[0]?.id ?? '', limit: 5 })).toEqual([made[1]]);
    expect(await holds.list({ device, port: OTHER, limit: 5 })).toEqual([made[1]]);
  });
}
