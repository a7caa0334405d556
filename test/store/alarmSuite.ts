import type { FoundAlarm } from '../../src/domain/alarms/alarm';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { freshDevice } from './freshDevice';
import type { Store } from '../../src/store/store';

/** What every engine must do for alarms. */
export function alarmSuite(open: () => Store): void {
  describe('alarms', () => {
    suite(open);
  });
}

function suite(open: () => Store): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const port = parsePortName('ge-0/0/1.0');
  const none = { isUnknown: () => false, unread: [] };
  const parked = (device: DeviceId): FoundAlarm => ({
    id: 'parked',
    device,
    port,
    since: at(-9).toISOString(),
    text: 'x\u0000',
  });

  it('are raised once, seen again, cleared, and kept then; another time is another alarm', async () => {
    const { alarms } = open();
    const device = freshDevice();
    const alarm = parked(device);
    const [first, second] = await Promise.all([
      alarms.reconcile({ ...none, found: [alarm] }, at(0)),
      alarms.reconcile({ ...none, found: [alarm] }, at(0)),
    ]);
    const raised = [...first.raised, ...second.raised];
    expect(raised).toEqual([
      {
        ...alarm,
        number: expect.stringMatching(/^\d+$/) as unknown,
        severity: 'major',
        text: 'x\ufffd',
        raisedAt: at(0).toISOString(),
        lastSeen: at(0).toISOString(),
      },
    ]);
    const number = raised[0]?.number ?? '';
    await alarms.reconcile({ ...none, found: [{ ...alarm, text: 'y' }], unread: ['panel: away'] }, at(299));
    expect(await alarms.get(number)).toMatchObject({ text: 'y', lastSeen: at(299).toISOString() });
    expect(await alarms.judged()).toEqual({ at: at(299).toISOString(), unread: ['panel: away'] });
    await alarms.reconcile({ ...none, found: [{ ...alarm, text: 'y' }] }, at(598));
    expect(await alarms.get(number)).toMatchObject({ lastSeen: at(299).toISOString() });
    await alarms.reconcile({ ...none, found: [{ ...alarm, text: 'y' }] }, at(599));
    expect(await alarms.get(number)).toMatchObject({ lastSeen: at(599).toISOString() });
    expect(await alarms.counts()).toContainEqual({ id: 'parked', severity: 'major', count: 1 });
    const kept = await alarms.reconcile({ ...none, found: [], isUnknown: () => true }, at(600));
    expect(kept).toEqual({ raised: [], cleared: [], open: 1 });
    const seen = await alarms.acknowledge(number, { author: 'ada', reason: 'a new card' }, at(601));
    expect(seen?.acknowledged).toEqual({ at: at(601).toISOString(), by: 'ada', reason: 'a new card' });
    const gone = await alarms.reconcile({ ...none, found: [] }, at(602));
    expect(gone).toEqual({ raised: [], cleared: [{ ...seen, clearedAt: at(602).toISOString() }], open: 0 });
    expect(await alarms.acknowledge(number, { author: 'ada', reason: 'late' }, at(603))).toBeUndefined();
    const again = await alarms.reconcile({ ...none, found: [alarm] }, at(604));
    expect(again.raised.map((one) => one.number)).not.toContain(number);
    const mine = { devices: [device], limit: 10 };
    expect((await alarms.list({ ...mine, state: 'cleared' })).map((one) => one.number)).toEqual([number]);
    expect(await alarms.list({ ...mine, state: 'open' })).toEqual(again.raised);
    expect(await alarms.list({ ...mine, limit: 1, before: again.raised[0]?.number ?? '' })).toEqual(gone.cleared);
    await alarms.reconcile({ ...none, found: [] }, at(605));
  });

  it('are found by id, severity, device and port, newest first', async () => {
    const { alarms } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    const found: FoundAlarm[] = [
      parked(one),
      { ...parked(two), port: parsePortName('ge-0/0/2.0') },
      { id: 'site-brake', since: at(0).toISOString(), text: 'on' },
      { id: 'guard-tripped', device: one, name: 'device-rate', since: at(0).toISOString(), text: 'on' },
    ];
    const { raised } = await alarms.reconcile({ ...none, found }, at(700));
    expect(raised.map(({ id }) => id).sort()).toEqual(found.map(({ id }) => id).sort());
    const keys = async (filter: Parameters<typeof alarms.list>[0]) =>
      (await alarms.list({ state: 'open', ...filter })).map(({ id, device }) => [id, device]);
    expect(await keys({ id: 'parked', limit: 10 })).toEqual([
      ['parked', two],
      ['parked', one],
    ]);
    expect(await keys({ severity: 'critical', limit: 10 })).toEqual([['site-brake', undefined]]);
    expect(await keys({ devices: [one], limit: 10 })).toEqual([
      ['guard-tripped', one],
      ['parked', one],
    ]);
    expect(await keys({ devices: [one, two], port, limit: 10 })).toEqual([['parked', one]]);
    expect(await alarms.get('x')).toBeUndefined();
    const cleared = await alarms.reconcile({ ...none, found: [] }, at(701));
    expect(cleared.cleared).toHaveLength(found.length);
  });

  it('the facts of alarms: standing entries by port and rule, commits that nobody knows the end of', async () => {
    const { standing, commitIntents } = open();
    const device = freshDevice();
    const finding = { list: 'unbound' as const, rule: 'no-mac', message: 'm' };
    await standing.replace(
      { device, port },
      ['unbound'],
      [
        { ...finding, subject: '10.0.48.5', message: 'first' },
        { ...finding, subject: '10.0.48.6' },
        { ...finding, subject: '10.0.48.7', rule: 'moved' },
      ],
    );
    const groups = (await standing.perPort(['unbound'])).filter((group) => group.device === device);
    expect(groups.map(({ rule, count, message }) => [rule, count, message]).sort()).toEqual([
      ['moved', 1, 'm'],
      ['no-mac', 2, 'first'],
    ]);
    expect(groups[0]?.since).toMatch(/^\d{4}-.*Z$/);
    expect((await standing.perPort(['unexplained'])).filter((group) => group.device === device)).toEqual([]);
    const commit = { logToken: 't1', confirmed: false };
    const change = { port, effectivePort: port, added: [], removed: [], commands: [] };
    await commitIntents.put(device, 'w', { ...commit, ports: [change] });
    const mine = async () => (await commitIntents.open()).filter((one) => one.device === device);
    expect(await mine()).toEqual([{ device, since: expect.stringMatching(/Z$/) as unknown }]);
    await commitIntents.close({ device, logToken: 't1' }, []);
    expect(await mine()).toEqual([]);
  });
}
