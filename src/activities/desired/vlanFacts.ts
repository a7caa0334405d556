import { addressFacts, isVlanOpen, withoutVlans } from '../../domain/desired/addressFacts';
import type { BoundElsewhere } from '../../domain/change/boundElsewhere';
import type { BindingSettings } from '../../domain/desired/bindingSettings';
import type { KnownClaims } from '../../domain/desired/claims';
import { claimsOf } from '../../domain/desired/desiredBindings';
import { nodeBindings } from '../../domain/desired/nodeAddresses';
import type { PortSources } from '../../domain/desired/sources';
import { reportError, type ErrorReport } from '../../domain/errors';
import type { GuestPorts } from '../../domain/servers/guestPort';
import type { AssignedIp, Placement } from '../../domain/servers/server';
import type { IpAddress } from '../../domain/values/ip';
import type { PortRef } from '../../domain/values/port';
import type { VlanId } from '../../domain/values/vlan';
import type { FilterByVlanInput } from '../../protocol/activities';
import type { PanelSubnetFacts } from '../../sources/panelSource';
import type { FactSources } from '../dependencies';
import { clustersOf, presentSettings } from './bindingSettings';
import { EntryPortsReader, withEntryPorts, type EnteringElsewhere } from './entryPorts';
import { ClaimsReader } from './knownClaims';
import { MacRivals } from './macRivals';
import { NodeAddressReader, type NodeAddressFacts } from './nodeAddresses';
import { leftVirtualMacs, readStoredMacs, serverMacs, type LeftVirtualMac, type StoredMacs } from './serverMacs';
import { settingsFacts, type SettingsFacts } from './settingsFacts';
import { PlacedAtPorts } from '../membership/placedAtPorts';
import { portSources, type GatheredPort, type OwnNic, type VlanFacts } from '../membership/portSources';

/** Everything that decides what one port shall let through. */
export interface DesiredFacts {
  readonly here: PortRef;
  readonly sources: PortSources;
  readonly known: KnownClaims;
  /** The servers that are remembered at the port. */
  readonly placed: readonly Placement[];
  /** Virtual MACs whose addresses left the servers here. */
  readonly left: readonly LeftVirtualMac[];
  readonly settings: SettingsFacts;
  /** Where addresses of the servers here are bound for others, which the panel does not assign them to. */
  readonly boundElsewhere: readonly BoundElsewhere[];
}

/** What was read of one port, or why it could not be read. */
export type VlanReading = { readonly gathered: GatheredPort } & (
  { readonly facts: DesiredFacts } | { readonly error: ErrorReport }
);

/** The readings of a batch, with the odd rows of the panel's subnets. */
export interface VlanReadings {
  readonly ports: readonly VlanReading[];
  readonly faults: PanelSubnetFacts['faults'];
}

/**
 * Reads the VLANs of the addresses of a batch, and who had them and the MACs that are claimed with them first. Nothing
 * is written and nobody is signalled, so that a preview can read what a pass reads.
 * @param readSubnets when they may have been asked for already.
 * @throws when the panel's subnets cannot be read, and whatever is met once the signal is aborted.
 */
