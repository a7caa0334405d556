import { startNeutronLab, type NeutronLab } from '../../../lab/neutron/lab';
import { seedCloud } from '../../../lab/neutron/seed';
import { inspectConfiguredCloud } from '../../../src/app/inspectCloud';
import type { InspectedPort } from '../../../src/clients/openstack/schemas';
import { parseConfiguration } from '../../../src/config';
import { findingsOf } from '../../../src/devices/neutron/inspection/portFindings';
import { describeDoctor, loginAs, type DoctorsCloud } from './doctorSuite';

const common = { interface: 'public', timeoutMs: 10_000 } as const;

describeDoctor('the doctor on the fake cloud', async (): Promise<DoctorsCloud> => {
  const lab = await startNeutronLab();
  const { password, operator, network, first, second, third } = seedCloud(lab);
  network.shared = true;
  const projectId = lab.state.addProject('tenant');
  lab.state.addUser('tenant', 'tenant-4711', { [projectId]: ['member'] });
  const guest = { user: 'tenant', projectId, roles: ['member'] };
  const { id: guestPort } = lab.ports.create(guest, { network_id: network.id });
  return {
    owner: { ...common, authUrl: lab.authUrl, login: loginAs('operator', password, 'lab') },
    guest: { ...common, authUrl: lab.authUrl, login: loginAs('tenant', 'tenant-4711', 'tenant') },
    guestPort,
    ports: [first.id, second.id, third.id],
    set: async (port, attributes) => {
      await lab.ports.update(operator, port, { ...attributes }, undefined);
    },
    tag: async (port, tags) => {
      lab.ports.tags(operator, port, () => tags);
    },
    state: async () => JSON.stringify([...lab.state.ports.values()]),
    stop: () => lab.close(),
  };
});

describe('doctor cloud', () => {
  let lab: NeutronLab;
  beforeEach(async () => {
    lab = await startNeutronLab();
  });
  afterEach(() => lab.close());

  const look = (name: string) => {
    const { credential, first } = seedCloud(lab);
    const project = (more: string): string =>
      `    - { authUrl: "${lab.authUrl}", applicationCredential: { id: ${credential.id}, secretEnv: CLOUD_SECRET }, ${more} }\n`;
    const configuration = parseConfiguration(
      `panel: { url: "https://panel.example.com" }\nopenstack:\n  projects:\n${project(`name: one, servers: { "101": ${first.id} }`)}${project('name: two, region: Nowhere')}`,
      {
        file: '/portwarden.yaml',
        cwd: '/',
        role: 'doctor',
        env: { TENANTOS_API_KEY: 'key-0123456789', CLOUD_SECRET: credential.secret },
      },
    );
    return { found: inspectConfiguredCloud(configuration, name), secret: credential.secret };
  };

  it('shows a project by its name, and says what there is when there is none of the name', async () => {
    const { found, secret } = look('one');
    const { text, healthy } = await found;
    expect([healthy, text.split('\n')[0]]).toEqual([true, 'neutron:one']);
    expect(text).not.toContain(secret);
    await lab.close();
    lab = await startNeutronLab();
    await expect(look('three').found).rejects.toMatchObject({
      code: 'device-not-configured',
      message: expect.stringContaining('there are: one, two') as string,
    });
  });

  it('a project that cannot be looked at is a finding', async () => {
    const { text, healthy } = await look('two').found;
    expect([healthy, text]).toEqual([false, expect.stringMatching(/neutron:two\nCANNOT BE LOOKED AT: .*Nowhere/)]);
  });

  it('what each missing extension costs', async () => {
    lab.state.lacking = ['revision-if-match', 'standard-attr-tag', 'port-security'];
    const { text, healthy } = await look('one').found;
    expect(text).toContain('port-security: MISSING: nothing can be enforced');
    expect(text).toContain('revision-if-match: missing: a writer of the same moment is found by reading alone');
    expect(text).toContain('standard-attr-tag: missing: no port can be given to a server by a tag');
    expect(healthy).toBe(false);
    expect(lab.requests.filter((line) => line.startsWith('PUT'))).toEqual([]);
  });

  it('the back end, to an administrator', async () => {
    lab.state.agents = ['OVN Controller agent', 'OVN Metadata agent', 'OVN Controller agent'];
    const { credential, first } = seedCloud(lab);
    lab.state.credentials.set(credential.id, { ...credential, roles: ['admin'] });
    first.shown = {
      'binding:vif_type': 'ovs',
      'binding:vif_details': { bound_drivers: { '0': 'ovn' }, port_filter: true },
    };
    const { text } = await inspectConfiguredCloud(
      parseConfiguration(
        `panel: { url: "https://panel.example.com" }\nopenstack: { projects: [{ name: one, authUrl: "${lab.authUrl}", applicationCredential: { id: ${credential.id}, secretEnv: S } }] }`,
        {
          file: '/p.yaml',
          cwd: '/',
          role: 'doctor',
          env: { TENANTOS_API_KEY: 'key-0123456789', S: credential.secret },
        },
      ),
      'one',
    );
    expect(text).toContain('back end   ports are carried by ovn; agents: OVN Controller agent, OVN Metadata agent');
  });
});

