import type { CloudOptions } from '../../../src/clients/openstack/options';
import { describeRealCloud } from '../../servers/neutron';
import { startRealProject } from '../../servers/realProject';
import { describeCloud, type CloudUnderTest } from './openstackSuite';

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(900_000);

describeRealCloud('a real Keystone and Neutron', (title) => {
  describeCloud(title, start);
});

async function start(): Promise<CloudUnderTest> {
  const { options, operator, projectId, ports, ask, stop } = await startRealProject();
  const { name: user, password, project } = operator;
  const byPassword: CloudOptions = {
    ...options,
    region: 'RegionOne',
    login: {
      method: 'password',
      user: { name: user, domain: { name: 'Default' } },
      password,
      project: { name: project, domain: { name: 'Default' } },
    },
  };
  return {
    options,
    byPassword,
    projectId,
    port: ports[0],
    sibling: ports[1],
    tag: async (port, tags) => {
      await ask('PUT', `ports/${port}/tags`, { tags });
    },
    stop,
  };
}
