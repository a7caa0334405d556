import { parsePortName } from '../../src/domain/values/port';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';
import { freshDevice } from './freshDevice';

const port = parsePortName('ge-0/0/1.0');

/** What every engine must do with backups. */
export function backupSuite(open: () => Store): void {
  describe('backups', () => {
    it('stores a configuration once as long as it does not change', async () => {
      const { backups } = open();
      const device = freshDevice();
      expect(await backups.latest(device)).toBeUndefined();
      const first = await backups.add(device, 'vlans { VLAN.13 { vlan-id 13; } }\n', 'before commit');
      expect(await backups.add(device, 'vlans { VLAN.13 { vlan-id 13; } }\n', 'again')).toBe(first);
      const second = await backups.add(device, 'vlans { VLAN.14 { vlan-id 14; } }\n', 'before commit');
      expect(second).not.toBe(first);
      expect(await backups.latest(device)).toMatchObject({
        id: second,
        configuration: 'vlans { VLAN.14 { vlan-id 14; } }\n',
      });
      expect(await backups.add(device, 'vlans { VLAN.13 { vlan-id 13; } }\n', 'back')).not.toBe(first);
      expect(await backups.latest(freshDevice())).toBeUndefined();
    });

    it('lists them newest first, page by page, and gives one whole, but not as one of another device', async () => {
      const { backups } = open();
      const device = freshDevice();
      const texts = ['a', 'b ü\n', 'a', ''];
      const ids: string[] = [];
      for (const text of texts) ids.push(await backups.add(device, text, `after ${text}`));
      const all = await backups.list(device, 10);
      expect(all.map(({ id }) => id)).toEqual([...ids].reverse());
      expect(all.map(({ size }) => size)).toEqual([0, 1, 5, 1]);
      expect(all[1]?.digest).toBe(all[3]?.digest);
      expect((await backups.list(device, 2, ids[2])).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
      for (const [index, id] of ids.entries())
        expect(await backups.get(device, id)).toMatchObject({ id, device, configuration: texts[index] });
      expect(await backups.get(freshDevice(), ids[0] ?? '')).toBeUndefined();
    });

    it('stores one row when the same configuration is added at the same time', async () => {
      const { backups } = open();
      const device = freshDevice();
      const ids = await Promise.all(Array.from({ length: 8 }, () => backups.add(device, 'system { }', 'race')));
      expect(new Set(ids).size).toBe(1);
    });
  });

  describe('the retention of backups', () => {
    it('keeps so many of a device, the newest always, and contents as long as a backup points to them', async () => {
      const { backups } = open();
      const [device, other] = [freshDevice(), freshDevice()];
      for (const text of ['a', 'b', 'a', 'c', 'd']) await backups.add(device, text, text);
      await backups.add(other, 'a', 'of another device');
      expect(await backups.forget(device, {}, 100)).toBe(0);
      expect(await backups.forget(device, { keepCount: 3 }, 1)).toBe(1);
      expect(await backups.forget(device, { keepCount: 3 }, 100)).toBe(1);
      const left = await backups.list(device, 10);
      expect(left.map(({ reason }) => reason)).toEqual(['d', 'c', 'a']);
      expect(await backups.get(device, left[2]?.id ?? '')).toMatchObject({ configuration: 'a' });
      expect(await backups.forget(device, { keepCount: 1 }, 100)).toBe(2);
      // As old as can be: superseded just now.
      expect(await backups.forget(device, { keepCount: 1, keepDays: 0 }, 100)).toBe(0);
      expect((await backups.list(device, 10)).map(({ reason }) => reason)).toEqual(['d']);
      expect((await backups.list(other, 10)).map(({ reason }) => reason)).toEqual(['of another device']);
    });

    it('adds none while some are taken out: what was added is always whole', async () => {
      const { backups } = open();
      const device = freshDevice();
      const texts = ['a', 'b', 'a', 'b', 'c', 'a', 'b', 'c'];
      await Promise.all(
        texts.flatMap((text) => [backups.add(device, text, text), backups.forget(device, { keepDays: 0 }, 100)]),
      );
      const left = await backups.list(device, 100);
      for (const { id, reason } of left) expect(await backups.get(device, id)).toMatchObject({ configuration: reason });
      expect(left.length).toBeGreaterThan(0);
    });

    it('knows what ports let through under a backup, also of one that was stored without that before', async () => {
      const { backups } = open();
      const device = freshDevice();
      const bindings = [{ port, statements: [statement('10.0.48.5')] }];
      const id = await backups.add(device, 'a', 'without');
      expect(await backups.bindings(device, id)).not.toHaveProperty('bindings');
      expect(await backups.add(device, 'a', 'with', bindings)).toBe(id);
      expect(await backups.add(device, 'a', 'without')).toBe(id);
      expect(await backups.bindings(device, id)).toMatchObject({ id, bindings });
      expect(await backups.bindings(freshDevice(), id)).toBeUndefined();
    });

    it('says when each device was last backed up, and since when it fails', async () => {
      const { backups } = open();
      const device = freshDevice();
      const run = async () => (await backups.runs()).find((one) => one.device === device);
      await backups.failed(device, { code: 'device-unreachable', message: 'first' });
      const first = await run();
      await backups.failed(device, { code: 'device-timeout', message: 'second' });
      const second = await run();
      expect(second).toMatchObject({ failing: { since: first?.failing?.since, code: 'device-timeout' } });
      expect(second).not.toHaveProperty('succeededAt');
      await backups.add(device, 'a', 'schedule');
      expect(await run()).toEqual({ device, succeededAt: expect.any(String) as unknown });
      await backups.failed(device, { code: 'device-timeout', message: 'third' });
      expect(await run()).toMatchObject({ succeededAt: expect.any(String) as unknown, failing: { message: 'third' } });
      expect(await backups.devices()).toContain(device);
    });
  });
}
