import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { neutronDriver } from '../../../src/devices/neutron/driver';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import type { OwnedAttributes } from '../../../src/devices/neutron/ownedAttributes';
import { deviceId } from '../../../src/domain/values/device';
import { startFakePolicyCloud, type FakePolicyCloud } from './fakePolicyCloud';
import { PolicyBench, stateOf } from './policyCloud';

/** A site may let portwarden write pairs alone, or pairs and port security: the rest is in no request, and stays. */

const PAIRS: OwnedAttributes = { portSecurity: false, securityGroups: false };
const PAIRS_AND_SECURITY: OwnedAttributes = { portSecurity: true, securityGroups: false };

let cloud: FakePolicyCloud;
let client: NeutronClient;
let web: string;
let db: string;
/** The names of the attributes in each request that wrote a port. */
let written: string[][];
beforeEach(async () => {
  cloud = await startFakePolicyCloud();
  web = await cloud.makeGroup('web');
  db = await cloud.makeGroup('db');
  const { lab, cloud: seed } = cloud.project;
  const { id, secret } = seed.credential;
  const login = { method: 'applicationCredential', credential: { id }, secret } as const;
  client = new NeutronClient({ authUrl: lab.authUrl, login, interface: 'public', timeoutMs: 10_000 });
  await cloud.write(first(), {
    port_security_enabled: true,
    security_groups: [web],
    allowed_address_pairs: [{ ip_address: '192.0.2.1' }],
  });
  written = [];
  const update = lab.ports.update.bind(lab.ports);
  jest.spyOn(lab.ports, 'update').mockImplementation((caller, port, body, revision) => {
    written.push(Object.keys(body).sort());
    return update(caller, port, body, revision);
  });
});
afterEach(async () => {
  client.close();
  await cloud.stop();
});

const first = () => cloud.ports[0];
const state = () => stateOf(cloud, first());
/** The same ports, with another configuration. What is remembered of them is kept. */
const benchOf = (owned: OwnedAttributes, before?: PolicyBench): PolicyBench => {
  const device = new NeutronDevice({ id: deviceId('neutron', 'cloud1.lab'), client, maxPairs: 10, owned });
  const bench = new PolicyBench({ ...cloud, device });
  for (const [port, memory] of before?.memories ?? []) bench.memories.set(port, memory);
  return bench;
};
const said = (text: string): unknown =>
  expect.objectContaining({ code: 'policy-not-enforceable', message: expect.stringContaining(text) as string });

it('pairs alone: the panel and policies give pairs, and no request names anything else', async () => {
  const bench = benchOf(PAIRS);
  bench.say(first(), { pairs: ['10.10.10.60'], groups: [db], security: 'on' });
  const outcome = await bench.pass(first(), ['10.10.10.50']);
  expect(outcome.status).toBe('applied');
  expect(outcome.policy?.refused).toEqual([said('Port security of'), said('The security groups of')]);
  expect(written).toEqual([['allowed_address_pairs']]);
  expect(await state()).toEqual({ security: 'on', groups: [web], pairs: ['10.10.10.50', '10.10.10.60', '192.0.2.1'] });
  bench.say(first(), undefined);
  await bench.pass(first(), ['10.10.10.50']);
  expect(await state()).toEqual({ security: 'on', groups: [web], pairs: ['10.10.10.50', '192.0.2.1'] });
  expect([written.flat(), bench.memories.size]).toEqual([['allowed_address_pairs', 'allowed_address_pairs'], 0]);
});

it('pairs alone: a port that somebody switched off stays off, and nothing is written', async () => {
  await cloud.write(first(), { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] });
  written.length = 0;
  const bench = benchOf(PAIRS);
  bench.say(first(), { security: 'on', pairs: ['10.10.10.60'] });
  const outcome = await bench.pass(first(), ['10.10.10.50']);
  expect(outcome).toMatchObject({ status: 'unchanged', policy: { refused: [said('Port security of')] } });
  expect([written, await state()]).toEqual([[], { security: 'off', groups: [], pairs: [] }]);
});

it('pairs and port security: off is refused while the port has groups, which Neutron would refuse (409)', async () => {
  const bench = benchOf(PAIRS_AND_SECURITY);
  bench.say(first(), { security: 'off' });
  const outcome = await bench.pass(first(), ['192.0.2.1']);
  expect(outcome).toMatchObject({ status: 'unchanged', policy: { refused: [said(`has security groups (${web})`)] } });
  expect([written, (await state()).security]).toEqual([[], 'on']);
});

it('pairs and port security: a port without groups goes off and on again', async () => {
  await cloud.write(first(), { security_groups: [] });
  written.length = 0;
  const before = await state();
  const bench = benchOf(PAIRS_AND_SECURITY);
  bench.say(first(), { security: 'off' });
  expect((await bench.pass(first())).status).toBe('applied');
  expect(await state()).toEqual({ security: 'off', groups: [], pairs: [] });
  bench.say(first(), undefined);
  expect((await bench.pass(first())).status).toBe('applied');
  expect(await state()).toEqual(before);
  const both = ['allowed_address_pairs', 'port_security_enabled'];
  expect(written).toEqual([both, both]);
});

it('groups that are left to others meanwhile: what cannot be restored waits for a person, and what is there stays', async () => {
  const whole = benchOf({ portSecurity: true, securityGroups: true });
  whole.say(first(), { security: 'off' });
  await whole.pass(first());
  const bench = benchOf(PAIRS_AND_SECURITY, whole);
  const waiting = await bench.pass(first());
  expect(waiting).toMatchObject({
    status: 'parked',
    parked: { reason: expect.stringContaining(`security group web (${web})`) as string },
  });
  expect((await state()).security).toBe('off');

  const again = benchOf({ portSecurity: true, securityGroups: true }, bench);
  again.say(first(), { groups: [db] });
  await again.pass(first());
  expect((await state()).groups).toEqual([db, web].sort());
  const less = benchOf(PAIRS, again);
  expect((await less.pass(first())).status).toBe('unchanged');
  expect((await state()).groups).toEqual([db, web].sort());
});

it('a policy for one port is refused before it is stored when it says nothing that may be written', () => {
  const id = deviceId('neutron', 'cloud1.lab');
  const refusal = (owned: OwnedAttributes, fields: object): string | undefined => {
    const project = { name: 'cloud1.lab', owned } as never;
    return neutronDriver.devices({ projects: [project] }, {} as never).policyRefusal?.(id, fields);
  };
  expect(refusal(PAIRS, { allowedAddressPairs: [] })).toBeUndefined();
  expect(refusal(PAIRS, { portSecurity: 'on', securityGroups: [] })).toContain('port security and security groups');
  expect(refusal(PAIRS_AND_SECURITY, { portSecurity: 'off' })).toBeUndefined();
  expect(refusal(PAIRS_AND_SECURITY, { securityGroups: [] })).toContain('attributes');
});
