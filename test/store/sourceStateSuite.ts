import type { SourceState } from '../../src/domain/alarms/sourceState';
import type { DeviceId } from '../../src/domain/values/device';
import type { Store } from '../../src/store/store';

/** What every engine must do for what answers of sources say. */
export function sourceStateSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const at = (second: number): string => new Date(Date.UTC(2031, 0, 1, 0, 0, second)).toISOString();
  const clock = (second: number, aheadMs: number) => ({ at: at(second), aheadMs, withinMs: 600.5 });

  it('of what several workers saw the newest stays, whichever of them is late', async () => {
    const { sourceStates } = open();
    const subject = { device: freshDevice() };
    const stored = async (): Promise<SourceState | undefined> =>
      (await sourceStates.list()).find((state) => JSON.stringify(state.subject) === JSON.stringify(subject));
    expect(await stored()).toBeUndefined();
    await sourceStates.put({ subject, refusedAt: at(20) });
    expect(await stored()).toEqual({ subject, refusedAt: at(20) });
    await sourceStates.put({ subject, acceptedAt: at(30), clock: clock(30, -2.25) });
    // A worker that was slow to write.
    await sourceStates.put({
      subject,
      acceptedAt: at(10),
      refusedAt: at(10),
      forbiddenAt: at(10),
      clock: clock(10, 9),
    });
    const newest = { subject, acceptedAt: at(30), refusedAt: at(20), forbiddenAt: at(10), clock: clock(30, -2.25) };
    expect(await stored()).toEqual(newest);
    await sourceStates.put({ subject, clock: clock(40, 7) });
    expect(await stored()).toEqual({ ...newest, clock: clock(40, 7) });
    await sourceStates.forget(subject);
    expect(await stored()).toBeUndefined();
  });

  it('a source of the name of a device is another one', async () => {
    const { sourceStates } = open();
    const device = freshDevice();
    await sourceStates.put({ subject: { device }, acceptedAt: at(1) });
    await sourceStates.put({ subject: { name: device }, refusedAt: at(2) });
    await sourceStates.forget({ device });
    const left = (await sourceStates.list()).filter(({ subject }) => Object.values(subject).includes(device));
    expect(left).toEqual([{ subject: { name: device }, refusedAt: at(2) }]);
    await sourceStates.forget({ name: device });
  });
}
