import { GUARDS, type GuardCode } from '../../src/domain/change/guardCodes';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics';

const SWITCH = deviceId('junos', 1);

async function lines(metrics: Metrics): Promise<readonly string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('what is counted can be read', async () => {
  const metrics = createMetrics();
  metrics.event('ip_assigned');
  metrics.event('ip_assigned');
  metrics.eventFinished('applied', 1.5);
  metrics.outcome('applied');
  metrics.batch(SWITCH, 3);
  metrics.commit(SWITCH, 'committed', 12);
  metrics.sourceError('panel', 'panel-unreachable');
  metrics.sourceError('panel', 'Error: something long and unbounded');
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'portwarden_events_total{action="ip_assigned"} 2',
      'portwarden_event_outcomes_total{status="applied"} 1',
      'portwarden_event_seconds_sum 1.5',
      'portwarden_event_seconds_bucket{le="1"} 0',
      'portwarden_event_seconds_bucket{le="2"} 1',
      'portwarden_port_outcomes_total{status="applied"} 1',
      'portwarden_batches_total{device="junos:1"} 1',
      'portwarden_batch_ports_sum 3',
      'portwarden_commits_total{device="junos:1",result="committed"} 1',
      'portwarden_commit_seconds_count{result="committed"} 1',
      'portwarden_source_errors_total{source="panel",code="panel-unreachable"} 1',
      'portwarden_source_errors_total{source="panel",code="internal"} 1',
    ]),
  );
});

test('virtual MACs are counted by state, with the age of the oldest that is pending', async () => {
  const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
  const metrics = createMetrics();
  const read = async (): Promise<readonly string[]> =>
    (await lines(metrics)).filter((line) => line.startsWith('portwarden_virtual_macs'));
  expect(await read()).toEqual([]);
  metrics.setLookups({ virtualMacs: () => Promise.resolve([]) });
  expect(await read()).toContain('portwarden_virtual_macs_oldest_seconds{state="pending"} 0');
  metrics.setLookups({
    virtualMacs: () =>
      Promise.resolve([
        { state: 'active', count: 3, oldest: ago(900) },
        { state: 'pending', count: 2, oldest: ago(90) },
      ]),
  });
  const found = await read();
  expect(found.filter((line) => !line.includes('oldest_seconds{state="pending"}'))).toEqual([
    'portwarden_virtual_macs{state="pending"} 2',
    'portwarden_virtual_macs{state="active"} 3',
    'portwarden_virtual_macs{state="failed"} 0',
    'portwarden_virtual_macs{state="revoked"} 0',
    'portwarden_virtual_macs_oldest_seconds{state="failed"} 0',
  ]);
  const [, age] = found.find((line) => line.includes('oldest_seconds{state="pending"}'))?.split(' ') ?? [];
  expect(Number(age)).toBeGreaterThanOrEqual(90);
});

test('the standing lists are counted, each with the age of its oldest entry', async () => {
  const oldest = new Date(Date.now() - 3_600_000).toISOString();
  const metrics = createMetrics({ lookups: { standing: async () => [{ list: 'unbound', count: 3, oldest }] } });
  const shown = (await lines(metrics)).filter((line) => line.startsWith('portwarden_coverage'));
  const isAge = (line: string): boolean => line.startsWith('portwarden_coverage_oldest_seconds{list="unbound"} ');
  expect(shown.filter((line) => !isAge(line))).toEqual([
    'portwarden_coverage{list="unbound"} 3',
    ...['unexplained', 'unautomated', 'conflicting'].map((list) => `portwarden_coverage{list="${list}"} 0`),
    ...['unexplained', 'unautomated', 'conflicting'].map(
      (list) => `portwarden_coverage_oldest_seconds{list="${list}"} 0`,
    ),
  ]);
  expect(Number(shown.find(isAge)?.split(' ')[1])).toBeGreaterThanOrEqual(3_600);
});

test('what guards hold is counted by each of their names, and how often the site braked', async () => {
  const metrics = createMetrics();
  const guards = Object.keys(GUARDS) as GuardCode[];
  for (const guard of guards) metrics.guardHeld(SWITCH, guard);
  metrics.braked();
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      ...guards.map((guard) => `portwarden_guard_holds_total{device="junos:1",guard="${guard}"} 1`),
      'portwarden_brakes_total 1',
    ]),
  );
});

