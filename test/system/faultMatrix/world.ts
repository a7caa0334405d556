import type { GuestWorld, Scenario } from '../../../lab/scenarios/scenario';
import { ACTIONS, hasArriving, type Action, type Spot } from './cells';

/** A port with its three servers, one for each action. */
export interface MatrixPort {
  readonly spot: Spot;
  readonly switchId: number;
  readonly port: string;
  readonly cluster: string | undefined;
  readonly servers: Readonly<Record<Action, number>>;
}

const PORTS_OF_A_SWITCH = 24;
const FIRST_SERVER = 1_000;
const FIRST_NODE = 9_000;
/** The guest of the first action; the others follow. */
const VMID = 100;

/** The addresses that a server has from the beginning. */
export function addressesOf({ index, call }: Spot, action: Action): readonly [string, string] {
  const role = ACTIONS.indexOf(action);
  const net = call.needs === 'no-vlan' ? '192.168' : call.servers === 'vm' ? `172.${16 + (index >> 8)}` : '10.0';
  return [`${net}.${index & 255}.${role * 10 + 11}`, `${net}.${index & 255}.${role * 10 + 12}`];
}

/** An address that the server of `ip_assigned` gets. @param turn tells those of one server apart */
export function newAddressOf(spot: Spot, turn: number): string {
  return addressesOf(spot, 'ip_assigned')[0].replace(/\d+$/, String(100 + turn));
}

/** Lays out the ports. Switches are few; one whose panel entry fails, or whose readings hang, holds up no other. */
export function portsOf(all: readonly Spot[]): readonly MatrixPort[] {
  const groups = new Map<string, Spot[]>();
  for (const spot of all) {
    const { scope, source, servers } = spot.call;
    const key =
      scope === 'switch'
        ? `own ${spot.index}`
        : scope === 'everything'
          ? `all ${servers}`
          : spot.only === 'hang'
            ? 'slow'
            : source;
    groups.set(key, [...(groups.get(key) ?? []), spot]);
  }
  let switchId = 0;
  return [...groups.values()].flatMap((group) =>
    group.map((spot, position) => {
      if (position % PORTS_OF_A_SWITCH === 0) switchId += 1;
      const first = FIRST_SERVER + 10 * spot.index;
      return {
        spot,
        switchId,
        port: `ge-0/0/${position % PORTS_OF_A_SWITCH}`,
        cluster: spot.call.servers === 'vm' ? `pve-${spot.index}` : undefined,
        servers: { ip_assigned: first, ip_removed: first + 1, server_deleted: first + 2 },
      };
    }),
  );
}

/** A server of a port as the panel has it. */
export function panelServer(one: MatrixPort, action: Action): Scenario['panel']['servers'][number] {
  const role = ACTIONS.indexOf(action);
  return {
    id: one.servers[action],
    servername: `server-${one.servers[action]}`,
    ips: addressesOf(one.spot, action),
    ...(one.cluster === undefined
      ? { kind: 'dedicated', pxeMac: mac(one.spot, role), switchPorts: [connection(one)] }
      : { kind: 'vm', proxmox: { providerId: one.spot.index, vmid: VMID + role } }),
  };
}

/** The guest of a server. */
export function guestOf({ spot }: MatrixPort, action: Action): GuestWorld {
  const role = ACTIONS.indexOf(action);
  const bridge = action === 'ip_removed' ? 'lab13' : 'vmbr0,tag=13';
  const isContainer = spot.call.needs === 'container';
  return {
    vmid: VMID + role,
    type: isContainer ? 'lxc' : 'qemu',
    name: `${action}-${spot.index}`,
    node: `node-${spot.index}`,
    config: {
      net0: isContainer
        ? `name=eth0,hwaddr=${mac(spot, role)},bridge=${bridge},type=veth`
        : `virtio=${mac(spot, role)},bridge=${bridge}`,
    },
  };
}

const ARRIVING = ACTIONS.length;

/** The addresses of the server whose guest is on its way to the port's node. */
export function arrivingAddresses({ index }: Spot): readonly [string, string] {
  const net = `172.${16 + (index >> 8)}.${index & 255}`;
  return [`${net}.${ARRIVING * 10 + 11}`, `${net}.${ARRIVING * 10 + 12}`];
}

