import { NeutronClient } from '../../../src/clients/openstack/neutron';
import { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';
import { describeRealCloud } from '../../servers/neutron';
import { startRealProject } from '../../servers/realProject';
import type { PolicyCloud, ShownPort } from './policyCloud';
import { describePolicies } from './policySuite';
import { describeThreeCases } from './threeCases';

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(900_000);

async function startRealPolicyCloud(): Promise<PolicyCloud> {
  const project = await startRealProject();
  const client = new NeutronClient(project.options);
  const groups: string[] = [];
  const [first, second, third] = project.ports;
  return {
    device: new NeutronDevice({ id: deviceId('neutron', 'real'), client, maxPairs: 10 }),
    ports: [parsePortName(first), parsePortName(second), parsePortName(third)],
    show: async (id) => ((await project.ask('GET', `ports/${id}`)) as { readonly port: ShownPort }).port,
    write: async (id, attributes) => {
      await project.ask('PUT', `ports/${id}`, { port: attributes });
    },
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

describeRealCloud('a real Neutron', (title) => {
  describePolicies(title, startRealPolicyCloud);
  describeThreeCases(title, startRealPolicyCloud);
});
