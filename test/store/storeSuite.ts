import fc from 'fast-check';
import type { Statement } from '../../src/domain/change/statement';
import type { MacInVlan } from '../../src/domain/desired/binding';
import type { CommitIntent, IntendedChange } from '../../src/domain/change/commitIntent';
import { parseServerId } from '../../src/domain/event/event';
import { parseIp, type IpAddress } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import { parseMac } from '../../src/domain/values/mac';
import { parseVlanId } from '../../src/domain/values/vlan';
import type { PlacedPort, Placement } from '../../src/domain/servers/server';
import type { StoredIntent } from '../../src/store/commitIntents';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';
import { backupSuite } from './backupSuite';
import { concurrentPlacements } from './concurrentPlacements';
import { watchesSuite } from './watches';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';
import { guardSuite } from './guardSuite';
import { anyText } from '../support/anyText';
import { journalSuite } from './journalSuite';
import { holdSuite } from './holdSuite';
import { keepSuite } from './keepSuite';
import { dropEvidenceSuite } from './dropEvidenceSuite';
import { sourceStateSuite } from './sourceStateSuite';
import { pauseSuite } from './pauseSuite';
import { keyedAnswerSuite } from './keyedAnswerSuite';
import { windowExceptionSuite } from './windowExceptionSuite';
import { policySuite } from './policySuite';
import { virtualMacSuite } from './virtualMacSuite';

const binding = (ip: string, vlanName = 'VLAN.13'): Statement => statement(ip, 'aa:bb:cc:dd:ee:01', vlanName);

