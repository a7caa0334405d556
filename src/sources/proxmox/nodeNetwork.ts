import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { isNotImplemented } from '../../clients/proxmox/failure';
import {
  liveBridge,
  networkRow,
  vnetRow,
  zoneRow,
  type LiveBridge,
  type NetworkRow,
} from '../../clients/proxmox/schema';
import { stagedChanges } from './stagedChanges';
import type { NodeNetwork } from './vlan';

/** Ports of guests, and of what Proxmox itself puts between a bridge and an SDN zone: none of them leaves the node. */
const INNER_PORT = /^(?:(?:fwpr\d+p|veth\d+i|tap\d+i)\d+|(?:ln|pr)_.*)$/;

/**
 * Reads a node's interfaces as they run, with the cluster's running SDN. Where a change of the network configuration is
 * staged, `data` shows that instead; bridges that it concerns are then taken from the live bridge ports
 * (GET /nodes/{node}/sdn/zones/localnetwork/bridges, pve-network 1.2 and later), and what is in neither is in doubt.
 */
export async function readNodeNetwork(node: string, reader: ProxmoxReader, signal: AbortSignal): Promise<NodeNetwork> {
  const path = `/nodes/${encodeURIComponent(node)}`;
  const running = { query: { running: '1' }, signal };
  const here = { signal, node };
  const [interfaces, vnets, zones] = await Promise.all([
    reader.answer(`${path}/network`, z.array(networkRow), here),
    reader.answer('/cluster/sdn/vnets', z.array(vnetRow), running).catch(emptyWithoutSdn),
    reader.answer('/cluster/sdn/zones', z.array(zoneRow), running).catch(emptyWithoutSdn),
  ]);
  const rows = new Map(interfaces.data.map((row) => [row.iface, row]));
  const sdn = {
    vnets: new Map(vnets.data.map((row) => [row.vnet, row])),
    zones: new Map(zones.data.map((row) => [row.zone, row])),
  };
  const staged = stagedChanges(interfaces.changes);
  if (staged === undefined) return { interfaces: rows, ...sdn };
  const live = await reader
    .read(`${path}/sdn/zones/localnetwork/bridges`, z.array(liveBridge), here)
    .catch(noLiveBridges);
  const known = new Map(live.flatMap((bridge) => runningRow(bridge, rows.get(bridge.name))));
  return {
    interfaces: new Map([...rows, ...known]),
    ...sdn,
    doubt: (iface) =>
      staged.concerns(iface) && !known.has(iface)
        ? `a change of ${iface} may be staged on ${node}: what it is like now is not shown until the change is applied or reverted`
        : undefined,
  };
}

/** A running bridge as a row of the configuration would describe it. */
function runningRow(bridge: LiveBridge, row: NetworkRow | undefined): [string, NetworkRow][] {
  if (bridge.vlan_filtering === undefined || row?.type !== 'bridge') return [];
  const ports = bridge.ports.map(({ name }) => name).filter((name) => !INNER_PORT.test(name));
  return [[bridge.name, { ...row, bridge_vlan_aware: bridge.vlan_filtering, bridge_ports: ports.join(' ') }]];
}

/** A second source that is not there (an older release, a missing privilege, a fault) leaves doubt, and stops nothing. */
function noLiveBridges(error: unknown): never[] {
  if (error instanceof PortwardenError) return [];
  throw error;
}

/** A cluster without the SDN packages has no vnets and no zones. */
function emptyWithoutSdn(error: unknown): { readonly data: never[] } {
  if (isNotImplemented(error)) return { data: [] };
  throw error;
}
