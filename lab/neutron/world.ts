import { randomBytes, randomUUID } from 'node:crypto';

/** An allowed address pair, as it is stored: as typed. */
export interface Pair {
  readonly mac_address: string;
  readonly ip_address: string;
}

/** A port. Names are those of the API. */
export interface Port {
  readonly id: string;
  readonly network_id: string;
  readonly project_id: string;
  name: string;
  description: string;
  mac_address: string;
  device_id: string;
  device_owner: string;
  fixed_ips: readonly { readonly subnet_id: string; readonly ip_address: string }[];
  admin_state_up: boolean;
  port_security_enabled: boolean;
  security_groups: readonly string[];
  allowed_address_pairs: readonly Pair[];
  host: string;
  /** `normal`, `direct`, `baremetal`: how the machine is attached. */
  vnic_type: string;
  /** On a port that carries others. */
  trunk_details?: { readonly sub_ports: readonly { readonly port_id: string }[] };
  tags: readonly string[];
  /** Attributes that the lab only shows: of trunks, hosts, hardware. */
  shown?: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  updated_at: string;
  revision_number: number;
}

export interface Network {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly port_security_enabled: boolean;
  shared: boolean;
  readonly created_at: string;
}

export interface Subnet {
  readonly id: string;
  readonly network_id: string;
  readonly project_id: string;
  readonly cidr: string;
  readonly gateway_ip: string;
  readonly created_at: string;
}

export interface Group {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly description: string;
  readonly created_at: string;
}

export interface FloatingIp {
  readonly id: string;
  readonly project_id: string;
  readonly floating_ip_address: string;
  port_id: string | null;
}

/** Who asks: a user in a project, with roles there. */
export interface Caller {
  readonly user: string;
  readonly projectId: string;
  readonly roles: readonly string[];
}

/** A person or service with a password. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  /** Roles by project id. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
}

export interface ApplicationCredential {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly user: string;
  readonly projectId: string;
  readonly roles: readonly string[];
}

function newProjectId(): string {
  return randomBytes(16).toString('hex');
}

/** Everything that the cloud holds. */
export class CloudState {
  readonly projects = new Map<string, { readonly id: string; readonly name: string }>();
  readonly users = new Map<string, User>();
  readonly credentials = new Map<string, ApplicationCredential>();
  readonly networks = new Map<string, Network>();
  readonly subnets = new Map<string, Subnet>();
  readonly groups = new Map<string, Group>();
  readonly floatingIps = new Map<string, FloatingIp>();
  readonly ports = new Map<string, Port>();
  /** Kinds of agents, which administrators see. */
  agents: readonly string[] = [];
  /** Extensions that the cloud lacks, by their aliases. */
  lacking: readonly string[] = [];

  /** Now, as the API writes times. */
  readonly now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

  addProject(name: string, id = newProjectId()): string {
    this.projects.set(id, { id, name });
    return id;
  }

  addUser(name: string, password: string, roles: Readonly<Record<string, readonly string[]>>): User {
    const user = { id: newProjectId(), name, password, roles: new Map(Object.entries(roles)) };
    this.users.set(name, user);
    return user;
  }

  /** The group that every project has by itself; made when it is asked for first. */
  defaultGroup(projectId: string): Group {
    const found = [...this.groups.values()].find((group) => group.project_id === projectId && group.name === 'default');
    return found ?? this.addGroup(projectId, 'default', 'Default security group');
  }

  addGroup(projectId: string, name: string, description = ''): Group {
    const group = { id: randomUUID(), project_id: projectId, name, description, created_at: this.now() };
    this.groups.set(group.id, group);
    return group;
  }

  /** The first free address of a subnet, and of a /24 only: what the lab needs. */
  freeAddress(subnet: Subnet): string {
    const prefix = subnet.cidr.slice(0, subnet.cidr.lastIndexOf('.'));
    for (let host = 2; host < 255; host += 1) {
      const address = `${prefix}.${host}`;
      if (address !== subnet.gateway_ip && !this.isAllocated(address, subnet.id)) return address;
    }
    throw new Error(`no address is left in ${subnet.cidr}`);
  }

  isAllocated(address: string, subnetId: string): boolean {
    return [...this.ports.values()].some(({ fixed_ips }) =>
      fixed_ips.some((fixed) => fixed.ip_address === address && fixed.subnet_id === subnetId),
    );
  }
}
