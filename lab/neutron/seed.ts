import type { NeutronLab } from './lab';
import type { ApplicationCredential, Caller, Network, Port } from './world';

/** A small cloud: one project with a network. */
export interface SeededProject {
  readonly projectId: string;
  readonly operator: Caller;
  readonly password: string;
  readonly credential: ApplicationCredential;
  readonly network: Network;
  /** Adds a port of a machine, with a fixed address in 10.10.10.0/24. */
  readonly addPort: (name: string, machine: string, address: string) => Port;
}

/** With three ports of two machines. */
export interface SeededCloud extends SeededProject {
  /** Of the machine `vm-0001`, with 10.10.10.11. */
  readonly first: Port;
  /** Of the same machine, with 10.10.10.12. */
  readonly second: Port;
  /** Of the machine `vm-0002`, with 10.10.10.21. */
  readonly third: Port;
}

/** Puts it into a fake cloud, with three ports. Secrets open nothing but that. */
export function seedCloud(lab: Pick<NeutronLab, 'state' | 'ports'>): SeededCloud {
  const cloud = seedProject(lab);
  return {
    ...cloud,
    first: cloud.addPort('vm1-eth0', 'vm-0001', '10.10.10.11'),
    second: cloud.addPort('vm1-eth1', 'vm-0001', '10.10.10.12'),
    third: cloud.addPort('vm2-eth0', 'vm-0002', '10.10.10.21'),
  };
}

/** Puts it into a fake cloud, without ports. */
export function seedProject({ state, ports }: Pick<NeutronLab, 'state' | 'ports'>): SeededProject {
  const projectId = state.addProject('lab');
  const password = 'lab-operator-4711';
  state.addUser('operator', password, { [projectId]: ['member', 'reader'] });
  const credential = {
    id: '8ddbdc766ef543a3bfb0384c22e519eb',
    name: 'portwarden',
    secret: 'lab-credential-4711',
    user: 'operator',
    projectId,
    roles: ['member'],
  };
  state.credentials.set(credential.id, credential);
  const operator: Caller = { user: 'operator', projectId, roles: ['member'] };
  const network: Network = {
    id: 'ba45d39b-27cf-458d-a423-e86f9a480a60',
    project_id: projectId,
    name: 'lab-net',
    port_security_enabled: true,
    shared: false,
    created_at: state.now(),
  };
  state.networks.set(network.id, network);
  const subnet = { id: '21a0a43d-0547-42ae-86b4-8849603a4555', cidr: '10.10.10.0/24', gateway_ip: '10.10.10.1' };
  state.subnets.set(subnet.id, { ...subnet, network_id: network.id, project_id: projectId, created_at: state.now() });
  const addPort: SeededProject['addPort'] = (name, machine, address) =>
    ports.create(operator, {
      network_id: network.id,
      name,
      device_id: machine,
      device_owner: 'compute:nova',
      fixed_ips: [{ ip_address: address }],
    });
  return { projectId, operator, password, credential, network, addPort };
}
