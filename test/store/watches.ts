import type { SeenGuest } from '../../src/domain/watch/clusterView';
import type { Store } from '../../src/store/store';

/** What every engine must do with the last looks at clusters. */
export function watchesSuite(open: () => Store): void {
  const guest = (vmid: number, node: string): SeenGuest => ({ vmid, node, type: 'qemu' });
  const state = (cluster: string, guests: number) => ({ cluster, guests, readUpTo: 0, changes: [] });

  describe('watches', () => {
    it('remembers a look guest by guest, and nothing of one that another look has overtaken', async () => {
      const { watches } = open();
      const cluster = `w${process.pid}`;
      const first = await watches.view(cluster);
      expect([first.version, first.guests]).toEqual([0, undefined]);
      const both = [guest(100, 'pve1'), guest(101, 'pve1')];
      expect(await watches.save(0, { state: state(cluster, 2), put: both, drop: [] })).toBe(true);
      const seen = await watches.view(cluster);
      expect([...(seen.guests?.values() ?? [])]).toEqual(both);
      const looks = [guest(100, 'pve2'), guest(100, 'pve3')].map((moved) =>
        watches.save(seen.version, { state: state(cluster, 1), put: [moved], drop: [101] }),
      );
      expect((await Promise.all(looks)).sort()).toEqual([false, true]);
      const after = await watches.view(cluster);
      expect([...(after.guests?.keys() ?? [])]).toEqual([100]);
      expect(after.version).toBe(seen.version + 1);
      await watches.keepOnly([]);
    });

    it('keeps what was seen beside an error, and since when nothing is seen, until a look sees the cluster again', async () => {
      const { watches } = open();
      const cluster = `e${process.pid}`;
      await watches.saveError(cluster, { code: 'proxmox-unreachable', message: 'nobody answers' });
      expect((await watches.view(cluster)).guests).toBeUndefined();
      await watches.save(0, { state: state(cluster, 1), put: [guest(100, 'pve1')], drop: [] });
      await watches.saveError(cluster, { code: 'proxmox-unreachable', message: 'nobody answers' });
      const [once] = await watches.list();
      await watches.saveError(cluster, { code: 'proxmox-no-quorum', message: 'no quorum' });
      const [twice] = await watches.list();
      expect(twice?.error).toEqual({ code: 'proxmox-no-quorum', message: 'no quorum', since: once?.error?.since });
      expect([twice?.guests, twice?.lookedAt]).toEqual([1, once?.lookedAt]);
      const { version } = await watches.view(cluster);
      expect(await watches.save(version, { state: state(cluster, 1), put: [], drop: [] })).toBe(true);
      expect((await watches.list())[0]).not.toHaveProperty('error');
      await watches.keepOnly([cluster]);
      expect(await watches.list()).toHaveLength(1);
      await watches.keepOnly([]);
      expect([await watches.list(), (await watches.view(cluster)).guests]).toEqual([[], undefined]);
    });
  });
}
