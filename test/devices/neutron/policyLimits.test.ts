import { converge } from '../../../src/devices/pass/converge';
import { parseMac } from '../../../src/domain/values/mac';
import { outcomeOf, request } from '../support';
import { startFakePolicyCloud, type FakePolicyCloud } from './fakePolicyCloud';
import { PolicyBench, stateOf, type PolicyWords } from './policyCloud';

/** What policies meet on ports that are not like the others, as far as only a fake cloud shows it; the rest is limitSuite.ts. Numbers are those of docs/policies-neutron.md. */

let cloud: FakePolicyCloud;
let bench: PolicyBench;
beforeEach(async () => {
  cloud = await startFakePolicyCloud();
  bench = new PolicyBench(cloud);
});
afterEach(() => cloud.stop());

const first = () => cloud.ports[0];
const state = () => stateOf(cloud, first());
const containing = (text: string): string => expect.stringContaining(text) as string;
const said = async (words: PolicyWords, ips: readonly string[] = []) => {
  bench.say(first(), words);
  return bench.pass(first(), ips);
};

it("a group that is not there, or another project's, is refused by us before any request; the pairs go on", async () => {
  const { lab } = cloud.project;
  const foreign = lab.state.addGroup(lab.state.addProject('other'), 'theirs').id;
  lab.state.users.get('operator');
  const credential = lab.state.credentials.get(cloud.project.cloud.credential.id);
  if (credential === undefined) throw new Error('no credential');
  lab.state.credentials.set(credential.id, { ...credential, roles: ['admin', 'member'] });
  lab.keystone.revokeAll();
  // Groups are told in the order of their ids, and the other one's is random: this one comes first.
  const gone = '00000000-2222-4333-8444-555555555555';
  const outcome = await said({ groups: [foreign, gone], pairs: ['10.10.10.60'] });
  expect(outcome.status).toBe('applied');
  expect(outcome.policy?.refused).toMatchObject([
    { code: 'policy-group-unknown' },
    { code: 'policy-group-foreign', message: containing('theirs') },
  ]);
  expect((await state()).groups).not.toContain(foreign);
  expect((await state()).pairs).toEqual(['10.10.10.60']);
});

it('17: the preview of off names the floating IPs that are bound, by address', async () => {
  const { lab, cloud: seed } = cloud.project;
  const floating = { id: 'f1', project_id: seed.projectId, floating_ip_address: '203.0.113.7', port_id: first() };
  lab.state.floatingIps.set('f1', floating);
  lab.state.floatingIps.set('f2', { ...floating, id: 'f2', floating_ip_address: '203.0.113.8', port_id: null });
  bench.say(first(), { security: 'off' });
  const { notes } = await bench.preview(first());
  const text = notes.join('\n');
  expect(text).toContain('floating IP 203.0.113.7 is bound');
  expect(text).toContain('every TCP and UDP port of this VM becomes reachable');
  expect(text).not.toContain('203.0.113.8');
  expect(text).toContain('other ports of the VM vm-0001 stay as they are: vm1-eth1');
});

it.each([
  ["a port of the cloud's own", { device_owner: 'network:dhcp' }, 'left alone'],
  ['a port without port security', { port_security_enabled: undefined }, 'shows no port security'],
])('16: %s is left alone', async (_, attributes, words) => {
  Object.assign(cloud.port(first()), attributes);
  const writes = cloud.writes();
  const outcome = await said({ security: 'off' });
  expect(outcome.policy?.refused).toMatchObject([{ code: 'policy-not-enforceable', message: containing(words) }]);
  expect([outcome.status, cloud.writes()]).toEqual(['unchanged', writes]);
});

it.each([
  ['bare metal', { vnic_type: 'baremetal' }, 'bare metal'],
  ['direct attachment', { vnic_type: 'direct' }, "past the host's filters"],
  ['a subport', { device_owner: 'trunk:subport' }, 'a subport'],
  ['a trunk', { trunk_details: { sub_ports: [{ port_id: 'sub-1' }] } }, 'for its subports (sub-1)'],
])('16: %s takes it, and it is said that nothing proves it', async (_, attributes, words) => {
  Object.assign(cloud.port(first()), attributes);
  const outcome = await said({ pairs: ['10.10.10.60'] });
  expect(outcome.status).toBe('applied');
  expect(outcome.policy?.remarks).toContainEqual(containing('accepted by Neutron, not proven'));
  expect(outcome.policy?.remarks).toContainEqual(containing(words));
});

it('16: a subport is known by the trunk that carries it, whatever its owner', async () => {
  const [, parent] = cloud.ports;
  cloud.port(parent).trunk_details = { sub_ports: [{ port_id: first() }] };
  const outcome = await said({ pairs: ['10.10.10.60'] });
  expect(outcome.policy?.remarks).toContainEqual(containing('a subport, whose traffic comes tagged'));
});

