import { setTimeout as sleep } from 'node:timers/promises';
import { NeutronClient } from '../../../src/clients/openstack/neutron';
import type { CloudOptions } from '../../../src/clients/openstack/options';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import type { CloudDatabase } from '../../servers/neutron';
import { startRealProject, type RealProject } from '../../servers/realProject';
import type { LimitedCloud } from './limitSuite';
import type { ShownPort } from './policyCloud';

const LOGGED_TRIES = 250;
const LOGGED_MS = 20;

/** A project of a real Neutron, for policies. */
export interface RealPolicyCloud extends LimitedCloud {
  readonly project: RealProject;
}

/**
 * Starts the cloud, waiting for other tests of this machine that use it.
 * @param makeClient what the device asks Neutron with.
 */
export async function startRealPolicyCloud(
  database?: CloudDatabase,
  makeClient = (options: CloudOptions): NeutronClient => new NeutronClient(options),
): Promise<RealPolicyCloud> {
  const project = await startRealProject(database);
  const client = makeClient(project.options);
  const groups: string[] = [];
  const portWrites = async (): Promise<readonly string[]> =>
    (await project.writes()).flatMap((line) => /^PUT \/v2\.0\/ports\/(\S+ \d+)$/.exec(line)?.[1] ?? []);
  // Neutron answers before it logs: what is counted after this has the line of this write already.
  const logged = async (id: PortName, port: object, as?: 'admin'): Promise<void> => {
    const before = (await portWrites()).length;
    await project.ask('PUT', `ports/${id}`, { port }, as);
    for (let tries = 0; (await portWrites()).length === before; tries += 1) {
      if (tries === LOGGED_TRIES) throw new Error(`Neutron did not log a write to port ${id}`);
      await sleep(LOGGED_MS);
    }
  };
  const [first, second, third] = project.ports;
  return {
    project,
    device: new NeutronDevice({ id: deviceId('neutron', 'real'), client, maxPairs: 10 }),
    lenient: new NeutronDevice({ id: deviceId('neutron', 'real'), client, maxPairs: 50 }),
    ports: [parsePortName(first), parsePortName(second), parsePortName(third)],
    show: async (id) => ((await project.ask('GET', `ports/${id}`)) as { readonly port: ShownPort }).port,
    write: (id, attributes) => logged(id, attributes),
    changeMac: (id, mac_address) => logged(id, { mac_address }, 'admin'),
    writes: async () => (await portWrites()).length,
    refusals: async () => (await portWrites()).filter((line) => !line.endsWith(' 200')),
    makeGroup: async (name) => {
      const made = await project.ask('POST', 'security-groups', { security_group: { name } });
      const { id } = (made as { readonly security_group: { readonly id: string } }).security_group;
      groups.push(id);
      return id;
    },
    dropGroup: async (id) => {
      await project.ask('DELETE', `security-groups/${id}`);
      groups.splice(groups.indexOf(id), 1);
    },
    stop: async () => {
      client.close();
      for (const id of project.ports) await project.ask('PUT', `ports/${id}`, { port: { security_groups: [] } });
      for (const id of groups) await project.ask('DELETE', `security-groups/${id}`);
      await project.stop();
    },
  };
}
