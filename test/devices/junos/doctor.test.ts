import { inspectSwitch, renderInspection } from '../../../src/devices/junos/doctor';
import { openSession } from '../../../src/clients/netconf/openSession';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import { addressOf, codeOf, containing, quickSwitch, TIMEOUTS } from './support';
import type { JunosSwitch, JunosSwitchOptions } from '../../../lab/junos';
import { PortwardenError } from '../../../src/domain/errors';

const NON_ELS = [
  'set groups base ethernet-switching-options secure-access-port interface ge-0/0/3.0 static-ip 192.0.2.30 vlan v100 mac 02:00:00:00:00:30',
  'set apply-groups base',
  'set interfaces ge-0/0/10 ether-options 802.3ad ae0',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface all mac-limit 8 action drop',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10',
  'set ethernet-switching-options secure-access-port interface ge-0/0/24.0 dhcp-trusted',
  'set ethernet-switching-options secure-access-port vlan v100 arp-inspection',
];
const ELS = [
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
  'set vlans v100 vlan-id 100',
  'set vlans v100 forwarding-options dhcp-security group portwarden interface ge-0/0/1.0 static-ip 192.0.2.10 mac 02:00:00:00:00:10',
];

describe('inspectSwitch', () => {
  let lab: JunosSwitch;
  const inspect = async (
    profile: JunosSwitchOptions['profile'],
    configuration: readonly string[],
    more: Partial<JunosSwitchOptions> = {},
  ): ReturnType<typeof inspectSwitch> => {
    lab = await quickSwitch(profile, configuration, more);
    const session = (): Promise<Parameters<typeof openSession>[0]> =>
      Promise.resolve({ ...addressOf(lab), timeouts: TIMEOUTS });
    return inspectSwitch(
      { session, settings: DEFAULT_JUNOS_SETTINGS, open: openSession },
      new AbortController().signal,
    );
  };
  afterEach(async () => {
    expect(lab.commits()).toHaveLength(0);
    expect(lab.isCandidateDirty()).toBe(false);
    expect(lab.isLocked()).toBe(false);
    await lab.close();
  });

  it('tells what a non-ELS switch is, has and allows', async () => {
    const found = await inspect('ex3300-12.3', NON_ELS);
    expect(found).toMatchObject({
      session: { hostKey: lab.hostKeyFingerprint, isJunos: true, transport: 'subsystem' },
      model: 'ex3300-24t',
      version: '12.3R12.4',
      rights: { read: { state: 'yes' }, lock: { state: 'yes' }, edit: { state: 'yes' }, commitLog: { state: 'yes' } },
      configuration: { dialect: 'secure-access-port', aggregates: [{ member: 'ge-0/0/10', aggregate: 'ae0' }] },
    });
    expect(found.configuration?.knobs.map(({ kind }) => kind).sort()).toEqual([
      'arp-inspection',
      'dhcp-trusted',
      'interface-all',
    ]);
    const text = renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n');
    expect(text).toContain(lab.hostKeyFingerprint);
    expect(text).toContain('ge-0/0/1.0 192.0.2.10 02:00:00:00:00:10 v100');
    expect(text).toContain('ge-0/0/3.0 192.0.2.30 02:00:00:00:00:30 v100 (from group base: cannot be removed here)');
    expect(text).toContain('interface ge-0/0/24.0 dhcp-trusted');
    expect(text).not.toContain('lab-secret');
  });

  it('tells what an ELS switch is, and where new bindings would go', async () => {
    const found = await inspect('ex4300-21', ELS);
    expect(found.configuration?.dialect).toBe('dhcp-security');
    expect(found.version).toContain('21.4');
    const text = renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n');
    expect(text).toContain('into group portwarden');
    expect(text).toContain('bindings filter nothing yet');
  });

  it.each([
    [0, "Clock: agrees with this machine's"],
    [-600_000, "s behind this machine's; let both keep their time by NTP"],
    [600_000, "s ahead of this machine's; let both keep their time by NTP"],
  ])('tells how the clock goes that is %i ms off', async (clockSkewMs, words) => {
    const found = await inspect('ex3300-12.3', NON_ELS, { clockSkewMs });
    expect(Math.abs((found.clock?.aheadMs ?? Number.NaN) - clockSkewMs)).toBeLessThanOrEqual(
      found.clock?.withinMs ?? 0,
    );
    expect(renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n')).toContain(words);
  });

  it('finds the rights that a login lacks', async () => {
    const found = await inspect('ex3300-12.3', NON_ELS, { permissions: 'read-only' });
    expect(found.rights.read.state).toBe('yes');
    expect([found.rights.lock.state, found.rights.edit.state]).not.toEqual(['yes', 'yes']);
  });

  it('says who holds the lock', async () => {
    lab = await quickSwitch('ex3300-12.3', NON_ELS);
    const operator = lab.editAsOperator([], { lock: true, user: 'alice' });
    const session = (): Promise<Parameters<typeof openSession>[0]> =>
      Promise.resolve({ ...addressOf(lab), timeouts: TIMEOUTS });
    const found = await inspectSwitch(
      { session, settings: DEFAULT_JUNOS_SETTINGS, open: openSession },
      new AbortController().signal,
    );
    expect(found.rights.lock).toMatchObject({ state: 'no', detail: containing('alice') });
    operator.release();
  });

  it('reports a switch that shows neither dialect', async () => {
    const found = await inspect('ex3300-12.3', ['set vlans v100 vlan-id 100']);
    expect(found.problem?.code).toBe('device-dialect-unknown');
    expect(renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n')).toContain('switches[].dialect');
  });

  it('cannot look at a switch whose host key it does not know', async () => {
    lab = await quickSwitch('ex3300-12.3', NON_ELS);
    const session = (): Promise<Parameters<typeof openSession>[0]> =>
      Promise.resolve({
        ...addressOf(lab),
        hostKeys: ['SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
        timeouts: TIMEOUTS,
      });
    const work = inspectSwitch(
      { session, settings: DEFAULT_JUNOS_SETTINGS, open: openSession },
      new AbortController().signal,
    );
    expect(await codeOf(work)).toBe('device-host-key');
    await expect(work).rejects.toThrow(PortwardenError);
  });
});