test('pauses are counted by what is paused', async () => {
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const metrics = createMetrics({
    lookups: { pauses: async () => [{ scope: { kind: 'device', device: SWITCH }, since }] },
  });
  const shown = await lines(metrics);
  expect(shown).toEqual(
    expect.arrayContaining(['portwarden_pauses{scope="all"} 0', 'portwarden_pauses{scope="device"} 1']),
  );
  const oldest = shown.find((line) => line.startsWith('portwarden_pauses_oldest_seconds'));
  expect(Number(oldest?.split(' ')[1])).toBeGreaterThanOrEqual(3_600);
  expect(await lines(createMetrics())).not.toContainEqual(expect.stringMatching(/^portwarden_pauses/));
});

test('the journal is counted, and what could not be written into it', async () => {
  const oldest = new Date(Date.now() - 7_200_000).toISOString();
  const metrics = createMetrics({ lookups: { journal: async () => ({ rows: 12, oldest }) } });
  expect(await lines(metrics)).toContain('portwarden_journal_write_failures_total 0');
  metrics.journalFailed();
  const shown = await lines(metrics);
  expect(shown).toEqual(
    expect.arrayContaining(['portwarden_journal_rows 12', 'portwarden_journal_write_failures_total 1']),
  );
  const age = shown.find((line) => line.startsWith('portwarden_journal_oldest_seconds'));
  expect(Number(age?.split(' ')[1])).toBeGreaterThanOrEqual(7_200);
  const empty = await lines(createMetrics({ lookups: { journal: async () => ({ rows: 0 }) } }));
  expect(empty).toContain('portwarden_journal_oldest_seconds 0');
  expect(await lines(createMetrics())).not.toContainEqual(expect.stringMatching(/^portwarden_journal_(rows|oldest)/));
});

test('what devices refused is one figure for each of them', async () => {
  const metrics = createMetrics({ lookups: { dropped: async () => [{ device: SWITCH, refused: 37 }] } });
  expect(await lines(metrics)).toContain(`portwarden_arp_frames_refused{device="${SWITCH}"} 37`);
});

test('waiting and parked ports are looked up at each reading', async () => {
  let pending = [
    { port: parsePortName('ge-0/0/1.0') },
    { port: parsePortName('ge-0/0/2.0'), reason: 'device-busy: locked by alice' },
    { port: parsePortName('ge-0/0/3.0'), reason: 'device-busy: locked by bob' },
  ];
  const metrics = createMetrics({ lookups: { waiting: () => Promise.resolve([{ device: SWITCH, pending }]) } });
  metrics.setLookups({
    parked: () =>
      Promise.resolve([
        { device: SWITCH, guards: [], at: new Date(Date.now() - 90_000).toISOString() },
        { device: SWITCH, guards: ['port-shrink', 'site-brake'], at: new Date().toISOString() },
      ]),
    brake: () => Promise.resolve({ since: '2026-11-22T00:00:00.000Z' }),
    stuck: () => Promise.resolve([{ device: SWITCH }]),
  });
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'portwarden_ports_waiting{device="junos:1",reason="queued"} 1',
      'portwarden_ports_waiting{device="junos:1",reason="device-busy"} 2',
      'portwarden_ports_parked{device="junos:1"} 2',
      'portwarden_parked_by_guard{guard="none"} 1',
      'portwarden_parked_by_guard{guard="site-brake"} 1',
      'portwarden_brake_on 1',
      'portwarden_coordinators_stuck{device="junos:1"} 1',
    ]),
  );
  pending = [];
  expect((await metrics.text()).includes('portwarden_ports_waiting{')).toBe(false);
});

test('what cannot be looked up has no value, for nothing would look well then', async () => {
  const away = (): Promise<never> => Promise.reject(new Error('no store'));
  const metrics = createMetrics({
    lookups: { parked: away, brake: away, policies: away, standing: away, virtualMacs: away },
  });
  const looked = /^portwarden_(parked|brake_on|policies|coverage|virtual_macs)/;
  expect((await lines(metrics)).filter((line) => looked.test(line))).toEqual([]);
  metrics.setLookups({
    parked: () => Promise.resolve([]),
    brake: () => Promise.resolve(undefined),
    policies: () => Promise.resolve([]),
  });
  expect((await lines(metrics)).filter((line) => looked.test(line))).toEqual([
    'portwarden_parked_oldest_seconds 0',
    'portwarden_brake_on 0',
    'portwarden_policies_ending 0',
  ]);
});

test('a lookup that fails or hangs does not keep the other figures from being read', async () => {
  const metrics = createMetrics({
    lookupTimeoutMs: 20,
    lookups: {
      waiting: () => Promise.reject(new Error('no Temporal')),
      parked: () => new Promise<never>(() => undefined),
    },
  });
  metrics.event('server_deleted');
  expect(await lines(metrics)).toContain('portwarden_events_total{action="server_deleted"} 1');
});
