import { addressFacts, isVlanOpen, type AddressFacts } from '../domain/desired/addressFacts';
import type { KnownClaims } from '../domain/desired/claims';
import { reportError, type ErrorReport } from '../domain/errors';
import type { VlanAllowlist, VlanId } from '../domain/values/vlan';
import type { FilterByVlanInput } from '../protocol/activities';
import type { PanelSubnetFacts } from '../sources/panelSource';
import type { FactSources } from './dependencies';
import { ClaimsReader } from './knownClaims';

/** A port as `filterByVlan` is asked about it: its servers, and the readings of the nodes behind it. */
export type GatheredPort = FilterByVlanInput['ports'][number];

/** Everything that decides what one port shall let through. */
export interface VlanFacts {
  readonly addresses: AddressFacts;
  /** The port's own VLAN; asked for only when an address of a dedicated server has no other. */
  readonly portVlan?: VlanId;
  /** The VLAN of untagged frames on the uplinks, as configured. */
  readonly nativeVlan?: VlanId;
  readonly claims: KnownClaims;
  readonly allowlist: VlanAllowlist;
}

/** What was read of one port, or why it could not be read. */
export type VlanReading = { readonly gathered: GatheredPort } & (
  { readonly facts: VlanFacts } | { readonly error: ErrorReport }
);

/** The readings of a batch, with the odd rows of the panel's subnets. */
export interface VlanReadings {
  readonly ports: readonly VlanReading[];
  readonly faults: PanelSubnetFacts['faults'];
}

/**
 * Reads the VLANs of the addresses of a batch, and who had them first. Nothing is written and nobody is signalled, so
 * that a preview can read what a pass reads.
 * @throws when the panel's subnets cannot be read, and whatever is met once the signal is aborted.
 */
export async function readVlanFacts(
  sources: FactSources,
  { device, ports }: FilterByVlanInput,
  signal: AbortSignal,
): Promise<VlanReadings> {
  const subnets = await sources.panel.subnets(signal);
  const servers = ports.map((gathered) => gathered.servers);
  const claims = new ClaimsReader(sources, device, servers, signal);
  const readings: VlanReading[] = [];
  for (const gathered of ports) {
    const { dedicated, guests, port } = gathered.servers;
    try {
      const assigned = [...dedicated, ...guests].flatMap((server) => server.ips);
      const addresses = addressFacts(assigned, sources.vlans.map, (one) => subnets.of(one));
      const isAsked = dedicated.some((server) => server.ips.some((ip) => isVlanOpen(ip, addresses)));
      const portVlan = isAsked ? await sources.panel.portVlan(device, port, signal) : undefined;
      const nativeVlan = gathered.inventories
        .map(({ cluster }) => sources.hypervisors.get(cluster)?.nativeVlan)
        .find((vlan) => vlan !== undefined);
      const facts: VlanFacts = {
        addresses,
        ...(portVlan === undefined ? {} : { portVlan }),
        ...(nativeVlan === undefined ? {} : { nativeVlan }),
        claims: await claims.of(gathered.servers),
        allowlist: sources.vlans.allowlist,
      };
      readings.push({ gathered, facts });
    } catch (error) {
      if (signal.aborted) throw error;
      readings.push({ gathered, error: reportError(error) });
    }
  }
  return { ports: readings, faults: subnets.faults };
}
