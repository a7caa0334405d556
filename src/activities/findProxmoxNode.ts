import { PortwardenError } from '../domain/errors';
import type { GuestLocation } from '../domain/servers/location';
import { uplinksNamingAll } from '../domain/servers/nodeUplink';
import type { SwitchAttachment } from '../domain/servers/server';
import type { GuestPlace, HypervisorSource, WatchedGuest } from '../sources/hypervisorSource';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies, FactSources } from './dependencies';
import { attemptSignal } from './failure';
import { guestPortsOf } from './membership/guestPorts';
import { nodeUplinks } from './membership/nodeUplinks';

/**
 * Finds the node that a guest is on now, the switch port through which that node's traffic enters (from the
 * configuration, else from the node's own entry in the panel), and the guest's own NICs where something enforces there.
 */
export function createFindProxmoxNode(deps: ActivityDependencies): Activities['findProxmoxNode'] {
  return (guest) => locateGuest(deps, guest, attemptSignal(), { withNics: true });
}

/**
 * The search itself.
 * @param options withNics: also the uplinks of the guest's NICs. A look leaves them out, for it shows what is left of the
 *   guest at any uplink of its node.
 * @throws PortwardenError `proxmox-…` or `panel-…`.
 */
export async function locateGuest(
  sources: Pick<FactSources, 'hypervisors' | 'panel' | 'guestPorts'>,
  { cluster, vmid }: { readonly cluster: string; readonly vmid: number },
  signal: AbortSignal,
  options: { readonly withNics?: boolean } = {},
): Promise<GuestLocation> {
  const source = sources.hypervisors.get(cluster);
  if (source === undefined) {
    throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
      details: { cluster },
    });
  }
  const found = await source.locate(vmid, signal);
  if (found === undefined) {
    return { cluster, vmid, migrating: false, uplinks: [], summary: `${cluster} lists no guest ${vmid}` };
  }
  const all = await nodeUplinks(sources, cluster, found.node, signal);
  const uplinks = all.flat();
  const ofNics = options.withNics !== true ? undefined : await uplinksOfNics(source, { vmid, ...found }, all, signal);
  const where = (ofNics ?? uplinks).map((a) => `${a.device} ${a.port ?? '(unknown port)'}`).join(', ') || 'unknown';
  const { node, type } = found;
  const ownPorts = await guestPortsOf(sources, cluster, { vmid, node, type }, signal);
  const own =
    ownPorts.length === 0 ? '' : `; own ports: ${ownPorts.map(({ device, port }) => `${device} ${port}`).join(', ')}`;
  return {
    cluster,
    vmid,
    node: found.node,
    migrating: found.migrating,
    uplinks,
    ...(ofNics === undefined ? {} : { ofNics }),
    ...(ownPorts.length === 0 ? {} : { ownPorts }),
    summary: `Guest ${vmid} is on ${found.node}${found.migrating ? ' (migrating)' : ''}; uplink: ${where}${own}`,
  };
}

/**
 * The uplinks that a guest's NICs enter through: asked for only where the node has several, and told only when it is certain.
 * It is not while the guest is moved (its NICs are on another node's bridges then), when its configuration cannot be read, and
 * when the configuration names bonds or cards instead of the bridges: then all of the node's uplinks are looked at.
 */
async function uplinksOfNics(
  source: HypervisorSource,
  guest: GuestPlace & Pick<WatchedGuest, 'vmid' | 'type'>,
  attachments: readonly (readonly SwitchAttachment[])[],
  signal: AbortSignal,
): Promise<readonly SwitchAttachment[] | undefined> {
  const uplinks = source.uplinks.get(guest.node) ?? [];
  if (uplinks.length < 2 || guest.migrating) return undefined;
  try {
    const bridges = await source.nicBridges(guest, signal);
    const entered = bridges === undefined ? undefined : uplinksNamingAll(uplinks, bridges);
    if (entered === undefined || entered.length === uplinks.length) return undefined;
    return uplinks.flatMap((uplink, index) => (entered.includes(uplink) ? (attachments[index] ?? []) : []));
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    return undefined;
  }
}
