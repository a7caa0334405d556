/**
 * One world for all three labs: what the panel knows, what runs on the hypervisors, what is configured on the
 * switches. Plain data, so that tests can build their own and the labs stay independent of one another.
 */
export interface Scenario {
  readonly name: string;
  readonly panel: PanelWorld;
  readonly proxmox: readonly ClusterWorld[];
  readonly switches: readonly SwitchWorld[];
  readonly cloud?: CloudWorld;
}

/** The panel's data. Ids are the panel's. */
export interface PanelWorld {
  readonly servers: readonly PanelServerWorld[];
  readonly networkDevices: readonly NetworkDeviceWorld[];
  readonly subnets: readonly SubnetWorld[];
  readonly externalProviders: readonly { readonly id: number; readonly name: string; readonly apiUrl: string }[];
}

export interface PanelServerWorld {
  readonly id: number;
  readonly servername: string;
  /** What the customer calls it. Default: the server name in `lab.example`. */
  readonly hostname?: string;
  readonly kind: 'dedicated' | 'vm';
  /** Plain addresses, or `a.b.c.d/len` for a whole-subnet assignment. The first is the primary one. */
  readonly ips: readonly string[];
  readonly pxeMac?: string;
  readonly switchPorts?: readonly {
    readonly switchId: number;
    readonly portId: number;
    readonly switchAutomation?: boolean | number | string | null;
  }[];
  readonly proxmox?: { readonly providerId: number; readonly vmid: number; readonly node?: string };
}

export interface NetworkDeviceWorld {
  readonly id: number;
  readonly name: string;
  readonly ports: readonly { readonly id: number; readonly name: string; readonly accessVlan?: number }[];
  readonly managementUser?: string;
  readonly managementPassword?: string;
  /** Filled in by the lab starter once the simulated switch listens. */
  readonly host?: string;
  readonly managementPort?: number;
  readonly managementVendor?: string;
}

export interface SubnetWorld {
  readonly id: number;
  readonly subnet: string;
  readonly cidr: number;
  readonly gw: string;
  readonly rootSubnetId?: number;
  readonly staticAccessVlanId?: number;
}

/** One Proxmox cluster. */
export interface ClusterWorld {
  readonly name: string;
  readonly nodes: readonly NodeWorld[];
  readonly guests: readonly GuestWorld[];
  readonly vnets?: readonly {
    readonly vnet: string;
    readonly zone: string;
    readonly tag?: number;
    readonly vlanaware?: boolean;
  }[];
  readonly zones?: readonly {
    readonly zone: string;
    readonly type: 'simple' | 'vlan' | 'qinq' | 'vxlan' | 'evpn';
    readonly bridge?: string;
    readonly tag?: number;
  }[];
}

export interface NodeWorld {
  readonly name: string;
  readonly bridges: readonly {
    readonly iface: string;
    readonly vlanAware: boolean;
    readonly ports: string;
    /** The node's own address there, with its length. The first one is what the cluster knows the node by. */
    readonly address?: string;
    /** The MAC that the network configuration gives it (`hwaddress`). */
    readonly hwaddress?: string;
  }[];
}

export interface GuestWorld {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly name: string;
  readonly node: string;
  readonly status?: 'running' | 'stopped';
  readonly template?: boolean;
  /** Configuration keys as Proxmox stores them: `net0`, `ipconfig0`, … */
  readonly config: Readonly<Record<string, string>>;
}

/** One simulated switch. */
export interface SwitchWorld {
  /** The panel's network device id. */
  readonly id: number;
  readonly profile: 'ex3300-12.3' | 'ex4200-vc' | 'ex3400-18' | 'ex4300-21';
  readonly username: string;
  readonly password: string;
  /** The committed configuration at start, as Junos configuration text in `set` form, one statement a line. */
  readonly configuration: readonly string[];
}

/** A project of an OpenStack cloud, with a network and the ports of its machines there. */
export interface CloudWorld {
  /** Of the cloud in `clouds.yaml`, and of the project in portwarden.yaml. */
  readonly name: string;
  readonly ports: readonly CloudPortWorld[];
}

/** A port of a machine in the cloud, with one fixed address. */
export interface CloudPortWorld {
  readonly name: string;
  readonly machine: string;
  /** In 10.10.10.0/24. */
  readonly address: string;
  /** Its security groups by name, made when they are first named. Default: the project's own group. */
  readonly groups?: readonly string[];
  /** An address from outside that is mapped to it. */
  readonly floatingIp?: string;
  /** The panel's server that the port is given to, and whether the configuration says so or a tag on the port. */
  readonly server?: { readonly id: number; readonly by: 'configuration' | 'tag' };
}
