import { startNeutronLab } from '../../../lab/neutron/lab';
import { seedCloud } from '../../../lab/neutron/seed';
import type { CloudOptions } from '../../../src/clients/openstack/options';
import { describeCloud } from './openstackSuite';

describeCloud('the fake cloud', async () => {
  const lab = await startNeutronLab();
  const { credential, password, projectId, operator, first, second } = seedCloud(lab);
  const common = { authUrl: lab.authUrl, interface: 'public', timeoutMs: 10_000 } as const;
  const options: CloudOptions = {
    ...common,
    login: { method: 'applicationCredential', credential: { id: credential.id }, secret: credential.secret },
  };
  const byPassword: CloudOptions = {
    ...common,
    region: 'RegionOne',
    login: {
      method: 'password',
      user: { name: 'operator', domain: { name: 'Default' } },
      password,
      project: { name: 'lab', domain: { id: 'default' } },
    },
  };
  return {
    options,
    byPassword,
    projectId,
    port: first.id,
    sibling: second.id,
    tag: async (port, tags) => void lab.ports.tags(operator, port, () => tags),
    stop: () => lab.close(),
  };
});
