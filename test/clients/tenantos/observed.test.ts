import { startTenantosLab, type TenantosLab } from '../../../lab/tenantos/lab';
import { PanelTransport } from '../../../src/clients/tenantos/transport';
import type { SeenAnswer } from '../../../src/domain/alarms/sourceState';
import { testWorld } from '../../sources/tenantos/world';

let lab: TenantosLab;
let seen: SeenAnswer[];
let transport: PanelTransport;
const { signal } = new AbortController();

beforeAll(async () => {
  lab = await startTenantosLab({ world: testWorld, apiKey: 'key' });
});
afterAll(() => lab.close());
beforeEach(() => {
  seen = [];
  transport = new PanelTransport({
    ...{ url: lab.url, apiKey: 'key', concurrency: 1 },
    observe: (answer) => void seen.push(answer),
  });
});
afterEach(() => {
  transport.close();
  lab.clearFaults();
});

it('tells that the key was accepted, and that the clocks agree', async () => {
  await transport.get('/servers/101', 5_000, signal);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.login).toBe('accepted');
  expect(Math.abs(seen[0]?.clock?.aheadMs ?? Number.NaN)).toBeLessThanOrEqual(seen[0]?.clock?.withinMs ?? -1);
});

it.each([
  ['refused', { kind: 'refuse-auth' }],
  ['forbidden', { kind: 'status', status: 403 }],
  [undefined, { kind: 'status', status: 500 }],
  // Whoever shows a page may never have seen the key.
  [undefined, { kind: 'garbage' }],
] as const)('tells %s of %j, and the clock all the same', async (login, fault) => {
  lab.fault(fault);
  lab.fault({ kind: 'clock', aheadMs: -3_600_000 });
  await expect(transport.get('/servers/101', 5_000, signal)).rejects.toThrow('panel');
  expect(seen).toHaveLength(1);
  expect(seen[0]?.login).toBe(login);
  const { aheadMs = 0, withinMs = 0 } = seen[0]?.clock ?? {};
  expect(Math.abs(aheadMs + 3_600_000)).toBeLessThanOrEqual(withinMs);
});

it('tells nothing when there is no answer', async () => {
  lab.fault({ kind: 'drop' });
  await expect(transport.get('/servers/101', 5_000, signal)).rejects.toThrow('panel');
  expect(seen).toEqual([]);
});
