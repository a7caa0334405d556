import type { NetworkDeviceWorld, PanelServerWorld, SubnetWorld } from '../scenarios/scenario';
import { holderOf } from './holders';
import type { PanelState } from './world';

/**
 * The bodies of the panel's answers, in the shapes of the Tenantos API documentation 1.0.0, with the fields that
 * no reader of ours wants, and with the panel's mixture of true, 1 and "1". Not in that documentation, hence
 * invented: the `proxmox` connection's meta, `switchAutomation`, `typeOfServer` of a VM, `interfaces`.
 */
export interface AnswerStyle {
  /** How a connection's `meta` is written: as an object, as JSON text, or one and the other in turn. */
  readonly meta: 'object' | 'text' | 'mixed';
}

type Json = Readonly<Record<string, unknown>>;

const STAMP = '2026-11-22T04:00:00.000000Z';
const DATE = '2026-11-22 04:00:00';
const OWNERS = [{ userId: 1, name: 'Lab Admin', username: 'adm', type: 'admin', assignmentDate: DATE }];

export function serverBody(server: PanelServerWorld, state: PanelState): Json {
  const isVm = server.kind === 'vm';
  return {
    id: server.id,
    hostname: server.hostname ?? `${server.servername}.lab.example`,
    servername: server.servername,
    user_id: 8,
    os: 'Debian 12',
    servertype: isVm ? 'vm' : 'auto',
    suspendedUserIds: [],
    primaryip: server.ips[0] ?? null,
    reinstallationprovider: isVm ? 'proxmox' : 'pxe',
    powerprovider: {
      type: isVm ? 'proxmox' : 'ipmi',
      supportedFeatures: ['getPowerStatus', 'setPowerOff', 'setPowerOn'],
    },
    consoleprovider: { type: isVm ? 'proxmox' : 'ipmi' },
    owner_realname: 'Lab Customer',
    tags: isVm ? [] : ['Internal'],
    description: null,
    reinstallationRunning: 0,
    diskwipeRunning: 0,
    rescueBootRunning: 0,
    hardwarecollectRunning: 0,
    passwordResetRunning: 0,
    detailedHardwareInformation: {
      mainboard: {
        model: 'X570',
        value: '1.0',
        count: 1,
        valueType: 'text',
        details: [{ model: 'X570', size: '1.0' }],
      },
      memory: { model: 'DDR4', value: 65536, count: 4, valueType: 'mb', details: [{ model: 'DDR4', size: '16384' }] },
    },
    ownerChain: OWNERS,
    typeOfServer: server.kind,
    cachedPowerstatus: 'online',
    backendDeletable: isVm ? 1 : 0,
    assignmentDate: DATE,
    isExternalServer: 0,
    postReinstallationActionAvailable: '',
    trafficStatistics: { '1d': '8.24', '7d': '790.71', '30d': '1783.39', '95th_total_30d': '5.63' },
    lastBwrate: { in: '0.10', out: '3.10' },
    ipassignments: assignmentBodies(server, state, false),
  };
}

/** @param withIds the list of a server's own assignments carries ids and descriptions, the servers' answers do not. */
export function assignmentBodies(server: PanelServerWorld, state: PanelState, withIds: boolean): readonly Json[] {
  return server.ips.map((ip, index) => {
    const holder = holderOf(ip, state.subnets);
    const isV6 = ip.includes(':');
    const yes: unknown = [1, true, '1'][server.id % 3];
    return {
      ...(withIds ? { id: server.id * 1000 + index, description: null } : {}),
      updated_at: STAMP,
      ip,
      primary_ip: index === 0 ? yes : [0, false, '0', null][server.id % 4],
      ipAttributes: { isIpv4: isV6 ? 0 : 1, isIpv6: isV6 ? 1 : 0, isSubnet: ip.includes('/') ? yes : 0 },
      subnetinformation:
        holder === undefined ? null : { ...subnetInformation(holder), ...state.oddSubnets.get(holder.id)?.information },
    };
  });
}

function subnetInformation(subnet: SubnetWorld): Json {
  return {
    cidr: subnet.cidr,
    subnet: subnet.subnet,
    netmask: netmaskOf(subnet),
    gw: subnet.gw,
    type: typeOf(subnet),
    rdnsAvailable: 1,
    vlanAutomationAvailable: subnet.staticAccessVlanId !== undefined,
    subnetOwnedByUser: true,
    rootSubnetId: subnet.rootSubnetId ?? null,
    isExternalProvider: 0,
  };
}

