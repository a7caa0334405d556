import { parseIp } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName } from '../../src/domain/values/port';
import { parseVlanId } from '../../src/domain/values/vlan';
import type { DeviceId } from '../../src/domain/values/device';
import type { JournalFilter } from '../../src/store/journalFilter';
import type { Store } from '../../src/store/store';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';

const A = { key: 'a', text: 'static-ip 192.0.2.1 vlan web', ip: parseIp('192.0.2.1'), mac: '02:00:00:00:00:01' };
const B = { key: 'b', text: 'static-ip 2001:db8::1', ip: parseIp('2001:db8::1'), vlan: parseVlanId(13) };
const C = { key: 'c', text: 'static-ip 192.0.2.3', ip: parseIp('192.0.2.3'), mac: '02:00:00:00:00:01' };

/** What every engine must do about searching the journal. */
export function journalSuite(open: () => Store): void {
  describe('journal: search', () => {
    const device = freshDevice();
    const other = freshDevice();
    const author = `ada of ${device}`;
    const SAID = { author, reason: 'known', events: [`event-${device}`], policies: [`device ${device}`] };
    beforeAll(async () => {
      await open().journal.append([
        entry(device, { summary: '1', added: [A], removed: [], workflowId: `one ${device}` }),
        entry(device, { summary: '2', added: [], removed: [{ ...B, because: 'named' }], commit: `commit ${device}` }),
        entry(device, { summary: '3', added: [B], removed: [A], port: parsePortName('ae0.0'), status: 'parked' }),
        entry(other, { summary: '4', added: [C], removed: [], ...SAID }),
      ]);
    });
    const found = async (filter: JournalFilter): Promise<string> => {
      const here = { devices: [device, other], limit: 100, ...filter };
      return (await open().journal.list(here)).map(({ summary }) => summary).join('');
    };

    it.each<[string, string, JournalFilter]>([
      ['everything', '4321', {}],
      ['a device', '321', { device }],
      ['devices of none', '', { devices: [] }],
      ['a port of a device', '3', { device, port: parsePortName('ae0.0') }],
      ['a status', '3', { status: 'parked' }],
      ['a workflow', '1', { workflowId: `one ${device}` }],
      ['an event', '4', { event: `event-${device}` }],
      ['a part of an event', '', { event: 'event' }],
      ['an author', '4', { author }],
      ['a policy', '4', { policy: `device ${device}` }],
      ['a commit', '2', { commit: `commit ${device}` }],
      ['an address, added or removed', '31', { ip: A.ip }],
      ['an IPv6 address', '32', { ip: B.ip }],
      ['a MAC', '431', { mac: parseMac(A.mac) }],
      ['a VLAN', '32', { vlan: parseVlanId(13) }],
      ['address and MAC of one statement', '4', { ip: C.ip, mac: parseMac(A.mac) }],
      ['address and MAC of different statements', '', { ip: B.ip, mac: parseMac(A.mac) }],
      ['the text of a statement', '31', { statement: A.text }],
      ['nothing by a part of the text', '', { statement: 'static-ip' }],
      ['a character that no text of the store has', '', { author: 'a\u0000b' }],
      ['an hour ago and later', '4321', { since: new Date(Date.now() - 3_600_000) }],
      ['later than in an hour', '', { since: new Date(Date.now() + 3_600_000) }],
      ['before in an hour', '4321', { until: new Date(Date.now() + 3_600_000) }],
      ['before an hour ago', '', { until: new Date(Date.now() - 3_600_000) }],
      ['some of it at once', '3', { device, ip: A.ip, status: 'parked', since: new Date(0) }],
    ])('finds %s', async (_what, summaries, filter) => {
      expect(await found(filter)).toBe(summaries);
    });

    it('says how many entries there are, and when the oldest was made', async () => {
      const before = await open().journal.figures();
      await open().journal.append([entry(freshDevice(), {}), entry(freshDevice(), {})]);
      const { rows, oldest } = await open().journal.figures();
      expect(rows).toBeGreaterThanOrEqual(before.rows + 2);
      expect(oldest).toBe(before.oldest);
      const [first] = (await open().journal.list({ limit: 10_000 })).slice(-1);
      expect(Date.parse(oldest ?? '')).toBeLessThanOrEqual(Date.parse(first?.at ?? ''));
    });

    it('counts the instant of an entry to `since`, and not to `until`', async () => {
      const { journal } = open();
      const at = new Date((await journal.list({ device, limit: 1 }))[0]?.at ?? '');
      const next = new Date(at.getTime() + 1);
      expect([await found({ device, since: at }), await found({ device, since: next })]).toEqual(['321', '']);
      expect([await found({ device, until: at }), await found({ device, until: next })]).toEqual(['', '321']);
    });

    it('goes through everything page by page, each entry once, whatever comes meanwhile', async () => {
      const { journal } = open();
      const here = freshDevice();
      for (let batch = 0; batch < 3; batch += 1)
        await journal.append([entry(here, { added: [A] }), entry(here, { added: [A] }), entry(here)]);
      for (const filter of [{ device: here }, { device: here, ip: A.ip }]) {
        const all = (await journal.list({ ...filter, limit: 100 })).map(({ id }) => id);
        const paged: string[] = [];
        for (let before: string | undefined; ;) {
          const page = await journal.list({ ...filter, limit: 2, ...(before === undefined ? {} : { before }) });
          await journal.append([entry(here, { added: [A] })]);
          paged.push(...page.map(({ id }) => id));
          before = page.at(-1)?.id;
          if (before === undefined) break;
        }
        expect(paged).toEqual(all);
        const [newest = ''] = all;
        const from = { ...filter, before: String(BigInt(newest) + 1n) };
        expect(await journal.idBehind(from, 2)).toBe(all[2]);
        expect(await journal.idBehind(from, all.length)).toBeUndefined();
      }
    });
  });

  describe('journal: retention', () => {
    /** With an age of no days everything is old that is there. */
    const forgetAll = async (): Promise<number[]> => {
      const counts: number[] = [];
      while (counts.at(-1) !== 0) counts.push(await open().journal.forgetOlder(0, 500));
      return counts;
    };
    const summaries = async (device: DeviceId): Promise<string[]> =>
      (await open().journal.list({ device, limit: 100 })).map(({ summary }) => summary);

    it('takes out what is older, oldest first, no more than asked for', async () => {
      const { journal } = open();
      await forgetAll();
      const device = freshDevice();
      for (const summary of ['1', '2', '3']) await journal.append([entry(device, { summary })]);
      expect(await journal.forgetOlder(1, 10)).toBe(0);
      expect(await journal.forgetOlder(0, 2)).toBe(2);
      expect(await summaries(device)).toEqual(['3']);
      await forgetAll();
      expect(await summaries(device)).toEqual([]);
    });

    it('leaves what a commit intent names until its coordinator has heard of it, and takes what is newer', async () => {
      const { journal, commitIntents } = open();
      const device = freshDevice();
      const port = parsePortName('ge-0/0/1.0');
      const change = { port, effectivePort: port, added: [A], removed: [], commands: [] };
      await commitIntents.put(device, 'w', { logToken: 'one', confirmed: false, ports: [change] });
      const named = entry(device, { summary: 'named', commit: 'one' });
      await commitIntents.close({ device, logToken: 'one', pass: 'p' }, [named]);
      await journal.append([entry(device, { summary: 'newer' })]);
      await forgetAll();
      expect(await summaries(device)).toEqual(['named']);
      await commitIntents.answered(device, 'p');
      await forgetAll();
      expect(await summaries(device)).toEqual([]);
    });
  });
}