/** What every engine must do. */
export function storeSuite(open: () => Store): void {
  const port = parsePortName('ge-0/0/1.0');

  concurrentPlacements(open);
  watchesSuite(open);
  journalSuite(open);
  guardSuite(open);

  describe('placements', () => {
    const placement = (id: number, extra: Partial<Placement> = {}): Placement => ({
      serverId: parseServerId(id),
      kind: 'dedicated',
      ports: [{ device: freshDevice(), port }],
      ips: [parseIp('10.0.48.5'), parseIp('2001:db8::5')],
      ...extra,
    });

    it('gives back what was put, replaces it, and forgets it', async () => {
      const { placements } = open();
      const first = placement(1);
      const second = placement(1, { kind: 'vm', guest: { cluster: 'c1', node: 'pve1', vmid: 101 }, ips: [] });
      expect(await placements.get(first.serverId)).toBeUndefined();
      await placements.put(first);
      expect(await placements.get(first.serverId)).toEqual(first);
      await placements.put(second);
      expect(await placements.get(first.serverId)).toEqual(second);
      await placements.put(first);
      expect(await placements.get(first.serverId)).toEqual(first);
      await placements.delete(first.serverId);
      await placements.delete(first.serverId);
      expect(await placements.get(first.serverId)).toBeUndefined();
    });

    it('changes one while nobody else does, also one that is not there yet, and deletes it', async () => {
      const { placements } = open();
      const { serverId } = placement(21);
      const names = Array.from({ length: 8 }, (_, index) => parsePortName(`ge-0/0/${index}.0`));
      const device = freshDevice();
      await Promise.all(
        names.map((name) =>
          placements.update(serverId, (before) =>
            placement(21, {
              ports: [...(before?.ports ?? []), { device, port: name, node: 'pve1', bound: [parseIp('10.0.48.5')] }],
            }),
          ),
        ),
      );
      const stored = await placements.get(serverId);
      expect(stored?.ports.map((placed) => placed.port).sort()).toEqual(names);
      expect(stored?.ports[0]).toEqual({ device, port: stored?.ports[0]?.port, node: 'pve1', bound: ['10.0.48.5'] });
      expect((await placements.listByPort(device, parsePortName('ge-0/0/3.0'))).map((row) => row.serverId)).toEqual([
        21,
      ]);
      expect(await placements.update(serverId, () => undefined)).toBeUndefined();
      expect(await placements.get(serverId)).toBeUndefined();
      await expect(
        placements.update(serverId, () => {
          throw new RangeError('no');
        }),
      ).rejects.toThrow();
      expect(await placements.get(serverId)).toBeUndefined();
    });

    it('lists by the exact port, also when a server has several', async () => {
      const { placements } = open();
      const device = freshDevice();
      const other = freshDevice();
      const ae = parsePortName('ae0.0');
      await placements.put(
        placement(11, {
          ports: [
            { device, port },
            { device: other, port: ae },
          ],
        }),
      );
      await placements.put(placement(12, { ports: [{ device, port: ae }] }));
      await placements.put(placement(13, { ports: [{ device, port }] }));
      const ids = async (d: typeof device, p: typeof port) =>
        (await placements.listByPort(d, p)).map((row) => row.serverId);
      expect(await ids(device, port)).toEqual([11, 13]);
      expect(await ids(device, ae)).toEqual([12]);
      expect(await ids(other, ae)).toEqual([11]);
      expect(await ids(other, port)).toEqual([]);
      // Of so many ports at once that more than one question is needed, each as by itself.
      const many = Array.from({ length: 150 }, (_, index) => parsePortName(`ge-1/0/${index}.0`));
      await placements.put(placement(14, { ports: [{ device, port: parsePortName('ge-1/0/149.0') }] }));
      const found = await placements.listByPorts(device, [...many, port, ae, port]);
      expect([...found].map(([at, rows]) => [at, rows.map((row) => row.serverId)]).sort()).toEqual(
        [
          [ae, [12]],
          [port, [11, 13]],
          ['ge-1/0/149.0', [14]],
        ].sort(),
      );
      expect(await placements.listByPorts(device, [])).toEqual(new Map());
      await placements.delete(placement(14, { ports: [] }).serverId);
      expect((await placements.listByDevice(device)).map((row) => row.serverId)).toEqual([11, 12, 13]);
      expect((await placements.listByDevice(other)).map((row) => row.serverId)).toEqual([11]);
    });

    it('lists by cluster, and not where a VM was before', async () => {
      const { placements } = open();
      const guest = (cluster: string) => ({ kind: 'vm' as const, guest: { cluster, node: 'pve1', vmid: 100 } });
      await placements.put(placement(21, guest('alpha')));
      await placements.put(placement(22, guest('beta')));
      await placements.put(placement(23, guest('alpha')));
      await placements.put(placement(23, guest('beta')));
      expect((await placements.listByCluster('alpha')).map((row) => row.serverId)).toEqual([21]);
      expect((await placements.listByCluster('beta')).map((row) => row.serverId)).toEqual([22, 23]);
    });

    it('finds who was last seen with an address', async () => {
      const { placements } = open();
      const [one, two] = ['203.0.113.31', '203.0.113.32'].map(parseIp) as [IpAddress, IpAddress];
      await placements.put(placement(31, { ips: [one, two] }));
      await placements.put(placement(32, { ips: [two] }));
      await placements.put(placement(33, { ips: [] }));
      const find = async (...ips: IpAddress[]): Promise<number[]> =>
        (await placements.listByIps(ips)).map((row) => row.serverId);
      expect([await find(one), await find(one, two), await find(parseIp('203.0.113.3')), await find()]).toEqual([
        [31],
        [31, 32],
        [],
        [],
      ]);
    });

    it('finds who has an address bound at any port that its entry no longer has, and not once that is gone', async () => {
      const { placements } = open();
      const [one, two, three] = ['203.0.113.41', '203.0.113.42', '203.0.113.43'].map(parseIp) as [
        IpAddress,
        IpAddress,
        IpAddress,
      ];
      const at = (n: number, ...bound: IpAddress[]): PlacedPort => ({
        device: freshDevice(),
        port: parsePortName(`ge-0/0/${n}.0`),
        bound,
      });
      const find = async (...ips: IpAddress[]): Promise<number[]> =>
        (await placements.listByIps(ips)).map((row) => row.serverId);
      await placements.put(
        placement(34, { ips: [one], ports: [at(1, one), { device: freshDevice(), port }, at(2, two)] }),
      );
      await placements.put(placement(35, { ips: [three], ports: [at(3, two)] }));
      expect([await find(one), await find(two), await find(two, three)]).toEqual([[34], [34, 35], [34, 35]]);
      await placements.updateAll([parseServerId(34)], () => placement(34, { ips: [], ports: [at(1, one)] }));
      expect([await find(one), await find(two)]).toEqual([[34], [35]]);
      const many = Array.from({ length: 600 }, (_, index) => parseIp(`198.51.${100 + (index >> 8)}.${index & 255}`));
      expect(await find(...many, three)).toEqual([35]);
    });
  });

  describe('MACs of placements', () => {
    const held = (mac: string, id: number): MacInVlan => ({ mac: parseMac(mac), vlan: parseVlanId(id) });
    const [A, B] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'] as const;

    it('finds who has a MAC bound in a VLAN, on whichever port, however many are asked for', async () => {
      const { placements } = open();
      const device = freshDevice();
      const at = (n: number, ...macs: MacInVlan[]): PlacedPort => ({
        device,
        port: parsePortName(`ge-0/0/${n}.0`),
        bound: [],
        ...(macs.length === 0 ? {} : { macs }),
      });
      const put = (id: number, ...ports: PlacedPort[]): Promise<void> =>
        placements.put({ serverId: parseServerId(id), kind: 'dedicated', ports, ips: [] });
      await put(41, at(1), at(2, held(A, 13), held(B, 100)));
      await put(42, at(3, held(B, 13)));
      await put(43, at(4, held(A, 100)), at(5, held(B, 13)));
      await put(44, at(6));
      const find = async (...macs: MacInVlan[]): Promise<number[]> =>
        (await placements.listByMacs(macs)).map((row) => row.serverId);
      expect([await find(held(A, 13)), await find(held(B, 13)), await find(held(A, 100), held(B, 100))]).toEqual([
        [41],
        [42, 43],
        [41, 43],
      ]);
      expect([await find(held(A, 14)), await find()]).toEqual([[], []]);
      const inAny = await placements.listByMacs([{ mac: parseMac(A) }]);
      expect(inAny.map((row) => row.serverId)).toEqual([41, 43]);
      const many = Array.from({ length: 450 }, (_, index) => held('02:00:00:00:00:ff', index + 200));
      expect(await find(...many, held(A, 13), held(B, 13))).toEqual([41, 42, 43]);
      expect((await placements.get(parseServerId(43)))?.ports).toEqual([at(4, held(A, 100)), at(5, held(B, 13))]);
    });
  });

  describe('journal', () => {
    it('gives entries back as they were appended, newest first', async () => {
      const { journal } = open();
      const device = freshDevice();
      const full = entry(device, {
        commit: 'portwarden device:junos:1',
        commitSeconds: 17.25,
        diff: '+ static-ip 10.0.48.5',
        removed: [binding('10.0.48.6')],
      });
      const ids = await journal.append([entry(device, { summary: 'first' }), full]);
      const [last] = await journal.append([entry(device, { summary: 'third' })]);
      expect(new Set([...ids, last]).size).toBe(3);
      const listed = await journal.list({ device, limit: 10 });
      expect(listed.map(({ id }) => id)).toEqual([last, ids[1], ids[0]]);
      expect(await journal.get(ids[1] ?? '')).toEqual({ ...full, id: ids[1], at: listed[1]?.at });
      expect(new Date(listed[0]?.at ?? '').toISOString()).toBe(listed[0]?.at);
    });

    it("says what a device's newest commits took, each once, and leaves out what was not measured", async () => {
      const { journal } = open();
      const device = freshDevice();
      const taken = (batch: number, commitSeconds?: number): ReturnType<typeof entry> =>
        entry(device, { commit: `batch ${batch}`, ...(commitSeconds === undefined ? {} : { commitSeconds }) });
      expect(await journal.commitSeconds(device)).toEqual([]);
      await journal.append([taken(1, 30), taken(1, 30), taken(2), entry(device), taken(3, 0.5)]);
      await journal.append([entry(freshDevice(), { commit: 'batch 9', commitSeconds: 99 })]);
      expect(await journal.commitSeconds(device)).toEqual([0.5, 30]);
      for (let batch = 4; batch < 14; batch += 1) await journal.append([taken(batch, batch)]);
      expect(await journal.commitSeconds(device)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5]);
    });

    it('filters by device and port and honours the limit', async () => {
      const { journal } = open();
      const device = freshDevice();
      const ae = parsePortName('ae0.0');
      await journal.append([entry(device), entry(device, { port: ae }), entry(device), entry(freshDevice())]);
      expect(await journal.list({ device, limit: 10 })).toHaveLength(3);
      expect(await journal.list({ device, port: ae, limit: 10 })).toHaveLength(1);
      expect(await journal.list({ device, limit: 2 })).toHaveLength(2);
      expect(await journal.list({ device, limit: 0 })).toEqual([]);
      expect((await journal.list({ limit: 1 })).length).toBe(1);
    });

    it('writes all entries of an append or none', async () => {
      const { journal } = open();
      const device = freshDevice();
      const broken = { ...entry(device), summary: null as unknown as string };
      await expect(journal.append([entry(device), broken])).rejects.toThrow();
      const unstorable = { ...entry(device), workflowId: undefined as unknown as string };
      await expect(
        journal.append([...Array.from({ length: 1500 }, () => entry(device)), unstorable]),
      ).rejects.toThrow();
      expect(await journal.list({ device, limit: 10 })).toEqual([]);
    });

    it('appends more entries than one statement can carry, in order', async () => {
      const { journal } = open();
      const device = freshDevice();
      const summaries = Array.from({ length: 2_300 }, (_, index) => `entry ${index}`);
      const ids = await journal.append(summaries.map((summary) => entry(device, { summary })));
      const listed = await journal.list({ device, limit: 5_000 });
      expect(listed.map(({ summary }) => summary).reverse()).toEqual(summaries);
      expect(listed.map(({ id }) => id).reverse()).toEqual(ids);
    });

    it('counts what changes added and removed lately', async () => {
      const { journal } = open();
      const device = freshDevice();
      const two = [binding('10.0.48.5'), binding('10.0.48.6')];
      await journal.append([
        entry(device, { added: two, removed: two }),
        entry(device, { added: [], removed: two.slice(1) }),
        entry(device, { status: 'parked', removed: two }),
        entry(freshDevice()),
      ]);
      expect(await journal.changesSince(device, Date.now() - 3_600_000)).toBe(5);
      expect(await journal.changesSince(device, Date.now() + 3_600_000)).toBe(0);
    });

    it('knows no entry under an id that it never gave', async () => {
      const { journal } = open();
      for (const id of ['', '0', '-1', 'abc', "1' or '1'='1", '999999999999999999', '9'.repeat(40)]) {
        expect(await journal.get(id)).toBeUndefined();
      }
      expect(await journal.append([])).toEqual([]);
    });

    it('keeps any text a device may send', async () => {
      const { journal } = open();
      await fc.assert(
        fc.asyncProperty(anyText(), fc.string({ unit: 'grapheme' }), async (summary, command) => {
          const [id] = await journal.append([entry(freshDevice(), { summary, commands: [command], diff: summary })]);
          const stored = await journal.get(id ?? '');
          const kept = (text: string) => Buffer.from(text, 'utf8').toString('utf8').replaceAll('\u0000', '\ufffd');
          expect(stored).toMatchObject({ summary: kept(summary), commands: [kept(command)], diff: kept(summary) });
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('commit intents', () => {
    const other = parsePortName('ae0.0');
    const DAY_MS = 86_400_000;
    const change = (name: typeof port, ip = '10.0.48.5'): IntendedChange => ({
      port: name,
      effectivePort: name,
      added: [binding(ip)],
      removed: [binding('10.0.48.6')],
      commands: [`set ${name}`],
    });
    const intent = (logToken: string, ...ports: IntendedChange[]): CommitIntent => ({
      logToken,
      confirmed: true,
      ports,
    });
    const tokens = (rows: readonly StoredIntent[]) => rows.map((row) => [row.logToken, row.change.port, row.journalId]);

    it('are given back as they were written, oldest first; a second try of a commit replaces the first', async () => {
      const { commitIntents } = open();
      const device = freshDevice();
      await commitIntents.put(device, 'w1', { ...intent('one', change(port), change(other)), previousToken: 'zero' });
      await commitIntents.put(device, 'w2', intent('two', change(port)));
      await commitIntents.put(device, 'w1', { ...intent('one', change(other)), previousToken: 'zero' });
      await commitIntents.put(freshDevice(), 'w1', intent('one', change(port)));
      expect(await commitIntents.list(device, DAY_MS)).toEqual([
        { device, workflowId: 'w2', logToken: 'two', confirmed: true, change: change(port) },
        { device, workflowId: 'w1', logToken: 'one', confirmed: true, previousToken: 'zero', change: change(other) },
      ]);
    });

    it('are closed in one go with the journal: applied ports wait for their coordinator, the others are done', async () => {
      const { commitIntents, journal } = open();
      const device = freshDevice();
      await journal.append([entry(device, { commit: 'one' })]);
      await commitIntents.put(device, 'w', intent('one', change(port), change(other)));
      await commitIntents.put(device, 'w', intent('two', change(port)));
      const ids = await commitIntents.close({ device, logToken: 'one', pass: 'p1' }, [
        entry(device, { commit: 'one' }),
        entry(device, { port: other, status: 'failed', commit: 'one' }),
        entry(device, { port: parsePortName('ge-0/0/9.0'), status: 'parked' }),
      ]);
      expect(tokens(await commitIntents.list(device, DAY_MS))).toEqual([
        ['one', port, ids[0]],
        ['two', port, undefined],
      ]);
      expect((await journal.list({ device, limit: 10 })).map(({ id }) => id)).toEqual([
        ids[2],
        ids[1],
        ids[0],
        expect.any(String),
      ]);
      await commitIntents.close({ device, logToken: 'two' }, []);
      expect(tokens(await commitIntents.list(device, DAY_MS))).toEqual([['one', port, ids[0]]]);
    });

    it('stay open when the journal cannot be written', async () => {
      const { commitIntents, journal } = open();
      const device = freshDevice();
      await commitIntents.put(device, 'w', intent('one', change(port)));
      const broken = { ...entry(device, { commit: 'one' }), summary: null as unknown as string };
      await expect(
        commitIntents.close({ device, logToken: 'one', pass: 'p' }, [entry(device, { commit: 'one' }), broken]),
      ).rejects.toThrow();
      expect(tokens(await commitIntents.list(device, DAY_MS))).toEqual([['one', port, undefined]]);
      expect(await journal.list({ device, limit: 10 })).toEqual([]);
    });

    it('are forgotten by the answer to the newest pass that reported them, and never while they are open', async () => {
      const { commitIntents } = open();
      const device = freshDevice();
      await commitIntents.put(device, 'w', intent('one', change(port), change(other)));
      await commitIntents.put(device, 'w', intent('open', change(port)));
      await commitIntents.close({ device, logToken: 'one' }, [
        entry(device, { commit: 'one' }),
        entry(device, { port: other, commit: 'one' }),
      ]);
      await commitIntents.report(device, [port], 'p1');
      await commitIntents.report(device, [port], 'p2');
      const left = async () => (await commitIntents.list(device, DAY_MS)).map((row) => [row.logToken, row.change.port]);
      await commitIntents.answered(device, 'p1');
      expect(await left()).toEqual([
        ['one', port],
        ['one', other],
        ['open', port],
      ]);
      await commitIntents.answered(device, 'p2');
      expect(await left()).toEqual([
        ['one', other],
        ['open', port],
      ]);
      await commitIntents.report(device, [], 'p3');
    });

    it('are forgotten when they are journaled and old; open ones are kept however old', async () => {
      const { commitIntents } = open();
      const device = freshDevice();
      await commitIntents.put(device, 'w', intent('done', change(port)));
      await commitIntents.put(device, 'w', intent('open', change(port)));
      await commitIntents.close({ device, logToken: 'done', pass: 'p' }, [entry(device, { commit: 'done' })]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await commitIntents.list(device, 1)).map((row) => row.logToken)).toEqual(['open']);
    });
  });

  backupSuite(open);

  describe('parked changes', () => {
    it('holds one per port, keeps since when the same plan waits, and forgets it', async () => {
      const { parked } = open();
      const device = freshDevice();
      const change = {
        device,
        port,
        fingerprint: 'f1',
        reason: 'empty answer',
        added: [],
        removed: [binding('10.0.48.5')],
        guards: ['port-shrink', 'site-brake'] as const,
      };
      await parked.put(change);
      const first = await parked.get(device, port);
      expect(first).toEqual({ ...change, at: first?.at });
      await parked.put({ ...change, reason: 'still empty' });
      expect(await parked.get(device, port)).toEqual({ ...change, reason: 'still empty', at: first?.at });
      await parked.put({ ...change, fingerprint: 'f2', removed: [] });
      expect(await parked.get(device, port)).toMatchObject({ fingerprint: 'f2', removed: [] });
      await parked.delete(device, port);
      await parked.delete(device, port);
      expect(await parked.get(device, port)).toBeUndefined();
    });

    it('lists those of one device or of all', async () => {
      const { parked } = open();
      const [one, two] = [freshDevice(), freshDevice()];
      const change = { fingerprint: 'f', reason: 'r', added: [], removed: [], guards: [] };
      await parked.put({ ...change, device: one, port });
      await parked.put({ ...change, guards: ['policy-restore'], device: one, port: parsePortName('ae0.0') });
      await parked.put({ ...change, device: two, port });
      expect((await parked.list(one)).map((row) => row.port)).toEqual(['ae0.0', 'ge-0/0/1.0']);
      expect((await parked.page(1, { device: one })).map((row) => row.port)).toEqual(['ae0.0']);
      const after = { device: one, port: 'ae0.0' };
      expect((await parked.page(5, { device: one, after })).map((row) => row.port)).toEqual(['ge-0/0/1.0']);
      const held = await parked.page(5, { device: one, guard: 'policy-restore' });
      expect(held.map((row) => row.port)).toEqual(['ae0.0']);
      expect(await parked.page(5, { device: one, guard: 'site-brake' })).toEqual([]);
      const all = await parked.list();
      expect(all.filter((row) => row.device === one || row.device === two)).toHaveLength(3);
    });
  });

  describe('holds', () => {
    holdSuite(open, freshDevice);
  });

  describe('keeps', () => {
    keepSuite(open, freshDevice);
  });

  describe('answers to requests with a key', () => {
    keyedAnswerSuite(open);
  });

  describe('exceptions from change windows', () => {
    windowExceptionSuite(open, freshDevice);
  });

  describe('what devices refused', () => {
    dropEvidenceSuite(open, freshDevice);
  });

  describe('what answers say of their sources', () => {
    sourceStateSuite(open, freshDevice);
  });

  describe('pauses', () => {
    pauseSuite(open, freshDevice);
  });

  describe('policies', () => {
    policySuite(open, freshDevice);
  });

  describe('fences', () => {
    it('lets only the newest attempt at a device be current', async () => {
      const { fences } = open();
      const device = freshDevice();
      expect(await fences.isCurrent(device, 'a1')).toBe(false);
      await fences.claim(device, 'a1');
      await fences.claim(device, 'a1');
      expect(await fences.isCurrent(device, 'a1')).toBe(true);
      await fences.claim(device, 'a2');
      expect(await fences.isCurrent(device, 'a1')).toBe(false);
      expect(await fences.isCurrent(device, 'a2')).toBe(true);
      expect(await fences.isCurrent(freshDevice(), 'a2')).toBe(false);
      expect((await fences.newest()).get(device)).toBe('a2');
    });
  });

  virtualMacSuite(open, freshDevice);

  describe('host keys', () => {
    it('keeps each fingerprint of a device once', async () => {
      const { hostKeys } = open();
      const device = freshDevice();
      await hostKeys.add(device, 'SHA256:one');
      await hostKeys.add(device, 'SHA256:two');
      await hostKeys.add(device, 'SHA256:one');
      expect([...(await hostKeys.list(device))].sort()).toEqual(['SHA256:one', 'SHA256:two']);
      expect(await hostKeys.list(freshDevice())).toEqual([]);
    });
  });

  it('answers a ping', async () => {
    await expect(open().ping()).resolves.toBeUndefined();
  });
}
