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
