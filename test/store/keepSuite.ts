import type { Keep } from '../../src/domain/change/keep';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseIp } from '../../src/domain/values/ip';
import type { KeepEntry, NewKeep } from '../../src/store/keeps';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';

const PORT = parsePortName('ge-0/0/1.0');
const NOW = new Date('2026-11-29T13:00:00.000Z');
const LATER = '2026-12-01T00:00:00.000Z';

const keep = (device: DeviceId, address: string, extra: Partial<NewKeep> = {}): NewKeep => ({
  device,
  port: PORT,
  statement: statement(address),
  reason: 'the router of the office',
  author: 'ada@ops1',
  ...extra,
});

const noted =
  (what: string): KeepEntry =>
  ({ device, port, author, reason, statement: { text } }) => ({
    ...{ device, port, author, reason, workflowId: 'adopt-1', status: 'unchanged', summary: `${what} ${text}` },
    ...{ added: [], removed: [], commands: [] },
  });

const addressesOf = (keeps: readonly Keep[]): (string | undefined)[] => keeps.map(({ statement: { ip } }) => ip);

/** What every engine must do with what people keep. */
export function keepSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const journalOf = async (device: DeviceId): Promise<string[]> =>
    (await open().journal.list({ device, limit: 100 })).map(({ summary }) => summary).reverse();

  it('keeps a statement of a port once, with who, why and until when, and journals it', async () => {
    const { keeps, journal } = open();
    const device = freshDevice();
    const news = [keep(device, '10.0.48.1', { expiresAt: LATER }), keep(device, '10.0.48.2')];
    const made = await keeps.add(news, NOW, noted('kept'));
    expect(made).toEqual(
      news.map((one, index) => ({ ...one, id: made[index]?.id, createdAt: '2026-11-29T13:00:00.000Z' })),
    );
    const again = await keeps.add([keep(device, '10.0.48.1', { reason: 'another' })], NOW, noted('kept'));
    expect(again).toEqual([]);
    expect(await keeps.inForce(device, NOW)).toEqual(made);
    expect(await journalOf(device)).toHaveLength(2);
    expect((await journal.list({ device, limit: 1 }))[0]).toMatchObject({
      author: 'ada@ops1',
      reason: 'the router of the office',
    });
  });

  it('ends at its time, and can be made anew then', async () => {
    const { keeps } = open();
    const device = freshDevice();
    await keeps.add([keep(device, '10.0.48.1', { expiresAt: LATER })], NOW, noted('kept'));
    expect(addressesOf(await keeps.inForce(device, new Date(Date.parse(LATER) - 1)))).toEqual(['10.0.48.1']);
    expect(await keeps.inForce(device, new Date(LATER))).toEqual([]);
    const own = async (at: Date) =>
      (await keeps.ofAddresses([parseIp('10.0.48.1'), parseIp('10.0.48.2')], at)).filter(
        (one) => one.device === device,
      );
    expect(addressesOf(await own(NOW))).toEqual(['10.0.48.1']);
    expect(await own(new Date(LATER))).toEqual([]);
    expect(await keeps.ofAddresses([], NOW)).toEqual([]);
    const renewed = await keeps.add([keep(device, '10.0.48.1')], new Date(LATER), noted('kept again'));
    expect(addressesOf(renewed)).toEqual(['10.0.48.1']);
    expect(renewed[0]).not.toHaveProperty('expiresAt');
    expect(addressesOf(await keeps.inForce(device, new Date(LATER)))).toEqual(['10.0.48.1']);
  });

  it('takes what has ended, each for one caller, and journals it', async () => {
    const { keeps } = open();
    const device = freshDevice();
    const ends = { expiresAt: '2026-11-29T12:00:00.000Z' };
    await keeps.add(
      [keep(device, '10.0.48.1', ends), keep(device, '10.0.48.2', ends), keep(device, '10.0.48.3')],
      new Date('2026-11-29T11:00:00.000Z'),
      noted('kept'),
    );
    const own = (taken: readonly Keep[]): Keep[] => taken.filter((one) => one.device === device);
    const [one, two] = await Promise.all([
      keeps.takeExpired(NOW, noted('ended')),
      keeps.takeExpired(NOW, noted('ended')),
    ]);
    expect(addressesOf(own([...one, ...two])).sort()).toEqual(['10.0.48.1', '10.0.48.2']);
    expect(addressesOf(await keeps.list({ device, limit: 10 }))).toEqual(['10.0.48.3']);
    expect((await journalOf(device)).filter((summary) => summary.startsWith('ended'))).toHaveLength(2);
  });

  it('is removed and extended by id; an id that is not there changes nothing', async () => {
    const { keeps } = open();
    const device = freshDevice();
    const [one, two] = await keeps.add([keep(device, '10.0.48.1'), keep(device, '10.0.48.2')], NOW, noted('kept'));
    const unknown = ['999999999999', 'x', '-1'];
    expect(await keeps.remove(unknown, noted('ended'))).toEqual([]);
    expect(await keeps.extend(unknown, LATER, noted('extended'))).toEqual([]);
    expect(await keeps.get(unknown)).toEqual([]);
    const extended = await keeps.extend([one?.id ?? ''], LATER, noted('extended'));
    expect(extended).toEqual([{ ...one, expiresAt: LATER }]);
    expect(await keeps.extend([one?.id ?? ''], undefined, noted('extended'))).toEqual([one]);
    expect(await keeps.remove([two?.id ?? ''], noted('ended'))).toEqual([two]);
    expect(await keeps.get([one?.id ?? '', two?.id ?? ''])).toEqual([one]);
    expect(await journalOf(device)).toEqual([
      ...['kept', 'kept', 'extended', 'extended', 'ended'].map((what) => expect.stringContaining(what) as string),
    ]);
  });

  it('lists page by page, by device, port and what ends soon', async () => {
    const { keeps } = open();
    const device = freshDevice();
    const other = { port: parsePortName('ae0.0') };
    await keeps.add(
      [
        keep(device, '10.0.48.1', { expiresAt: LATER }),
        keep(device, '10.0.48.2'),
        keep(device, '10.0.48.3', { ...other, expiresAt: '2027-11-29T12:00:00.000Z' }),
      ],
      NOW,
      noted('kept'),
    );
    const first = await keeps.list({ device, limit: 2 });
    expect(addressesOf(first)).toEqual(['10.0.48.1', '10.0.48.2']);
    expect(addressesOf(await keeps.list({ device, after: first[1]?.id ?? '', limit: 2 }))).toEqual(['10.0.48.3']);
    expect(addressesOf(await keeps.list({ device, ...other, limit: 10 }))).toEqual(['10.0.48.3']);
    const soon = await keeps.list({ device, endingUntil: new Date('2026-12-06T00:00:00.000Z'), limit: 10 });
    expect(addressesOf(soon)).toEqual(['10.0.48.1']);
  });

  it('takes texts with strange characters', async () => {
    const { keeps } = open();
    const device = freshDevice();
    const odd = { author: 'ada\u0000@ops1', reason: 'because \ud800' };
    expect(await keeps.add([keep(device, '10.0.48.1', odd)], NOW, noted('kept'))).toMatchObject([
      { author: 'ada\ufffd@ops1', reason: 'because \ufffd' },
    ]);
  });
}