export function connectionBodies(server: PanelServerWorld, style: AnswerStyle): readonly Json[] {
  return connectionsOf(server).map(({ id, types, type, meta }) => {
    const asText = style.meta === 'text' || (style.meta === 'mixed' && id % 2 === 0);
    const agent = type === 'snmp_switch' ? null : { id: 1, name: 'Local Agent', hostname: 'local-agent.lab.example' };
    return {
      id,
      agentId: agent === null ? 0 : 1,
      serverId: server.id,
      types,
      agentAssignmentsRelationId: id,
      agent_details: agent,
      related_data: { id, type, meta: asText ? JSON.stringify(meta) : meta },
    };
  });
}

type SwitchPort = NonNullable<PanelServerWorld['switchPorts']>[number];

interface Connection {
  readonly id: number;
  readonly types: readonly string[];
  readonly type: string;
  readonly meta: unknown;
  readonly port?: SwitchPort;
}

/** Servers are replaced when they change, never altered, so what follows from one can be kept as long as it lives. */
const connectionsByServer = new WeakMap<PanelServerWorld, readonly Connection[]>();

function connectionsOf(server: PanelServerWorld): readonly Connection[] {
  const known = connectionsByServer.get(server);
  if (known !== undefined) return known;
  const connections = connectionsFor(server);
  connectionsByServer.set(server, connections);
  return connections;
}

function connectionsFor(server: PanelServerWorld): readonly Connection[] {
  const connections: Omit<Connection, 'id'>[] = [];
  if (server.kind === 'dedicated') {
    const password = `lab-ipmi-${server.id}`;
    connections.push(
      {
        types: ['power_management', 'remote_console'],
        type: 'ipmi',
        meta: { username: 'ADMIN', password, ip: '10.10.10.101', javaVersion: 'auto', bmcPort: '623' },
      },
      { types: ['installation'], type: 'pxe', meta: [] },
    );
  }
  if (server.pxeMac !== undefined)
    connections.push({ types: ['dhcp'], type: 'dhcp', meta: { pxe_mac: server.pxeMac } });
  for (const port of server.switchPorts ?? [])
    connections.push({ types: [], type: 'snmp_switch', meta: { ...port }, port });
  if (server.proxmox !== undefined) {
    const { providerId, vmid, node } = server.proxmox;
    const meta = { providerId, vmid: String(vmid), ...(node === undefined ? {} : { node }) };
    connections.push({ types: ['power_management', 'installation', 'remote_console'], type: 'proxmox', meta });
  }
  return connections.map((connection, index) => ({ ...connection, id: server.id * 10 + index }));
}

export function deviceBody(device: NetworkDeviceWorld, state: PanelState): Json {
  const managed = device.managementUser !== undefined && device.managementPassword !== undefined;
  const assignments = assignmentsByPort(device.id, state);
  return {
    id: device.id,
    name: device.name,
    host: device.host ?? `192.0.2.${device.id % 256}`,
    deviceType: 'snmp_switch',
    snmpCommunity: `lab-community-${device.id}`,
    snmpVersion: '2c',
    agentId: 1,
    features: ['bw_collection'],
    meta: { cachePorts: true },
    username: '',
    password: '',
    port: null,
    statusCache: [],
    snmpAuthAlgo: null,
    snmpAuthLevel: null,
    snmpCryptoAlgo: null,
    snmpCryptoPassword: '',
    enableAdvancedManagement: managed ? 1 : null,
    managementVendor: device.managementVendor ?? null,
    managementPort: device.managementPort === undefined ? null : String(device.managementPort),
    managementUser: device.managementUser ?? '',
    managementPassword: device.managementPassword ?? '',
    ports: device.ports.map((port) => ({ id: port.id, name: port.name, assignments: assignments.get(port.id) ?? [] })),
    rootType: 'snmp_switch',
    extendedDetailsAvailable: true,
  };
}

