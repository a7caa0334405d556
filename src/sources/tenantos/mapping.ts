import { UnreadableValue } from '../../clients/tenantos/unreadableValue';
import type { z } from 'zod';

import { parseServerId, type ServerId } from '../../domain/event/event';
import {
  cidrContains,
  prefixLength,
  tryParseCidr,
  tryParseIp,
  type Cidr,
  type IpAddress,
} from '../../domain/values/ip';
import { tryParseMac, type MacAddress } from '../../domain/values/mac';
import { parsePortName, type PortName } from '../../domain/values/port';
import type { AssignedIp } from '../../domain/servers/server';
import { tryParseVlanId, type VlanId } from '../../domain/values/vlan';
import { metaEntry, panelBoolean, panelMeta, readInteger } from '../../clients/tenantos/coercions';
import type {
  ConnectionAnswer,
  ExtendedDetailsAnswer,
  IpAssignmentAnswer,
  NetworkDeviceAnswer,
  ServerAnswer,
} from '../../clients/tenantos/schemas';
import { addressOf, rangeOf } from './subnetRows';

/** What the panel says about a server's kind by itself; whether it is a VM also depends on its connections. */
export type KindHint = 'dedicated' | 'vm' | 'unknown';

/** A switch port as the panel lists it. */
export interface PanelPort {
  readonly portId: number;
  /** Absent when the panel has no usable interface name. */
  readonly port?: PortName;
  /** The servers whose connections name this port. */
  readonly serverIds: readonly ServerId[];
}

/** What may be remembered of a network device: no password. */
export interface PanelDevice {
  readonly switchId: number;
  readonly name: string;
  readonly hasUser: boolean;
  readonly hasPassword: boolean;
  readonly ports: readonly PanelPort[];
}

/** A server's connection to a switch port. */
export interface SwitchConnection {
  readonly switchId: number;
  readonly portId?: number;
  readonly portName?: PortName;
  readonly automated: boolean;
}

/** A server's connection to a hypervisor. */
export interface HypervisorConnection {
  readonly vmid?: number;
  readonly providerId?: number;
}

/** The connections that matter, in the panel's order and by the panel's numbers. */
export interface UnresolvedConnections {
  readonly switches: readonly SwitchConnection[];
  readonly pxeMac?: MacAddress;
  readonly hypervisor?: HypervisorConnection;
}

/** `servername`, else `hostname`, else the number. */
export function serverNameOf(server: ServerAnswer): string {
  return server.servername ?? server.hostname ?? `server ${server.id}`;
}

/** What `typeOfServer`, or `servertype` where a release lacks the former, says. */
export function kindHintOf(server: ServerAnswer): KindHint {
  const type = (server.typeOfServer ?? server.servertype ?? '').toLowerCase();
  if (type === 'dedicated') return 'dedicated';
  return ['vm', 'vps', 'virtual'].includes(type) ? 'vm' : 'unknown';
}

/** A server is a VM when it is not called dedicated and is either called one or connected to a hypervisor. */
export function kindOf(hint: KindHint, connections: UnresolvedConnections): 'dedicated' | 'vm' {
  if (hint === 'unknown') return connections.hypervisor === undefined ? 'dedicated' : 'vm';
  return hint;
}

/** The connections of a server that is called dedicated: one to a hypervisor does not make it a guest. */
export function withoutHypervisor({ switches, pxeMac }: UnresolvedConnections): UnresolvedConnections {
  return { switches, ...(pxeMac === undefined ? {} : { pxeMac }) };
}

/**
 * Maps the addresses of a server. A repeated address is listed once.
 * @throws UnreadableValue when one is neither an address nor a range: leaving it out would look like its removal.
 */
export function mapAssignments(answers: readonly IpAssignmentAnswer[]): readonly AssignedIp[] {
  const byIp = new Map<string, AssignedIp>();
  answers.forEach((answer, index) => {
    const assigned = mapAssignment(answer, `ipassignments.${index}.ip`);
    const key = `${assigned.range ?? assigned.ip} ${assigned.isSubnet}`;
    const known = byIp.get(key);
    byIp.set(key, known === undefined ? assigned : { ...known, primary: known.primary || assigned.primary });
  });
  return [...byIp.values()];
}

function mapAssignment(answer: IpAssignmentAnswer, path: string): AssignedIp {
  const { ip, range } = readAssigned(answer.ip, path);
  const { subnet, gateway } = subnetInformation(answer.subnetinformation);
  const isSubnet = range !== undefined || answer.ipAttributes?.isSubnet === true;
  // Without a length in the assignment itself, its subnet says how large it is, when it begins with the same address.
  const whole = range ?? (isSubnet && subnet?.startsWith(`${ip}/`) === true ? subnet : undefined);
  return {
    ip,
    primary: answer.primary_ip,
    isSubnet,
    ...(whole === undefined ? {} : { range: whole }),
    ...(whole === undefined || gateway === undefined || !cidrContains(whole, gateway) ? {} : { gateway }),
    ...(subnet === undefined ? {} : { subnet }),
    ...(gateway === ip ? { isGateway: true } : {}),
  };
}

/** Something odd in it is as if it was not there: it confirms nothing. */
function subnetInformation(information: IpAssignmentAnswer['subnetinformation']): {
  readonly subnet?: Cidr;
  readonly gateway?: IpAddress;
} {
  if (information === null || information === undefined) return {};
  const range = rangeOf(information.subnet, information.cidr);
  const gateway = addressOf(information.gw);
  return { ...(range === undefined ? {} : { subnet: range }), ...(gateway === undefined ? {} : { gateway }) };
}

