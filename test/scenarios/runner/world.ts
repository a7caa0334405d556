import type {
  ClusterWorld,
  GuestWorld,
  NetworkDeviceWorld,
  PanelServerWorld,
  Scenario,
  SubnetWorld,
  SwitchWorld,
} from '../../../lab/scenarios/scenario';
import type { BridgeFields, ClusterFields, Given, GuestFields, ServerFields, SwitchFields } from '../form/given';
import { bindingLine } from './bindings';
import type { Names } from './names';
import { PortNumbers } from './ports';

const LOGIN = { username: 'portwarden', password: 'lab-secret' } as const;

/** One scenario's part of the world that all share. */
export interface WorldPart extends Scenario {
  readonly ports: ReadonlyMap<string, PortNumbers>;
}

/** What a scenario is given, in the numbers and addresses that the shared world knows it by. */
export function worldPart(given: Given, names: Names): WorldPart {
  const ports = new Map(Object.keys(given.switches).map((name) => [name, new PortNumbers()]));
  const servers = Object.entries(given.panel.servers).map(([name, fields]) =>
    serverWorld(name, fields, { given, names, ports }),
  );
  const subnets = Object.entries(given.panel.subnets).map(([name, { network, gateway, vlan, partOf }]): SubnetWorld => {
    const [subnet = '', length = ''] = names.toWorld(network).split('/');
    return {
      id: names.id('subnet', name),
      subnet,
      cidr: Number(length),
      gw: names.toWorld(gateway ?? ''),
      ...(partOf === undefined ? {} : { rootSubnetId: names.id('subnet', partOf) }),
      ...(vlan === undefined || vlan === 'none' ? {} : { staticAccessVlanId: vlan }),
    };
  });
  return {
    name: names.text(''),
    ports,
    panel: {
      servers,
      subnets,
      networkDevices: Object.entries(given.switches).map(([name, fields]) =>
        networkDevice(name, fields, names, ports.get(name)),
      ),
      externalProviders: Object.keys(given.hypervisor).map((name) => ({
        id: names.id('cluster', name),
        name: names.text(name),
        apiUrl: `${names.text(name)}.lab.example`,
      })),
    },
    proxmox: Object.entries(given.hypervisor).map(([name, fields]) => clusterWorld(name, fields, names)),
    switches: Object.entries(given.switches).map(([name, fields]) => switchWorld(name, fields, names)),
  };
}

/** Where a server's entry is to be understood: its scenario's world. */
export interface ServerContext {
  readonly given: Given;
  readonly names: Names;
  readonly ports: ReadonlyMap<string, PortNumbers>;
}

/** A server as the panel has it. */
export function serverWorld(name: string, fields: ServerFields, context: ServerContext): PanelServerWorld {
  const { names } = context;
  return {
    id: names.id('server', name),
    servername: names.text(fields.servername ?? name),
    kind: fields.guest === undefined ? 'dedicated' : 'vm',
    ips: fields.ips ?? [],
    ...serverChange(fields, context),
  };
}

/** What is said of a server, in the panel's terms; what is not said is left out. */
export function serverChange(
  fields: ServerFields,
  { given, names, ports }: ServerContext,
): Partial<Omit<PanelServerWorld, 'id'>> {
  return {
    ...(fields.servername === undefined ? {} : { servername: names.text(fields.servername) }),
    ...(fields.hostname === undefined ? {} : { hostname: names.text(fields.hostname) }),
    ...(fields.ips === undefined ? {} : { ips: names.toWorld(fields.ips) }),
    ...(fields.mac === undefined ? {} : { pxeMac: names.toWorld(fields.mac) }),
    ...(fields.ports === undefined
      ? {}
      : {
          switchPorts: fields.ports.map((connection) => {
            const { port, automation } =
              typeof connection === 'string' ? { port: connection, automation: true } : connection;
            const [on = '', where = ''] = port.split(' ');
            const numbers = ports.get(on);
            if (numbers === undefined) throw new Error(`${port}: the scenario has no switch ${on}`);
            return { switchId: names.id('switch', on), portId: numbers.number(where), switchAutomation: automation };
          }),
        }),
    ...(fields.guest === undefined ? {} : { proxmox: guestReference(fields.guest, given, names) }),
  };
}