export function extendedDetailsBody(device: NetworkDeviceWorld, state: PanelState): Json {
  const assignments = assignmentsByPort(device.id, state);
  return {
    ...deviceBody(device, state),
    created_at: STAMP,
    updated_at: STAMP,
    extendedDetails: {
      ports: device.ports.map((port) => ({
        name: port.name,
        portOperStatus: '1',
        portAdminStatus: '1',
        description: port.name,
        alias: '',
        linkSpeed: '1000',
        ifType: '6',
        id: port.id,
        assignments: assignments.get(port.id) ?? [],
      })),
      interfaces: device.ports.map((port) => ({
        portName: port.name,
        vlans:
          port.accessVlan === undefined
            ? []
            : [{ id: String(port.accessVlan), name: `VLAN.${port.accessVlan}`, isNativeVlan: 0, isAccessVlan: 1 }],
      })),
      advancedManagementAvailable: device.managementUser === undefined ? 0 : 1,
    },
  };
}

/** What is connected to each port of a switch: one walk over the servers of that switch, not over all that there are. */
function assignmentsByPort(switchId: number, state: PanelState): ReadonlyMap<number, readonly Json[]> {
  const byPort = new Map<number, Json[]>();
  for (const server of state.servers.onSwitch(switchId)) {
    for (const { id, port } of connectionsOf(server)) {
      if (port?.switchId !== switchId) continue;
      const assignment = { type: 'server', relId: server.id, connectionId: id };
      const others = byPort.get(port.portId);
      if (others === undefined) byPort.set(port.portId, [assignment]);
      else others.push(assignment);
    }
  }
  return byPort;
}

export function subnetBody(subnet: SubnetWorld, state: PanelState): Json {
  const vlan = subnet.staticAccessVlanId;
  const children = state.subnets.filter((other) => other.rootSubnetId === subnet.id).length;
  return {
    id: subnet.id,
    subnet: subnet.subnet,
    cidr: subnet.cidr,
    netmask: netmaskOf(subnet),
    gw: subnet.gw,
    type: typeOf(subnet),
    priority: null,
    rootSubnetId: subnet.rootSubnetId ?? null,
    isExternalProvider: 0,
    reserved: 0,
    offer_if_server_has_tag: [],
    dont_offer_if_server_has_tag: [],
    only_if_server_has_remote_agents: [],
    apply_restrictions_to_childs: 0,
    dns_resolvers: ['10.10.10.13'],
    enable_switch_automation: vlan === undefined ? null : 1,
    vlan_mode: vlan === undefined ? null : 'access',
    access_vlan_generation_mode: vlan === undefined ? null : 'static',
    static_access_vlan_id: vlan === undefined ? null : subnet.id % 2 === 0 ? String(vlan) : vlan,
    range_start_access_vlan_id: null,
    range_end_access_vlan_id: null,
    trunk_vlans: [],
    vlan_layer3_mode: null,
    vlan_layer3_ip: null,
    reuse_access_vlan: null,
    use_existing_port_access_vlan: null,
    vlan_remove_layer3_ip_on_unassign: null,
    userId: 1,
    copy_network_automation_configuration_to_childs: null,
    exclude_from_dynamic_ip_assignments: null,
    rdnsAvailable: 1,
    rdnsServerId: 1,
    usageStatistics: { free: 68, reserved: 25, used: 170, totalIps: 263, usedPercentage: 74.14 },
    description: null,
    subnetAttributes: {
      hasChildSubnets: children > 0 ? 1 : 0,
      amountOfDirectChilds: children,
      hasSubIps: 1,
      amountOfSubIps: 263,
      type: typeOf(subnet),
    },
    vlanAutomationAvailable: vlan !== undefined,
    ownerChain: OWNERS.map(({ userId, name, username }) => ({ userId, name, username })),
    subnetOwnedByUser: true,
    ...state.oddSubnets.get(subnet.id)?.row,
  };
}

export function providerBodies(state: PanelState): readonly Json[] {
  return state.providers.map((provider) => ({
    id: provider.id,
    provider: 'proxmox',
    name: provider.name,
    apiUrl: provider.apiUrl,
    apiUser: 'root',
    apiPassword: '**************',
    meta: null,
    isStandaloneRdnsProvider: [],
    usage: {
      serverIds: [...state.servers.values()]
        .filter((server) => server.proxmox?.providerId === provider.id)
        .map((server) => server.id),
    },
  }));
}

function typeOf(subnet: SubnetWorld): 'v4' | 'v6' {
  return subnet.subnet.includes(':') ? 'v6' : 'v4';
}

function netmaskOf(subnet: SubnetWorld): string {
  if (typeOf(subnet) === 'v6') return '';
  const bits = subnet.cidr === 0 ? 0 : (0xffffffff << (32 - subnet.cidr)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
