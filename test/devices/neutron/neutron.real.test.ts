import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';
import type { CloudOptions } from '../../../src/clients/openstack/options';
import { describeRealCloud } from '../../servers/neutron';
import { startRealProject, type RealProject } from '../../servers/realProject';
import { describeCompliance } from '../compliance/compliance';
import { MAC_10, MAC_20, type ComplianceSubject } from '../compliance/subject';
import { describeDoctor, loginAs, type DoctorsCloud } from './doctorSuite';
import { contest } from './rivals';

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(900_000);

interface Shown {
  readonly id: string;
  readonly mac_address: string;
  readonly security_groups: readonly string[];
  readonly port_security_enabled: boolean;
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address: string }[];
}

const shown = async ({ ask }: RealProject, id: string): Promise<Shown> =>
  ((await ask('GET', `ports/${id}`)) as { readonly port: Shown }).port;

async function realProject(): Promise<ComplianceSubject & { readonly project: RealProject }> {
  const project = await startRealProject();
  const client = new NeutronClient(project.options);
  const [first, second, empty] = project.ports;
  const all = (): Promise<readonly Shown[]> => Promise.all(project.ports.map((id) => shown(project, id)));
  const seed = new Map([
    [first, { ip_address: '192.0.2.10', mac_address: MAC_10 }],
    [second, { ip_address: '192.0.2.20', mac_address: MAC_20 }],
  ]);
  return {
    project,
    device: () => new NeutronDevice({ id: deviceId('neutron', 'real'), client, maxPairs: 10 }),
    can: {
      lock: false,
      vlans: false,
      ipv6: 'works',
      evidence: 'bindings',
      aliases: true,
      steps: ['read', 'backup', 'commit', 'read-back'],
    },
    ports: {
      first: parsePortName(first),
      firstAlias: parsePortName(first.toUpperCase()),
      second: parsePortName(second),
      empty: parsePortName(empty),
      emptyAlias: parsePortName(empty.toUpperCase()),
    },
    lines: (port, ip, mac) => [`${port} ${mac}|${ip}`],
    statements: async () =>
      (await all())
        .flatMap(({ id, allowed_address_pairs: pairs }) =>
          pairs.map(({ ip_address, mac_address }) => `${id} ${mac_address}|${ip_address}`),
        )
        .sort(),
    rest: async () =>
      JSON.stringify(
        (await all()).map(({ id, mac_address, security_groups, port_security_enabled }) => ({
          ...{ id, mac_address, security_groups, port_security_enabled },
        })),
      ),
    reset: async () => {
      for (const id of project.ports) {
        const pair = seed.get(id);
        await project.ask('PUT', `ports/${id}`, { port: { allowed_address_pairs: pair === undefined ? [] : [pair] } });
      }
    },
    secret: 'secret' in project.options.login ? project.options.login.secret : '',
    stop: async () => {
      client.close();
      await project.stop();
    },
  };
}

/** The project's network is shared, and somebody else has a port on it. */
async function doctorsCloud(): Promise<DoctorsCloud> {
  const { options, operator, tenant, network, ports, ask, stop } = await startRealProject();
  const login = ({ name, password, project }: typeof operator): CloudOptions => ({
    ...options,
    login: loginAs(name, password, project),
  });
  await ask('PUT', `networks/${network}`, { network: { shared: true } }, 'admin');
  const made = await ask('POST', 'ports', { port: { network_id: network } }, 'tenant');
  const { id: guestPort } = (made as { readonly port: { readonly id: string } }).port;
  return {
    owner: login(operator),
    guest: login(tenant),
    guestPort,
    ports,
    set: async (port, attributes) => {
      await ask('PUT', `ports/${port}`, { port: attributes });
    },
    tag: async (port, tags) => {
      await ask('PUT', `ports/${port}/tags`, { tags });
    },
    state: async () =>
      JSON.stringify(await ask('GET', `ports?network_id=${network}&sort_key=id&sort_dir=asc`, undefined, 'admin')),
    stop: async () => {
      await ask('DELETE', `ports/${guestPort}`, undefined, 'tenant');
      await stop();
    },
  };
}

describeRealCloud('a project of a real Neutron', (title) => {
  describeCompliance(title, realProject);
  describeDoctor(`${title}: the doctor`, doctorsCloud);

  describe('a rival writer', () => {
    it('loses nothing by our writes, and ours are there in the end', async () => {
      const { project, device, stop } = await realProject();
      try {
        const [port] = project.ports;
        const { mac_address: mac } = await shown(project, port);
        const put = (pairs: object): Promise<unknown> =>
          project.ask('PUT', `ports/${port}`, { port: { allowed_address_pairs: pairs } });
        const contested = {
          device: device(),
          port,
          mac,
          addresses: async () => (await shown(project, port)).allowed_address_pairs.map(({ ip_address }) => ip_address),
          append: async (ip: string) => {
            const { allowed_address_pairs: pairs } = await shown(project, port);
            if (!pairs.some(({ ip_address }) => ip_address === ip))
              await put([...pairs, { ip_address: ip, mac_address: mac }]);
          },
          clear: async () => {
            await put([]);
          },
        };
        await contest(contested, 10);
      } finally {
        await stop();
      }
    });
  });
});