function guestReference(text: string, given: Given, names: Names): NonNullable<PanelServerWorld['proxmox']> {
  const [guest = '', named] = text.split('/').reverse();
  const clusters = Object.entries(given.hypervisor);
  const holder = clusters.find(([, { guests }]) => guest in guests)?.[0];
  const cluster = named ?? holder ?? (clusters.length === 1 ? clusters[0]?.[0] : undefined);
  if (cluster === undefined) throw new Error(`guest ${text}: in which cluster? Write cluster/guest`);
  return { providerId: names.id('cluster', cluster), vmid: names.id('guest', guest) };
}

function networkDevice(
  name: string,
  { accessVlans }: SwitchFields,
  names: Names,
  numbers: PortNumbers = new PortNumbers(),
): NetworkDeviceWorld {
  return {
    id: names.id('switch', name),
    name: names.text(name),
    managementVendor: 'juniperSsh',
    managementUser: LOGIN.username,
    managementPassword: LOGIN.password,
    ports: numbers.all().map(({ id, name: port }) => {
      const accessVlan = accessVlans[port];
      return { id, name: port, ...(accessVlan === undefined ? {} : { accessVlan }) };
    }),
  };
}

/** Bridges as the lab's nodes have them. */
export function bridgesWorld(bridges: readonly BridgeFields[], names: Names): ClusterWorld['nodes'][number]['bridges'] {
  return bridges.map(({ bridge, ...rest }) => ({ iface: bridge, ...names.toWorld(rest) }));
}

/** A guest as the cluster has it. */
export function guestWorld(name: string, fields: GuestFields, names: Names): GuestWorld {
  const { node, type, status, template, ...config } = fields;
  return {
    vmid: names.id('guest', name),
    type: type ?? 'qemu',
    name: names.text(name),
    node: names.text(node),
    ...(status === undefined ? {} : { status }),
    ...(template === undefined ? {} : { template }),
    config: names.toWorld(config),
  };
}

function clusterWorld(name: string, { nodes, guests }: ClusterFields, names: Names): ClusterWorld {
  const usual: readonly BridgeFields[] = [{ bridge: 'vmbr0', ports: 'bond0', vlanAware: true }];
  const listed: readonly (readonly [string, readonly BridgeFields[]])[] = Array.isArray(nodes)
    ? nodes.map((node) => [node, usual] as const)
    : Object.entries(nodes);
  return {
    name: names.text(name),
    nodes: listed.map(([node, bridges]) => ({ name: names.text(node), bridges: bridgesWorld(bridges, names) })),
    guests: Object.entries(guests).map(([guest, fields]) => guestWorld(guest, fields, names)),
  };
}

function switchWorld(name: string, fields: SwitchFields, names: Names): SwitchWorld {
  const { profile, vlans, bindings, configuration } = fields;
  const isEls = profile === 'ex3400-18' || profile === 'ex4300-21';
  const enforced = isEls
    ? Object.values(vlans).map((vlan) => `set vlans ${vlan} forwarding-options dhcp-security ip-source-guard`)
    : Object.values(vlans).map(
        (vlan) => `set ethernet-switching-options secure-access-port vlan ${vlan} ip-source-guard`,
      );
  return {
    id: names.id('switch', name),
    profile,
    ...LOGIN,
    configuration: [
      `set system host-name ${names.text(name)}`,
      ...Object.entries(vlans).map(([id, vlan]) => `set vlans ${vlan} vlan-id ${id}`),
      ...enforced,
      ...names.toWorld(configuration),
      ...Object.entries(bindings).flatMap(([port, lines]) =>
        names.toWorld(lines).map((line) => bindingLine(port, line, isEls)),
      ),
    ],
  };
}
