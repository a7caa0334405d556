import { desiredBindings, type DedicatedSource, type GuestSource } from '../domain/desired';
import { PortwardenError, reportError, type ErrorReport } from '../domain/errors';
import type { IpAddress } from '../domain/ip';
import { compareIps } from '../domain/ip';
import type { DeviceId } from '../domain/port';
import type { VlanId } from '../domain/vlan';
import { statedVlan, type StatedVlan } from '../domain/vlanResolution';
import type { Activities, DesiredPortBindings, FilterByVlanInput } from './contract';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal } from './failure';

type PortInput = FilterByVlanInput['ports'][number];

/**
 * Resolves the VLAN of every address (configured map, panel subnet, port or NIC), applies the allowlist and so
 * computes the desired bindings of each port, with the rule for each address left out.
 */
export function createFilterByVlan(deps: ActivityDependencies): Activities['filterByVlan'] {
  return async ({ device, ports }) => {
    const signal = attemptSignal();
    const panelVlan = await deps.panel.subnetVlans(signal);
    const desired: DesiredPortBindings[] = [];
    const failed: { port: PortInput['servers']['port']; error: ErrorReport }[] = [];
    for (const input of ports) {
      try {
        desired.push(await desiredPort(deps, device, input, panelVlan, signal));
      } catch (error) {
        if (signal.aborted || !(error instanceof PortwardenError) || !error.retryable) throw error;
        failed.push({ port: input.servers.port, error: reportError(error) });
      }
    }
    const bindings = desired.reduce((sum, port) => sum + port.desired.length, 0);
    const excluded = desired.reduce((sum, port) => sum + port.excluded.length, 0);
    return { summary: `${bindings} bindings desired on ${desired.length} ports, ${excluded} addresses left out`, ports: desired, failed };
  };
}

async function desiredPort(
  deps: ActivityDependencies,
  device: DeviceId,
  { servers, inventories }: PortInput,
  panelVlan: (ip: IpAddress) => VlanId | undefined,
  signal: AbortSignal,
): Promise<DesiredPortBindings> {
  const stated = new Map<IpAddress, StatedVlan>();
  for (const { ip } of [...servers.dedicated, ...servers.guests].flatMap((server) => server.ips)) {
    const vlan = statedVlan(deps.vlans.map, panelVlan(ip), ip);
    if (vlan !== undefined) stated.set(ip, vlan);
  }
  const unstated = servers.dedicated.some((server) => server.ips.some(({ ip, isSubnet }) => !isSubnet && !stated.has(ip)));
  const portVlan = unstated ? await deps.panel.portVlan(device, servers.port, signal) : undefined;
  const dedicated = servers.dedicated.map(
    (server): DedicatedSource => ({
      name: server.name,
      ips: server.ips,
      ...(server.pxeMac === undefined ? {} : { pxeMac: server.pxeMac }),
      ...(portVlan === undefined ? {} : { portVlan }),
    }),
  );
  const nativeVlan = inventories.map(({ cluster }) => deps.hypervisors.get(cluster)?.nativeVlan).find((vlan) => vlan !== undefined);
  const result = desiredBindings({
    dedicated,
    guests: guestSources(servers, inventories),
    stated,
    allowlist: deps.vlans.allowlist,
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  });
  const bound = new Set(result.bindings.map((binding) => binding.ip));
  const missing = servers.missingGuests.filter((exclusion) => !bound.has(exclusion.ip));
  return {
    port: servers.port,
    desired: result.bindings,
    excluded: [...result.excluded, ...missing].sort((a, b) => compareIps(a.ip, b.ip)),
    retainIps: [...new Set([...result.retainIps, ...missing.map((exclusion) => exclusion.ip)])],
    explainedIps: servers.explainedIps,
    gone: servers.gone,
  };
}

function guestSources(servers: PortInput['servers'], inventories: PortInput['inventories']): GuestSource[] {
  return servers.guests.flatMap((entry) => {
    const inventory = inventories.find((candidate) => candidate.cluster === entry.cluster && candidate.guests.some((guest) => guest.vmid === entry.vmid));
    const guest = inventory?.guests.find((candidate) => candidate.vmid === entry.vmid);
    return guest === undefined ? [] : [{ name: entry.name, guest, ips: entry.ips }];
  });
}