export async function readVlanFacts(
  sources: FactSources,
  { device, ports }: FilterByVlanInput,
  signal: AbortSignal,
  readSubnets: FactSources['panel']['subnets'] = (until) => sources.panel.subnets(until),
): Promise<VlanReadings> {
  const servers = ports.map((gathered) => gathered.servers);
  const [subnets, stored, accepted] = await Promise.all([
    readSubnets(signal),
    readStoredMacs(sources, device, servers),
    sources.store.bindingSettings.of(
      device,
      servers.map(({ port }) => port),
    ),
  ]);
  const nodeAddresses = new NodeAddressReader(sources, signal);
  const entryPorts = new EntryPortsReader(sources, signal);
  const present = presentSettings(sources);
  let asked: ReturnType<FactSources['panel']['portVlans']> | undefined;
  const vlansOfPorts = () => (asked ??= sources.panel.portVlans(device, signal));
  const claimed = await inTurn(ports, async (gathered) => {
    const read = async () => {
      const here = { device, port: gathered.servers.port };
      const nodes = await nodeAddresses.of(gathered, here);
      const elsewhere = await entryPorts.elsewhere(gathered, here);
      const portVlan = async () => (await vlansOfPorts())(here.port);
      const hasVlans = sources.hasVlans(device);
      const guestNic = ownNicAt(sources.guestPorts, here);
      const under = async (settings: BindingSettings): Promise<PortSources> =>
        portSources(
          gathered,
          here,
          await vlanFacts(settings, gathered, { subnets, stored, nodes, elsewhere, hasVlans, portVlan, guestNic }),
        );
      const from = await under(present.settings);
      const claims = claimsOf(from);
      const now = { claims, nodes: nodeBindings(from).bindings };
      const settings = await settingsFacts(accepted.get(here.port), present, now, async (former) => {
        const sourcesThen = await under(former);
        return { claims: claimsOf(sourcesThen), nodes: nodeBindings(sourcesThen).bindings };
      });
      return { from, settings, port: { servers: gathered.servers, claims } };
    };
    return { gathered, ...(await orError(read, signal)) };
  });
  const placedAt = new PlacedAtPorts(
    sources,
    device,
    servers.map(({ port }) => port),
  );
  const addresses = new ClaimsReader(sources, device, servers, signal);
  const withClaims = claimed.flatMap((one) => ('port' in one ? [one.port] : []));
  const macs = new MacRivals(sources, device, withClaims, signal);
  const readings = await inTurn(claimed, async (one): Promise<VlanReading> => {
    if ('error' in one) return one;
    const { gathered, from, port, settings } = one;
    const read = async () => {
      const here = { device, port: port.servers.port };
      const placed = await placedAt.at(here.port);
      const known = { ...(await addresses.of(port.servers, placed)), macsElsewhere: await macs.of(port) };
      const left = leftVirtualMacs(port.servers, stored);
      const boundElsewhere = await addresses.boundElsewhere(port.servers);
      return { facts: { here, sources: from, known, placed, left, settings, boundElsewhere } };
    };
    return { gathered, ...(await orError(read, signal)) };
  });
  return { ports: readings, faults: subnets.faults };
}

/** What was read of the addresses of a port, whatever the settings. */
interface AddressReadings {
  readonly subnets: PanelSubnetFacts;
  readonly stored: StoredMacs;
  readonly nodes: NodeAddressFacts;
  readonly elsewhere: EnteringElsewhere;
  readonly hasVlans: boolean;
  readonly guestNic: OwnNic | undefined;
  /** Asks the panel, once. */
  readonly portVlan: () => Promise<VlanId | undefined>;
}

/** What decides in which VLAN, and with which MACs, the addresses of a port are. */
async function vlanFacts(
  settings: BindingSettings,
  { servers: { dedicated, guests } }: GatheredPort,
  { subnets, stored, nodes, elsewhere, hasVlans, guestNic, portVlan: ask }: AddressReadings,
): Promise<VlanFacts> {
  const assigned = [...dedicated, ...guests].flatMap((server) => server.ips);
  const clusters = withEntryPorts(clustersOf(settings), elsewhere);
  const ofNodes = nodes.under(clusters);
  const nodesIps = ofNodes.flatMap((node) => node.addresses.map(({ ip }) => asAssigned(ip)));
  const known = addressFacts([...nodesIps, ...assigned], settings.map, subnets);
  const addresses = hasVlans ? known : withoutVlans(known, assigned);
  const isAsked = dedicated.some((server) => server.ips.some((ip) => isVlanOpen(ip, addresses)));
  const portVlan = isAsked ? await ask() : undefined;
  return {
    addresses,
    ...(portVlan === undefined ? {} : { portVlan }),
    hypervisors: clusters,
    allowlist: hasVlans ? settings.allowlist : [],
    nodes: { ...nodes, nodes: ofNodes },
    ...(guestNic === undefined ? {} : { guestNic }),
    macsOf: (serverId) => serverMacs(serverId, stored),
  };
}

/** Whose NIC the port is, with what messages call the others of that guest. */
function ownNicAt(guestPorts: GuestPorts, here: PortRef): OwnNic | undefined {
  const own = guestPorts.nicOf(here);
  return own === undefined ? undefined : { nic: own.nic, portsOf: (nic) => guestPorts.portsOf({ ...own, nic }) };
}

function asAssigned(ip: IpAddress): AssignedIp {
  return { ip, primary: false, isSubnet: false };
}

/** What goes wrong with one port is that port's own. */
async function orError<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | { readonly error: ErrorReport }> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted) throw error;
    return { error: reportError(error) };
  }
}

/** One after the other, so that a large batch does not flood panel and store. */
async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}
