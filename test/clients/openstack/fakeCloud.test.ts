import { startNeutronLab } from '../../../lab/neutron/lab';
import { seedCloud } from '../../../lab/neutron/seed';
import type { CloudOptions } from '../../../src/clients/openstack/options';
import { describeCloud } from './openstackSuite';

describeCloud('the fake cloud', async () => {
  const lab = await startNeutronLab();
  const { credential, password, projectId, first, second } = seedCloud(lab);
  const common = { authUrl: lab.authUrl, interface: 'public', timeoutMs: 10_000 } as const;
  const options: CloudOptions = {
    ...common,
    login: { method: 'applicationCredential', id: credential.id, secret: credential.secret },
  };
  const byPassword: CloudOptions = {
    ...common,
    region: 'RegionOne',
    login: {
      method: 'password',
      user: 'operator',
      userDomain: 'Default',
      password,
      project: 'lab',
      projectDomain: 'Default',
    },
  };
  return { options, byPassword, projectId, port: first.id, sibling: second.id, stop: () => lab.close() };
});
