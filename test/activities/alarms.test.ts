import pino from 'pino';
import { createEvaluateAlarms } from '../../src/activities/alarms/evaluateAlarms';
import type { Drift } from '../../src/domain/drift/drift';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { MemoryStore } from './fakes/memoryStore';
import { statement } from './fakes/values';

const device = deviceId('junos', 1);
const port = parsePortName('ge-0/0/1.0');
const AT = '2026-11-30T06:00:00.000Z';
const DRIFT: Drift = {
  ...{ device, port, names: [port], action: 'reported', firstSeen: AT, lastSeen: AT },
  statements: [{ change: 'missing', statement: statement('10.0.48.9'), firstSeen: AT }],
};

it('drift is an alarm until it is cleared, though no coordinator runs; what was cleared is asked for only where an alarm is open', async () => {
  const store = new MemoryStore();
  // Of a device that has servers nothing said means nothing known.
  jest.spyOn(store.placements, 'devices').mockResolvedValue([device]);
  jest.spyOn(store.placements, 'clock').mockImplementation(async () => Date.now());
  const page = jest.spyOn(store.drift, 'page');
  const evaluate = createEvaluateAlarms({
    store,
    coordinators: async () => ({ states: [], stuck: [], silent: [], unasked: 0, areAllListed: true }),
    waitingEvents: async () => 0,
    limits: {
      manyAttempts: 10,
      staleAfterMs: 300_000,
      unboundMs: 86_400_000,
      clockSkewMs: 10_000,
      sourceClockSkewMs: 120_000,
      notificationsFailingMs: 600_000,
    },
    configured: { names: ['panel'], devices: [], kinds: [] },
    log: pino({ level: 'silent' }),
  });
  const alarm = { id: 'out-of-sync', device, port };
  const asked = (): number => page.mock.calls.filter(([, of]) => of?.cleared === true).length;
  await store.drift.record([DRIFT]);
  expect(await evaluate({})).toMatchObject({ open: 1, raised: [alarm], unread: [] });
  expect(asked()).toBe(0);
  expect(await evaluate({})).toMatchObject({ open: 1, raised: [], cleared: [] });
  await store.drift.clear(device, [port], new Date());
  expect(await evaluate({})).toMatchObject({ open: 0, cleared: [alarm] });
  expect(asked()).toBe(2);
  expect(await evaluate({})).toMatchObject({ open: 0, raised: [] });
  expect(asked()).toBe(2);
});
