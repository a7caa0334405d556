import { isLive, mayBeVirtual, type VirtualMac } from '../../src/domain/desired/virtualMac';
import { afterPass, revoke } from '../../src/domain/desired/virtualMacProgress';
import { PortwardenError } from '../../src/domain/errors';
import { parseServerId, type ServerId } from '../../src/domain/event/event';
import { parseIp, type IpAddress } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName, type PortName } from '../../src/domain/values/port';
import { parseVlanId } from '../../src/domain/values/vlan';
import type { Store } from '../../src/store/store';

let counter = 0;
/** A server that no other test uses. */
const freshServer = (): ServerId => parseServerId(700_000 + (counter += 1));
const CAUSE = { workflowId: 'device:junos:1' };
const address = (n: number): IpAddress => parseIp(`198.51.100.${n}`);

/** What every engine must do with virtual MACs. */
export function virtualMacSuite(open: () => Store, freshDevice: () => VirtualMac['places'][number]['device']): void {
  const port = parsePortName('ge-0/0/1.0');
  const allocate = async (serverId: ServerId, ...ips: IpAddress[]): Promise<readonly VirtualMac[]> =>
    open().virtualMacs.allocate(
      ips.map((ip) => ({ serverId, ip })),
      CAUSE,
    );
  const one = async (serverId: ServerId, ip = address(1)): Promise<VirtualMac> => {
    const [made] = await allocate(serverId, ip);
    if (made === undefined) throw new Error('none was made');
    return made;
  };
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing was thrown',
      (error: unknown) => (error instanceof PortwardenError ? error.code : 'not one of ours'),
    );

  describe('virtual MACs', () => {
    it('are made all together, in the order asked for, once for each address of a server', async () => {
      const [a, b] = [freshServer(), freshServer()];
      const made = await allocate(a, address(1), address(2));
      expect(made.map(({ serverId, ip, state, places }) => [serverId, ip, state, places])).toEqual([
        [a, address(1), 'pending', []],
        [a, address(2), 'pending', []],
      ]);
      expect(made.every(({ mac }) => mayBeVirtual(mac))).toBe(true);
      expect(await allocate(a, address(2), address(1), address(2))).toEqual([made[1], made[0], made[1]]);
      const others = await allocate(b, address(1));
      expect(new Set([...made, ...others].map(({ mac }) => mac)).size).toBe(3);
      expect(await open().virtualMacs.listByServers([a, b])).toEqual([...made, ...others]);
      expect(await open().virtualMacs.listByMacs(made.map(({ mac }) => mac))).toEqual(made);
      expect(await allocate(a)).toEqual([]);
    });

    it('are counted by state, with when the oldest was allocated', async () => {
      const countsOf = async (state: VirtualMac['state']): Promise<{ count: number; oldest?: string }> =>
        (await open().virtualMacs.counts()).find((row) => row.state === state) ?? { count: 0 };
      const before = { pending: await countsOf('pending'), revoked: await countsOf('revoked') };
      const [server, other] = [freshServer(), freshServer()];
      const first = await one(server);
      const gone = await one(other);
      await open().virtualMacs.change({ macs: [gone.mac] }, (row) => revoke(row, 'test'), CAUSE);
      const pending = await countsOf('pending');
      expect([pending.count, (await countsOf('revoked')).count]).toEqual([
        before.pending.count + 1,
        before.revoked.count + 1,
      ]);
      expect(pending.oldest).toBe(before.pending.oldest ?? first.allocatedAt);
    });

    it('are the same for everybody who asks at the same time', async () => {
      const servers = Array.from({ length: 6 }, freshServer);
      const asked = await Promise.all(
        Array.from({ length: 12 }, (_, n) => {
          const order = n % 2 === 0 ? servers : [...servers].reverse();
          return open().virtualMacs.allocate(
            order.map((serverId) => ({ serverId, ip: address(1) })),
            CAUSE,
          );
        }),
      );
      for (const serverId of servers)
        expect(
          new Set(
            asked
              .flat()
              .filter((row) => row.serverId === serverId)
              .map(({ mac }) => mac),
          ).size,
        ).toBe(1);
      expect(new Set(asked.flat().map(({ mac }) => mac)).size).toBe(servers.length);
      const events = await open().virtualMacs.events({ limit: 1_000 });
      const allocations = events.filter(({ serverId }) => servers.includes(serverId));
      expect(allocations.map(({ action }) => action)).toEqual(servers.map(() => 'allocated'));
    });

    it('are never a MAC that a pass has read back, nor given twice, not even after they were revoked', async () => {
      const [owner, other] = [freshServer(), freshServer()];
      const seen = parseMac('02:aa:00:00:00:01');
      const device = freshDevice();
      await open().placements.put({
        serverId: owner,
        kind: 'dedicated',
        ips: [],
        ports: [{ device, port, bound: [address(9)], macs: [{ mac: seen, vlan: parseVlanId(13) }] }],
      });
      const want = (serverId: ServerId, mac = seen, ip = address(1)) =>
        open().virtualMacs.allocate([{ serverId, ip, mac }], CAUSE);
      expect(await codeOf(want(other))).toBe('virtual-mac-taken');
      // The one that has it already may keep it: that is how virtual MACs of other systems are taken over.
      expect((await want(owner)).map(({ mac }) => mac)).toEqual([seen]);
      expect(await codeOf(want(owner, seen, address(2)))).toBe('virtual-mac-taken');
      expect(await codeOf(want(owner, parseMac('02:aa:00:00:00:02')))).toBe('virtual-mac-taken');
      await open().virtualMacs.change({ macs: [seen] }, (row) => revoke(row, 'test'), CAUSE);
      expect(await codeOf(want(owner))).toBe('virtual-mac-taken');
      const again = await one(owner);
      expect([again.mac === seen, again.state]).toEqual([false, 'pending']);
    });

    it('are refused by the database itself in another form', async () => {
      const mac = parseMac('00:50:56:00:00:01');
      expect(await codeOf(open().virtualMacs.allocate([{ serverId: freshServer(), ip: address(1), mac }], CAUSE))).toBe(
        'store-unavailable',
      );
    });

    it('are made all or none', async () => {
      const [a, b] = [freshServer(), freshServer()];
      const mac = (await one(a)).mac;
      const requests = [
        { serverId: b, ip: address(1) },
        { serverId: b, ip: address(2), mac },
      ];
      expect(await codeOf(open().virtualMacs.allocate(requests, CAUSE))).toBe('virtual-mac-taken');
      expect(await open().virtualMacs.listByServers([b])).toEqual([]);
    });

    it('change while nobody else changes them, with their times and their event log', async () => {
      const serverId = freshServer();
      const device = freshDevice();
      const { mac } = await one(serverId);
      const at = { device, port };
      const note = (isBound: boolean, left?: string) =>
        open().virtualMacs.change(
          { macs: [], at: { device, ports: [port, parsePortName('ge-0/0/2.0')] } },
          (row) => afterPass(row, [{ at, seen: { isBound }, ...(left === undefined ? {} : { left }) }]),
          { ...CAUSE, events: ['event-1'] },
        );
      expect(await note(true)).toEqual([]);
      const [bound] = await open().virtualMacs.change(
        { macs: [mac] },
        (row) => afterPass(row, [{ at, seen: { isBound: true } }]),
        CAUSE,
      );
      expect(bound).toMatchObject({ state: 'active', places: [at], activatedAt: expect.any(String) as string });
      expect(await note(true)).toEqual([bound]);
      const [left] = await note(false, 'the address left');
      expect(left).toMatchObject({
        state: 'revoked',
        places: [],
        reason: 'the address left',
        activatedAt: bound?.activatedAt,
        revokedAt: expect.any(String) as string,
        releasedAt: expect.any(String) as string,
      });
      const events = await open().virtualMacs.events({ mac, limit: 10 });
      expect(events.map(({ action, workflowId, events: waiting }) => [action, workflowId, waiting])).toEqual([
        ['revoked', CAUSE.workflowId, ['event-1']],
        ['activated', CAUSE.workflowId, undefined],
        ['allocated', CAUSE.workflowId, undefined],
      ]);
    });

    it('that were revoked are told by port and by server, until they are bound nowhere', async () => {
      const serverId = freshServer();
      const other = freshServer();
      const { virtualMacs } = open();
      const at = { device: freshDevice(), port };
      const { mac: first } = await one(serverId, address(1));
      const { mac: live } = await one(serverId, address(2));
      const { mac: third } = await one(other, address(3));
      const seen = (isBound: boolean) => (row: VirtualMac) => afterPass(row, [{ at, seen: { isBound } }]);
      await virtualMacs.change({ macs: [first, live, third] }, seen(true), CAUSE);
      const revoked = async (ports: readonly PortName[], ...servers: ServerId[]): Promise<unknown> =>
        virtualMacs.listRevoked({ device: at.device, ports }, servers);
      expect(await revoked([port], serverId, other)).toEqual([]);
      await virtualMacs.change({ macs: [first, third] }, (row) => revoke(row, 'asked for'), CAUSE);
      const ofOther = { ip: address(3), mac: third };
      expect(await revoked([port])).toEqual([{ ip: address(1), mac: first }, ofOther]);
      expect(await revoked([])).toEqual([]);
      expect(await revoked([parsePortName('ge-0/0/9.0')], other)).toEqual([ofOther]);
      expect(await virtualMacs.listRevoked({ device: freshDevice(), ports: [port] }, [])).toEqual([]);
      await virtualMacs.change({ macs: [first] }, seen(false), CAUSE);
      expect(await revoked([port], serverId)).toEqual([ofOther]);
      const isHeld = { at, seen: { isBound: true }, isHeld: true as const };
      const [back] = await virtualMacs.change({ macs: [first] }, (row) => afterPass(row, [isHeld]), CAUSE);
      expect(back).not.toHaveProperty('releasedAt');
      expect(await revoked([port])).toEqual([{ ip: address(1), mac: first }, ofOther]);
    });

    it('are listed newest first, filtered, page by page; so is what happened to them', async () => {
      const serverId = freshServer();
      const { virtualMacs } = open();
      const device = freshDevice();
      const made = await allocate(serverId, address(1), address(2), address(3));
      const [first, second, third] = made;
      if (first === undefined || second === undefined || third === undefined) throw new Error('three were asked for');
      const at = { device, port };
      await virtualMacs.change({ macs: [second.mac] }, (row) => afterPass(row, [{ at, seen: { isBound: true } }]), {
        ...CAUSE,
        by: 'ann',
      });
      const ids = async (filter: Parameters<typeof virtualMacs.list>[0]): Promise<string[]> =>
        (await virtualMacs.list(filter)).map(({ id }) => id);
      expect(await ids({ serverId, limit: 2 })).toEqual([third.id, second.id]);
      expect(await ids({ serverId, limit: 2, before: second.id })).toEqual([first.id]);
      expect(await ids({ serverId, ip: address(3), limit: 9 })).toEqual([third.id]);
      expect(await ids({ serverId, state: 'active', limit: 9 })).toEqual([second.id]);
      expect(await ids({ device, limit: 9 })).toEqual([second.id]);
      expect(await ids({ device, port, limit: 9 })).toEqual([second.id]);
      expect(await ids({ device, port: parsePortName('ge-0/0/9.0'), limit: 9 })).toEqual([]);
      const [newest, ...older] = await virtualMacs.events({ serverId, limit: 9 });
      expect([newest?.action, newest?.by, older.length]).toEqual(['activated', 'ann', 3]);
      expect(await virtualMacs.events({ serverId, before: newest?.id ?? '0', limit: 1 })).toEqual(older.slice(0, 1));
      expect((await virtualMacs.events({ mac: first.mac, limit: 9 })).map(({ detail }) => detail)).toEqual([
        `for ${address(1)} of server ${serverId}`,
      ]);
    });

    it('of an address that comes back to a server are new ones', async () => {
      const serverId = freshServer();
      const before = await one(serverId);
      await open().virtualMacs.change({ macs: [before.mac] }, (row) => revoke(row, 'it left'), CAUSE);
      const after = await one(serverId);
      expect(after.mac).not.toBe(before.mac);
      expect((await open().virtualMacs.listByServers([serverId])).map(isLive)).toEqual([false, true]);
    });
  });
}