/** The range is there when it is more than one address. */
function readAssigned(text: string, path: string): { readonly ip: IpAddress; readonly range?: Cidr } {
  const single = tryParseIp(text);
  if (single !== undefined) return { ip: single };
  const range = tryParseCidr(text);
  const network = range === undefined ? undefined : tryParseIp(range.slice(0, range.indexOf('/')));
  if (range === undefined || network === undefined) {
    throw new UnreadableValue(path, 'must be an IP address or a subnet in CIDR notation');
  }
  return prefixLength(range) < (network.includes(':') ? 128 : 32) ? { ip: network, range } : { ip: network };
}

/**
 * Picks the connections that matter. `meta` is looked into for these only.
 * @throws UnreadableValue for a `meta` or `switchAutomation` that cannot be understood.
 */
export function mapConnections(answers: readonly ConnectionAnswer[]): UnresolvedConnections {
  const switches: SwitchConnection[] = [];
  let pxeMac: MacAddress | undefined;
  let hypervisor: HypervisorConnection | undefined;
  answers.forEach((answer, index) => {
    const data = answer.related_data;
    const path = `${index}.related_data.meta`;
    if (data?.type === 'snmp_switch') switches.push(...mapSwitchConnection(readMetaOf(data.meta, path), path));
    if (data?.type === 'dhcp') pxeMac ??= macOf(readMetaOf(data.meta, path));
    if (data?.type === 'proxmox') hypervisor ??= mapHypervisorConnection(readMetaOf(data.meta, path));
  });
  return {
    switches,
    ...(pxeMac === undefined ? {} : { pxeMac }),
    ...(hypervisor === undefined ? {} : { hypervisor }),
  };
}

type Meta = Readonly<Record<string, unknown>>;

function readMetaOf(value: unknown, path: string): Meta {
  return valueOf(panelMeta, value, path);
}

function valueOf<T extends z.ZodType>(schema: T, value: unknown, path: string): z.output<T> {
  const read = schema.safeParse(value);
  if (!read.success) throw new UnreadableValue(path, read.error.issues[0]?.message ?? 'is invalid');
  return read.data;
}

function mapSwitchConnection(meta: Meta, path: string): readonly SwitchConnection[] {
  const given = metaEntry(meta, 'switchId', 'switch_id');
  if (given === undefined) return [];
  const switchId = readInteger(given);
  if (switchId === undefined) throw new UnreadableValue(`${path}.switchId`, 'must be an integer');
  const portId = readInteger(metaEntry(meta, 'portId', 'port_id'));
  const portName = portNameOf(metaEntry(meta, 'portName', 'port_name'));
  const automated = valueOf(
    panelBoolean,
    meta['switchAutomation'] ?? meta['switch_automation'],
    `${path}.switchAutomation`,
  );
  return [
    {
      switchId,
      automated,
      ...(portId === undefined ? {} : { portId }),
      ...(portName === undefined ? {} : { portName }),
    },
  ];
}

function macOf(meta: Meta): MacAddress | undefined {
  const text = metaEntry(meta, 'pxe_mac', 'pxeMac');
  return typeof text === 'string' ? tryParseMac(text) : undefined;
}

function mapHypervisorConnection(meta: Meta): HypervisorConnection {
  const vmid = readInteger(metaEntry(meta, 'vmid', 'vmId', 'vm_id'));
  const providerId = readInteger(
    metaEntry(meta, 'providerId', 'externalProviderId', 'provider_id', 'external_provider_id'),
  );
  return { ...(vmid === undefined ? {} : { vmid }), ...(providerId === undefined ? {} : { providerId }) };
}

function portNameOf(value: unknown): PortName | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return parsePortName(value);
  } catch {
    return undefined;
  }
}

/** Maps `GET /networkDevices/{id}`, leaving the password behind. */
export function mapDevice(answer: NetworkDeviceAnswer): PanelDevice {
  return {
    switchId: answer.id,
    name: answer.name ?? `switch ${answer.id}`,
    hasUser: answer.managementUser !== undefined,
    hasPassword: answer.managementPassword !== undefined,
    ports: (answer.ports ?? []).map((port) => {
      const name = portNameOf(port.name);
      const servers = (port.assignments ?? []).filter((one) => one.type === 'server' && one.relId !== undefined);
      return {
        portId: port.id,
        serverIds: [...new Set(servers.map((one) => parseServerId(one.relId)))],
        ...(name === undefined ? {} : { port: name }),
      };
    }),
  };
}

/** The panel lists physical ports; a release that names a logical one (`ge-0/0/1.0`) means the port that carries it. */
function physicalName(port: PortName): string {
  return port.replace(/\.\d+$/, '');
}

/** Finds a port by the panel's number, else by its name; the unit of a logical interface is not looked at. */
export function findPort(device: PanelDevice, key: number | PortName): PanelPort | undefined {
  if (typeof key === 'number') return device.ports.find((port) => port.portId === key);
  return device.ports.find((port) => port.port !== undefined && physicalName(port.port) === physicalName(key));
}

/** The access VLAN of a port, else its native VLAN; undefined when the answer names none or several. */
export function portVlanOf(answer: ExtendedDetailsAnswer, portName: PortName): VlanId | undefined {
  const interfaces = (answer.extendedDetails?.interfaces ?? []).filter((one) => {
    const name = portNameOf(one.portName ?? one.name);
    return name !== undefined && physicalName(name) === physicalName(portName);
  });
  const vlans = interfaces.flatMap((one) => one.vlans ?? []);
  const access = vlans.filter((vlan) => vlan.isAccessVlan);
  const chosen = access.length > 0 ? access : vlans.filter((vlan) => vlan.isNativeVlan);
  const ids = new Set(chosen.map((vlan) => (vlan.id === undefined ? undefined : tryParseVlanId(vlan.id))));
  const [id] = ids;
  return ids.size === 1 ? id : undefined;
}
