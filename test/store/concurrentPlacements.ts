import { parseServerId } from '../../src/domain/event/event';
import { expectPlacement, notePass, notePlace } from '../../src/domain/servers/placement';
import type { Placement } from '../../src/domain/servers/server';
import { deviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import type { Store } from '../../src/store/store';

/** What every engine must do when several write where servers are. */
export function concurrentPlacements(open: () => Store): void {
  const port = parsePortName('ge-0/0/1.0');
  let counter = 0;
  const freshDevice = () => deviceId('junos', `concurrent-${process.pid}-${(counter += 1)}`);
  const placement = (id: number, extra: Partial<Placement> = {}): Placement => ({
    serverId: parseServerId(id),
    kind: 'dedicated',
    ports: [],
    ips: [parseIp('10.0.48.5')],
    ...extra,
  });

  describe('placements with several writers', () => {
    it('changes many at once while nobody else does, and writes what a change gives back', async () => {
      const { placements } = open();
      const ids = [61, 62, 63, 64].map(parseServerId);
      const add = (serverIds: typeof ids): Promise<void> =>
        placements.updateAll(serverIds, (serverId, before) =>
          placement(serverId, { ports: [...(before?.ports ?? []), { device: freshDevice(), port }] }),
        );
      await Promise.all([add(ids), add([...ids].reverse()), add(ids.slice(1)), add([])]);
      const counts = await Promise.all(ids.map(async (id) => (await placements.get(id))?.ports.length));
      expect(counts).toEqual([2, 3, 3, 3]);
      await placements.updateAll(ids, (serverId, before) => (serverId === 61 ? undefined : before));
      expect((await Promise.all(ids.map((id) => placements.get(id)))).map((one) => one === undefined)).toEqual([
        true,
        false,
        false,
        false,
      ]);
    });

    it('never lets what an older reading says replace what a newer one said, whoever writes last', async () => {
      const { placements } = open();
      const begun = [await placements.clock(), await placements.clock(), await placements.clock()];
      expect(begun[2]).toBeGreaterThanOrEqual(begun[0] ?? Infinity);
      const serverId = parseServerId(71);
      const device = freshDevice();
      const guestAt = (n: number) => ({ cluster: 'conditional', node: `pve${n}`, vmid: 71 });
      const here = (n: number) => ({ device, port: parsePortName(`ae${n}.0`) });
      const ips = [parseIp('10.0.48.71')];
      const write = [
        (n: number) =>
          placements.updateAll([serverId], (_id, before) =>
            notePlace({ serverId, kind: 'vm', guest: guestAt(n), ips, ports: [], seenAt: 1_000 + n }, before),
          ),
        (n: number) =>
          placements.update(serverId, (before) =>
            notePass(
              before,
              { serverId, kind: 'vm', at: 'here', guest: guestAt(n), ips, seenAt: 1_000 + n },
              here(n),
              new Set(ips),
            ),
          ),
        (n: number) =>
          placements.update(serverId, (before) =>
            expectPlacement(
              { serverId, kind: 'vm', guest: guestAt(n), ips, ports: [here(n)], seenAt: 1_000 + n },
              before,
            ),
          ),
      ];
      await Promise.all(
        [5, 11, 0, 7, 3, 9, 1, 10, 2, 8, 4, 6].map(async (n) => {
          await write[n % write.length]?.(n);
        }),
      );
      expect((await placements.get(serverId))?.guest).toEqual(guestAt(11));
      expect((await placements.get(serverId))?.seenAt).toBe(1_011);
      // What passes read back stays, so that it can be cleaned, also where the server is no more.
      expect((await placements.listByPort(device, here(1).port)).map((one) => one.serverId)).toEqual([serverId]);
      await placements.delete(serverId);
    });
  });
}