const PORT: InspectedPort = {
  ...{ id: 'p', name: '', mac_address: 'fa:16:3e:00:00:01', fixed_ips: [{ ip_address: '10.10.10.11' }] },
  ...{ device_owner: 'compute:nova', device_id: 'vm', network_id: 'n', project_id: 'x', status: 'ACTIVE', tags: [] },
  ...{
    'binding:vnic_type': 'normal',
    port_security_enabled: true,
    security_groups: ['g'],
    allowed_address_pairs: [],
    revision_number: 1,
  },
};
const pair = (ip_address: string) => ({ allowed_address_pairs: [{ ip_address, mac_address: 'FA:16:3E:00:00:01' }] });

test.each<[string, Partial<InspectedPort>, RegExp]>([
  ['a DHCP port', { device_owner: 'network:dhcp' }, /cloud's own \(network:dhcp\): left alone/],
  ['a trunk', { trunk_details: { sub_ports: [{ port_id: 'sub' }] } }, /for its subports \(sub\)/],
  ['a subport', { device_owner: 'trunk:subport' }, /a subport, whose traffic/],
  ['bare metal', { 'binding:vnic_type': 'baremetal' }, /not proven to be enforced: bare metal/],
  ['SR-IOV', { 'binding:vnic_type': 'direct' }, /the port is direct/],
  ['a failed binding', { 'binding:vif_type': 'binding_failed' }, /binding FAILED/],
  ['no binding', { 'binding:vif_type': 'unbound', status: 'DOWN' }, /bound to no host yet/],
  ['down', { status: 'DOWN' }, /it is DOWN/],
])('not enforced: %s', (_what, attributes, text) => {
  const { notEnforced } = findingsOf({ ...PORT, ...attributes }, 10, []);
  expect(notEnforced).toEqual([expect.stringMatching(text)]);
});

test.each<[string, Partial<InspectedPort>, RegExp]>([
  ['no port security', { port_security_enabled: undefined }, /has no port security/],
  ['IPv6 with host bits', pair('2001:DB8::1/64'), /OVN lets 2001:db8::1 through, .* all of 2001:db8::\/64/],
  ['everything', pair('0.0.0.0/0'), /every address passes, and rules with a remote group no longer hold/],
  ['its own address', pair('10.10.10.11/32'), /its own fixed address/],
])('worth a remark: %s', (_what, attributes, text) => {
  const { notEnforced, remarks } = findingsOf({ ...PORT, ...attributes }, 10, []);
  expect([notEnforced, remarks]).toEqual([[], [expect.stringMatching(text)]]);
});

test('nothing to remark of an ordinary port, and a limit that the cloud does not have', () => {
  expect(findingsOf({ ...PORT, ...pair('10.10.10.50') }, 10, [])).toEqual({ notEnforced: [], remarks: [] });
  expect(findingsOf({ ...PORT, ...pair('10.10.10.50') }, 0, []).remarks).toEqual([
    expect.stringMatching(/more than maxPairs/),
  ]);
});
