import type { Drift } from '../../src/domain/drift/drift';
import type { ReconcileSeen } from '../../src/domain/drift/reconcile';
import { parseServerId } from '../../src/domain/event/event';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';

/** What every engine must do for drift and reconciles. */
export function driftSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const drifted = (device: DeviceId, name: string, extra: Partial<Drift> = {}): Drift => ({
    device,
    port: parsePortName(name),
    names: [parsePortName(`${name}.member`)],
    statements: [{ change: 'extra', statement: statement('10.0.48.9'), firstSeen: at(0).toISOString() }],
    action: 'reported',
    firstSeen: at(0).toISOString(),
    lastSeen: at(0).toISOString(),
    ...extra,
  });

  it('drift is one row for each port until it is cleared; found again it is another one', async () => {
    const { drift } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    const first = drifted(one, 'ge-0/0/1.0');
    await drift.record([first, drifted(one, 'ge-0/0/2.0'), drifted(two, 'ge-0/0/1.0')]);
    const later = { ...first, lastSeen: at(60).toISOString(), action: 'parked' as const, fingerprint: 'f1' };
    await drift.record([later]);
    expect(await drift.open(one)).toEqual([later, drifted(one, 'ge-0/0/2.0')]);
    await drift.reject(one, parsePortName('ge-0/0/1.0.member'));
    expect((await drift.open(one)).map(({ action }) => action)).toEqual(['rejected', 'reported']);
    const mine = (await drift.figures()).filter(({ device }) => [one, two].includes(device));
    expect(mine).toEqual(
      [
        { device: one, ports: 2, oldest: at(0).toISOString() },
        { device: two, ports: 1, oldest: at(0).toISOString() },
      ].sort((a, b) => a.device.localeCompare(b.device)),
    );
    const ports = [first.port, parsePortName('ge-0/0/7.0')];
    expect(await drift.clear(one, ports, at(90))).toMatchObject([
      { port: first.port, clearedAt: at(90).toISOString() },
    ]);
    expect(await drift.clear(one, ports, at(91))).toEqual([]);
    await drift.record([drifted(one, 'ge-0/0/1.0', { firstSeen: at(100).toISOString() })]);
    expect((await drift.open(one)).map(({ firstSeen }) => firstSeen)).toEqual([
      at(100).toISOString(),
      at(0).toISOString(),
    ]);
    expect((await drift.page(10, { devices: [one], cleared: true })).map(({ action }) => action)).toEqual(['rejected']);
    const [head, ...rest] = await drift.page(10, { devices: [one, two] });
    expect(rest).toHaveLength(2);
    expect(await drift.page(10, { devices: [one, two], after: BigInt(head?.id ?? 0) })).toEqual(rest);
    expect(await drift.page(10, { devices: [one], port: parsePortName('ge-0/0/2.0.member') })).toHaveLength(1);
    await drift.clear(one, [parsePortName('ge-0/0/2.0')], at(91 * 86_400));
    expect((await drift.page(10, { devices: [one], cleared: true })).map(({ port }) => port)).toEqual(['ge-0/0/2.0']);
  });

  it('a reconcile that saw nothing leaves what was seen before, and says since when none does', async () => {
    const { reconciles } = open();
    const device = freshDevice();
    const seen: ReconcileSeen = {
      ...{ device, mode: 'observe', ports: 7, unreadable: 1, inDrift: 2, notes: ['so\u0000so'] },
      underWay: [{ port: parsePortName('ge-0/0/1.0'), why: 'waits' }],
    };
    const error = { code: 'device-unreachable', message: 'away' };
    expect(await reconciles.list([device])).toEqual([]);
    await reconciles.failed(device, 'observe', error, at(0));
    await reconciles.failed(device, 'propose', error, at(5));
    expect(await reconciles.list([device])).toEqual([
      {
        ...{ device, mode: 'propose', ports: 0, unreadable: 0, inDrift: 0, underWay: [], notes: [] },
        ...{ triedAt: at(5).toISOString(), failingSince: at(0).toISOString(), error },
      },
    ]);
    await reconciles.saw(seen, at(10));
    const state = { ...seen, notes: ['so\ufffdso'], triedAt: at(10).toISOString(), lookedAt: at(10).toISOString() };
    expect(await reconciles.list([device])).toEqual([state]);
    await reconciles.failed(device, 'observe', error, at(20));
    expect(await reconciles.list()).toContainEqual({
      ...{ ...state, triedAt: at(20).toISOString(), failingSince: at(20).toISOString(), error },
    });
  });

  it('keeps which servers vanished, for each device', async () => {
    const { reconciles } = open();
    const [device, other] = [freshDevice(), freshDevice()];
    const [a, b] = [parseServerId(101), parseServerId(102)];
    await reconciles.keepVanished(device, [a, b], 'propose');
    await reconciles.keepVanished(other, [a], 'propose');
    await reconciles.keepVanished(device, [b], 'enforce');
    expect([...(await reconciles.vanished(device))]).toEqual([[b, 'enforce']]);
    await reconciles.keepVanished(device, [], 'enforce');
    expect([...(await reconciles.vanished(device))]).toEqual([]);
    expect([...(await reconciles.vanished(other))]).toEqual([[a, 'propose']]);
  });
}