it('a group of another project that an administrator gave the port is no reason to fail: it is not named in the request', async () => {
  const { lab } = cloud.project;
  const foreign = lab.state.addGroup(lab.state.addProject('other'), 'theirs').id;
  const port = cloud.port(first());
  port.security_groups = [...port.security_groups, foreign];
  const before = port.security_groups;
  expect((await said({ pairs: ['10.10.10.60'] })).status).toBe('applied');
  expect(cloud.port(first()).security_groups).toEqual(before);
});

it.each([
  [403, 'PolicyNotAuthorized', 'device-permission', 'only an administrator may'],
  [409, 'PortSecurityPortHasSecurityGroup', 'device-conflict', 'at the same moment'],
  [400, 'AllowedAddressPairExhausted', 'device-rejected', '`maxPairs`'],
  [400, 'InvalidVirtualMACAddress', 'device-rejected', 'VRRP'],
  [404, 'SecurityGroupNotFound', 'device-rejected', 'openstack security group list'],
  [400, 'SomethingNew', 'device-rejected', 'SomethingNew: no'],
])('14: %s %s is %s, in a sentence with what to do', async (status, type, code, words) => {
  cloud.project.lab.fault({
    of: 'PUT',
    answer: { status, body: { NeutronError: { type, message: 'no', detail: '' } } },
  });
  const outcome = await said({ groups: [await cloud.makeGroup('web')] });
  expect(outcome).toMatchObject({ status: 'failed', error: { code, message: containing(words) } });
  expect(outcome.error?.message).toContain(`${type}: no`);
});

it("what a policy wants is nobody else's: it is no server's, it is not unknown, and an event does not take it", async () => {
  const outcome = await said({ pairs: ['10.10.10.60'] });
  expect(outcome.parked).toBeUndefined();
  expect(outcome.kept.map(({ ip }) => ip)).toEqual(['10.10.10.60']);
  const removals = { named: ['10.10.10.60' as never], absent: [] };
  const named = await bench.pass(first(), [], { removals });
  expect(named).toMatchObject({
    status: 'unchanged',
    policy: { remarks: [containing('named for removal, but stays')] },
  });
});

it('the panel gives an address that a policy has too: it goes only when neither wants it', async () => {
  await said({ pairs: ['10.10.10.60'] }, ['10.10.10.60']);
  const removals = { named: ['10.10.10.60' as never], absent: [] };
  expect((await bench.pass(first(), [], { removals })).status).toBe('unchanged');
  bench.say(first(), undefined);
  expect((await bench.pass(first())).status).toBe('applied');
  expect((await state()).pairs).toEqual([]);
});

it("doubt deletes nothing: what a policy leaves behind stays while the address may be a server's", async () => {
  await said({ pairs: ['10.10.10.60'] });
  bench.say(first(), undefined);
  const doubtful = { retainIps: ['10.10.10.60' as never] };
  expect((await bench.pass(first(), [], doubtful)).status).toBe('unchanged');
  expect((await state()).pairs).toEqual(['10.10.10.60']);
  await bench.pass(first());
  expect((await state()).pairs).toEqual([]);
});

it('a keep outlasts the policy whose pair it keeps, and waits while port security is off', async () => {
  const kept = (await said({ pairs: ['10.10.10.60'] })).plan.add[0];
  if (kept === undefined) throw new Error('nothing was added');
  const { mac_address } = cloud.port(first());
  const keep = {
    id: '1',
    device: cloud.device.id,
    port: first(),
    statement: kept,
    reason: 'r',
    author: 'a',
    createdAt: '',
  };
  const pass = async () => {
    const asked = request([await bench.target(first())], { keeps: [keep], ...bench.asked() });
    return outcomeOf(await converge(cloud.device, asked, bench.context()), first());
  };
  expect(parseMac(mac_address)).toBe(kept.mac);
  bench.say(first(), undefined);
  expect((await pass()).status).toBe('unchanged');
  bench.say(first(), { security: 'off' });
  expect((await pass()).excluded).toMatchObject([{ ip: '10.10.10.60', rule: 'suspended-by-policy' }]);
  bench.say(first(), undefined);
  await pass();
  expect((await state()).pairs).toEqual(['10.10.10.60']);
});

it('a port that is gone is said, and nothing else of the pass is held up', async () => {
  const [, second] = cloud.ports;
  const gone = await bench.target(first());
  bench.say(first(), { security: 'off' });
  cloud.project.lab.state.ports.delete(first());
  const asked = request([gone, await bench.target(second, ['10.10.10.70'])], bench.asked());
  const result = await converge(cloud.device, asked, bench.context());
  expect(outcomeOf(result, second).status).toBe('applied');
  expect(outcomeOf(result, first()).policy?.refused).toMatchObject([{ message: containing('There is no port') }]);
});
