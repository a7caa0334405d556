import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { Store } from '../../src/store/store';

/** What every engine must do for exceptions from change windows. */
export function windowExceptionSuite(open: () => Store, freshDevice: () => DeviceId): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const [first, second] = ['ge-0/0/1.0', 'ge-0/0/2.0'].map(parsePortName) as [
    ReturnType<typeof parsePortName>,
    ReturnType<typeof parsePortName>,
  ];
  const said = { reason: 'abuse\u0000', author: 'ada', expiresAt: at(60).toISOString() };

  it('are in force until their time is over, one for each port, and journaled with who granted them', async () => {
    const { windowExceptions, journal } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    const granted = await windowExceptions.grant({ device: one, port: first, ...said }, 'w', at(0));
    expect(granted).toEqual({
      ...{ device: one, port: first, author: 'ada', reason: 'abuse\ufffd' },
      ...{ since: at(0).toISOString(), expiresAt: at(60).toISOString() },
    });
    await windowExceptions.grant({ device: one, port: second, ...said }, 'w', at(1));
    const again = await windowExceptions.grant({ device: one, port: second, ...said, author: 'bob' }, 'w', at(2));
    await windowExceptions.grant({ device: two, port: first, ...said }, 'w', at(3));
    expect(await windowExceptions.active(at(59), one)).toEqual([granted, again]);
    expect((await windowExceptions.active(at(59))).map(({ device }) => device)).toEqual(
      expect.arrayContaining([one, one, two]) as unknown,
    );
    expect(await windowExceptions.active(at(60), one)).toEqual([]);
    const entries = await journal.list({ device: one, limit: 10 });
    expect(entries.map(({ port, author, status, workflowId }) => [port, author, status, workflowId])).toEqual([
      [second, 'bob', 'unchanged', 'w'],
      [second, 'ada', 'unchanged', 'w'],
      [first, 'ada', 'unchanged', 'w'],
    ]);
    expect(entries[0]?.summary).toContain('once outside of its change windows');
  });

  it('are used once, by one of two who use them at the same time, and not when their time is over', async () => {
    const { windowExceptions } = open();
    const device = freshDevice();
    const granted = await windowExceptions.grant({ device, port: first, ...said }, 'w', at(0));
    expect(await windowExceptions.use(device, [], at(1))).toEqual([]);
    expect(await windowExceptions.use(freshDevice(), [first], at(1))).toEqual([]);
    const used = await Promise.all([
      windowExceptions.use(device, [first, second], at(1)),
      windowExceptions.use(device, [first, second], at(1)),
    ]);
    expect(used.flat()).toEqual([granted]);
    await windowExceptions.grant({ device, port: first, ...said }, 'w', at(0));
    expect(await windowExceptions.use(device, [first], at(60))).toEqual([]);
  });
}
