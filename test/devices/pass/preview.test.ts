import { preview, type Preview } from '../../../src/devices/pass/preview';
import type { PortTarget } from '../../../src/devices/pass/request';
import type { Binding } from '../../../src/domain/desired/binding';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { AdditionalAddress } from '../../../src/domain/desired/additionalAddress';
import { FakeDevice } from '../../activities/fakes/fakeDevice';
import { ip, junos, mac, port, server, statement, vlan } from '../../activities/fakes/values';

const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');
const MAC = mac('00:50:56:00:00:01');
const STRICT = { maxRemovedBindings: 0, maxRemovedShare: 0 };

const bound = (address: string): Binding => ({ ip: ip(address), mac: MAC, vlan: vlan(13) });
const target = (at: typeof P1, ips: readonly string[], more: Partial<PortTarget> = {}): PortTarget => ({
  port: at,
  desired: ips.map(bound),
  retainIps: [],
  removals: NO_REMOVALS,
  ...more,
});

let device: FakeDevice;
const show = async (...targets: readonly PortTarget[]): Promise<Preview> =>
  preview(await device.readState(), { targets, guards: STRICT, keeps: [] }, []);

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
        bindings: [bound('10.0.48.5'), bound('10.0.48.7')],
        newVirtualMacs: [],
        actual: [statement('10.0.48.5'), statement('10.0.48.6')],
        added: [statement('10.0.48.7')],
        removed: [statement('10.0.48.6')],
        excluded: [],
        keeps: [],
        remarks: [],
        coverage: [{ code: 'dhcp-clients', effect: 'open', about: 'DHCP clients', message: 'pass always' }],
        commands: { difference: [`set ${P1}`], replace: [`delete ${P1}`, `set ${P1}`] },
      },
      {
        port: P2,
        effectivePort: P2,
        status: 'unchanged',
        desired: [],
        bindings: [],
        newVirtualMacs: [],
        actual: [],
        added: [],
        removed: [],
        excluded: [],
        keeps: [],
        remarks: [],
        coverage: [{ code: 'dhcp-clients', effect: 'open', about: 'DHCP clients', message: 'pass always' }],
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

describe('further addresses of dedicated servers', () => {
  const further = (address: string, more: Partial<AdditionalAddress> = {}): AdditionalAddress => ({
    serverId: server(12),
    name: 'web-1',
    ip: ip(address),
    vlan: vlan(13),
    mac: MAC,
    policy: 'virtual-mac',
    wasBound: false,
    revoked: [],
    ...more,
  });

  test('a virtual MAC that only a pass makes is named and not made up', async () => {
    const [shown] = (await show(target(P1, ['10.0.48.5'], { additional: [further('10.0.48.9')] }))).ports;
    const text = '10.0.48.9 <new virtual MAC> VLAN.13';
    expect(shown?.added).toEqual([{ key: text, text, ip: '10.0.48.9' }]);
    expect(shown?.newVirtualMacs).toEqual(['10.0.48.9']);
    expect(shown?.bindings).toEqual([bound('10.0.48.5')]);
    expect(JSON.stringify(shown)).not.toContain('02:00:00:00:00:00');
  });

  test('what is bound stays, to the own MAC or another one; what is bound to a revoked MAC is replaced', async () => {
    const gone = mac('02:00:00:00:00:07');
    device.actual.set(P1, [
      statement('10.0.48.5'),
      statement('10.0.48.6', '00:50:56:00:00:99'),
      statement('10.0.48.7', gone),
    ]);
    const additional = [
      further('10.0.48.5'),
      further('10.0.48.6', { wasBound: true }),
      further('10.0.48.7', { revoked: [gone] }),
      further('10.0.48.8', { wasBound: true }),
    ];
    const [shown] = (await show(target(P1, [], { additional }))).ports;
    expect(shown?.added.map(({ text }) => text)).toEqual([
      '10.0.48.7 <new virtual MAC> VLAN.13',
      `10.0.48.8 ${MAC} VLAN.13`,
    ]);
    expect(shown?.removed.map(({ text }) => text)).toEqual([`10.0.48.7 ${gone} VLAN.13`]);
    expect(shown?.excluded).toEqual([
      {
        ip: '10.0.48.6',
        rule: 'bound-otherwise',
        message: expect.stringContaining('portwarden vmac assign 12 10.0.48.6') as unknown,
      },
    ]);
  });

  test('a policy that rejects binds no new address, takes none away, and takes what was revoked', async () => {
    const gone = mac('02:00:00:00:00:07');
    device.actual.set(P1, [statement('10.0.48.5'), statement('10.0.48.7', gone)]);
    const additional = [
      further('10.0.48.5', { policy: 'reject' }),
      further('10.0.48.7', { policy: 'reject', revoked: [gone] }),
      further('10.0.48.9', { policy: 'reject' }),
    ];
    const [shown] = (await show(target(P1, [], { additional }))).ports;
    expect(shown?.added).toEqual([]);
    expect(shown?.removed.map(({ ip: of }) => of)).toEqual(['10.0.48.7']);
    expect(shown?.excluded.map(({ ip: of, rule }) => [of, rule])).toEqual([
      ['10.0.48.7', 'additional-address'],
      ['10.0.48.9', 'additional-address'],
    ]);
    expect(shown?.parked).toBeUndefined();
  });
});

test('shows what goes because its virtual MAC was revoked, though nothing of its server is certain', async () => {
  const gone = statement('10.0.48.7', '02:00:00:00:00:07');
  device.actual.set(P1, [statement('10.0.48.5'), gone]);
  const retained = target(P1, [], { retainIps: [ip('10.0.48.5'), ip('10.0.48.7')] });
  const revokedMacs = [
    { ip: ip('10.0.48.7'), mac: mac('02:00:00:00:00:07') },
    // Of another address: this one's binding has another MAC.
    { ip: ip('10.0.48.5'), mac: mac('02:00:00:00:00:07') },
  ];
  const { ports } = preview(
    await device.readState(),
    { targets: [retained], guards: STRICT, keeps: [], revokedMacs },
    [],
  );
  expect(ports).toMatchObject([{ status: 'change', removed: [gone], revoked: [gone], added: [] }]);
  expect(ports[0]?.remarks).toEqual([`${gone.text} goes: its virtual MAC was revoked`]);
});
