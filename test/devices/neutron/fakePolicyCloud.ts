import type { NeutronLabOptions } from '../../../lab/neutron/lab';
import type { Port } from '../../../lab/neutron/world';
import { startProject, type ProjectUnderTest } from './cloud';
import type { LimitedCloud } from './limitSuite';

/** The fake cloud, and what only that shows. */
export interface FakePolicyCloud extends Omit<LimitedCloud, 'writes' | 'refusals'> {
  readonly project: ProjectUnderTest;
  port(id: string): Port;
  /** Requests that write. */
  writes(): number;
}

export async function startFakePolicyCloud(options: NeutronLabOptions = {}): Promise<FakePolicyCloud> {
  const project = await startProject(options);
  const { lab, cloud, device, lenient, first, second, third } = project;
  const portOf = (id: string): Port => {
    const port = lab.state.ports.get(id);
    if (port === undefined) throw new Error(`there is no port ${id}`);
    return port;
  };
  return {
    project,
    device,
    lenient,
    ports: [first, second, third],
    port: portOf,
    writes: () => lab.requests.filter((line) => line.startsWith('PUT')).length,
    changeMac: (id, mac) => {
      portOf(id).mac_address = mac;
      return Promise.resolve();
    },
    show: (id) => Promise.resolve(structuredClone(portOf(id))),
    write: async (id, attributes) => {
      await lab.ports.update(cloud.operator, id, { ...attributes }, undefined);
    },
    makeGroup: (name) => Promise.resolve(lab.state.addGroup(cloud.projectId, name).id),
    dropGroup: (id) => {
      lab.state.groups.delete(id);
      return Promise.resolve();
    },
    stop: project.stop,
  };
}
