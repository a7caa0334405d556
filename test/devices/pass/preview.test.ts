import { preview, type Preview } from '../../../src/devices/pass/preview';
import type { PortTarget } from '../../../src/devices/pass/request';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { FakeDevice } from '../../activities/fakes/fakeDevice';
import { ip, junos, mac, port, statement, vlan } from '../../activities/fakes/values';

const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');
const MAC = mac('00:50:56:00:00:01');
const STRICT = { maxRemovedBindings: 0, maxRemovedShare: 0 };

const target = (at: typeof P1, ips: readonly string[], more: Partial<PortTarget> = {}): PortTarget => ({
  port: at,
  desired: ips.map((address) => ({ ip: ip(address), mac: MAC, vlan: vlan(13) })),
  retainIps: [],
  removals: NO_REMOVALS,
  ...more,
});

let device: FakeDevice;
const show = async (...targets: readonly PortTarget[]): Promise<Preview> =>
  preview(await device.readState(), { targets, guards: STRICT }, []);

beforeEach(() => {
  device = new FakeDevice(junos(1));
  device.actual.set(P1, [statement('10.0.48.5'), statement('10.0.48.6')]);
});
afterEach(() => {
  // Whatever is shown, nothing was begun: no lock, no candidate, no commit.
  expect([device.begun, device.commits]).toEqual([[], 0]);
});

test('shows what is desired and there, the difference, its commands and how long it may take', async () => {
  const removals = { named: [ip('10.0.48.6')], absent: [] };
  expect(await show(target(P1, ['10.0.48.5', '10.0.48.7'], { removals }), target(P2, []))).toEqual({
    ports: [
      {
        port: P1,
        effectivePort: P1,
        status: 'change',
        desired: [statement('10.0.48.5'), statement('10.0.48.7')],
        actual: [statement('10.0.48.5'), statement('10.0.48.6')],
        added: [statement('10.0.48.7')],
        removed: [statement('10.0.48.6')],
        excluded: [],
        commands: { difference: [`set ${P1}`], replace: [`delete ${P1}`, `set ${P1}`] },
      },
      {
        port: P2,
        effectivePort: P2,
        status: 'unchanged',
        desired: [],
        actual: [],
        added: [],
        removed: [],
        excluded: [],
        commands: { difference: [], replace: [] },
      },
    ],
    commands: { difference: [`set ${P1}`], replace: [`delete ${P1}`, `set ${P1}`] },
    notes: [],
    expected: { seconds: 3, measuredCommits: 0 },
  });
});

test('names the guard that would stop it, and takes no time then', async () => {
  const removals = { named: [], absent: [ip('10.0.48.5'), ip('10.0.48.6')] };
  expect(await show(target(P1, [], { removals }))).toMatchObject({
    ports: [
      {
        status: 'parked',
        removed: [],
        parked: { guarded: true, reason: expect.stringContaining('name no binding for this port') as unknown },
      },
    ],
    expected: { seconds: 0, measuredCommits: 0 },
  });
});

test('shows what a person approved as what would be done', async () => {
  const [held] = (await show(target(P1, []))).ports;
  const approvedFingerprint = held?.parked?.fingerprint ?? '';
  expect(await show(target(P1, [], { approvedFingerprint }))).toMatchObject({
    ports: [{ status: 'change', removed: [statement('10.0.48.5'), statement('10.0.48.6')] }],
  });
});

test('a device that cannot be read is the error that it is', async () => {
  device.fault = new Error('connection refused');
  await expect(show(target(P1, []))).rejects.toThrow('connection refused');
});
