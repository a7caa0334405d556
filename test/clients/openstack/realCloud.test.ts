import type { CloudOptions } from '../../../src/clients/openstack/options';
import { describeRealCloud, startRealCloud } from '../../servers/neutron';
import { describeCloud, type CloudUnderTest } from './openstackSuite';

jest.setTimeout(120_000);

describeRealCloud('a real Keystone and Neutron', (title) => {
  describeCloud(title, start);
});

/** A network of its own with two ports of one machine; all of it is taken away in the end. */
async function start(): Promise<CloudUnderTest> {
  const cloud = await startRealCloud();
  const token = await cloud.token();
  const ask = async (method: string, path: string, body?: object): Promise<Record<string, { readonly id: string }>> => {
    const answer = await fetch(`${cloud.networkUrl}/v2.0/${path}`, {
      method,
      headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? {} : ((await answer.json()) as Record<string, { readonly id: string }>);
  };
  const make = async (kind: string, body: object): Promise<string> => {
    const made = (await ask('POST', `${kind}s`, { [kind]: body }))[kind];
    if (made === undefined) throw new Error(`no ${kind} was made`);
    return made.id;
  };
  const machine = `suite-${process.pid}`;
  const network = await make('network', { name: machine });
  await make('subnet', { network_id: network, ip_version: 4, cidr: '10.10.10.0/24', gateway_ip: '10.10.10.1' });
  const port = (address: string): Promise<string> =>
    make('port', {
      network_id: network,
      device_id: machine,
      device_owner: 'compute:nova',
      fixed_ips: [{ ip_address: address }],
    });
  const [first, sibling] = [await port('10.10.10.11'), await port('10.10.10.12')];
  const common = { authUrl: cloud.authUrl, interface: 'public', timeoutMs: 30_000 } as const;
  const options: CloudOptions = { ...common, login: { method: 'applicationCredential', ...cloud.credential } };
  const { name: user, password, project } = cloud.operator;
  const byPassword: CloudOptions = {
    ...common,
    region: 'RegionOne',
    login: { method: 'password', user, userDomain: 'Default', password, project, projectDomain: 'Default' },
  };
  return {
    options,
    byPassword,
    projectId: cloud.projectId,
    port: first,
    sibling,
    stop: async () => {
      for (const id of [first, sibling]) await ask('DELETE', `ports/${id}`);
      await ask('DELETE', `networks/${network}`);
      await cloud.stop();
    },
  };
}