/** The guest that is on its way to the port's node; no event tells of it. */
export function arrivingGuest({ spot }: MatrixPort): GuestWorld {
  return {
    vmid: VMID + ARRIVING,
    type: 'qemu',
    name: `arriving-${spot.index}`,
    node: `spare-${spot.index}`,
    config: { net0: `virtio=${mac(spot, ARRIVING)},bridge=vmbr0,tag=13` },
  };
}

function arrivingServer(one: MatrixPort): Scenario['panel']['servers'][number] {
  const id = one.servers.ip_assigned + ARRIVING;
  return {
    id,
    servername: `server-${id}`,
    ips: arrivingAddresses(one.spot),
    kind: 'vm',
    proxmox: { providerId: one.spot.index, vmid: VMID + ARRIVING },
  };
}

function connection({ switchId, port }: MatrixPort): { switchId: number; portId: number; switchAutomation: true } {
  return { switchId, portId: Number(port.split('/').at(-1)) + 1, switchAutomation: true };
}

function mac({ index }: Spot, role: number): string {
  return `BC:24:11:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}:0${role + 1}`;
}

/** The world of these ports: servers, nodes, clusters and switches. */
export function matrixScenario(ports: readonly MatrixPort[]): Scenario {
  const switchIds = [...new Set(ports.map(({ switchId }) => switchId))];
  const onUplinks = ports.filter(({ cluster }) => cluster !== undefined);
  return {
    name: 'fault-matrix',
    panel: {
      servers: [
        ...ports.flatMap((one) => ACTIONS.map((action) => panelServer(one, action))),
        ...ports.filter(({ spot }) => hasArriving(spot.call)).map(arrivingServer),
        ...onUplinks.map((one) => ({
          id: FIRST_NODE + one.spot.index,
          servername: `node-${one.spot.index}`,
          kind: 'dedicated' as const,
          ips: [],
          switchPorts: [connection(one)],
        })),
      ],
      networkDevices: switchIds.map((id) => ({
        id,
        name: `switch-${id}`,
        managementVendor: 'juniperSsh',
        managementUser: 'portwarden',
        managementPassword: `lab-secret-${id}`,
        ports: Array.from({ length: PORTS_OF_A_SWITCH }, (_, port) => ({
          id: port + 1,
          name: `ge-0/0/${port}`,
          accessVlan: 13,
        })),
      })),
      subnets: [
        { id: 1, subnet: '10.0.0.0', cidr: 8, gw: '10.255.255.254', staticAccessVlanId: 13 },
        { id: 2, subnet: '172.16.0.0', cidr: 12, gw: '172.31.255.254', staticAccessVlanId: 13 },
        { id: 3, subnet: '192.168.0.0', cidr: 16, gw: '192.168.255.254' },
      ],
      externalProviders: onUplinks.map(({ spot, cluster }) => ({
        id: spot.index,
        name: cluster ?? '',
        apiUrl: `node-${spot.index}.lab.example`,
      })),
    },
    proxmox: onUplinks.map((one) => ({
      name: one.cluster ?? '',
      nodes: [`node-${one.spot.index}`, `spare-${one.spot.index}`].map((name) => ({
        name,
        bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }],
      })),
      zones: [{ zone: 'lab', type: 'vlan' as const, bridge: 'vmbr0' }],
      vnets: [
        { vnet: 'lab13', zone: 'lab', tag: 13 },
        { vnet: 'lab14', zone: 'lab', tag: 14 },
      ],
      guests: [
        ...ACTIONS.map((action) => guestOf(one, action)),
        ...(hasArriving(one.spot.call) ? [arrivingGuest(one)] : []),
        { vmid: 900, type: 'qemu' as const, name: 'somebody', node: `spare-${one.spot.index}`, config: {} },
      ],
    })),
    switches: switchIds.map((id) => ({
      id,
      profile: 'ex3300-12.3',
      username: 'portwarden',
      password: `lab-secret-${id}`,
      configuration: [
        `set system host-name switch-${id}`,
        'set vlans VLAN.13 vlan-id 13',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
      ],
    })),
  };
}
