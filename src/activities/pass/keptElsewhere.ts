import type { PreviewRequest } from '../../devices/pass/request';
import type { BoundElsewhere } from '../../domain/change/boundElsewhere';
import type { Keep } from '../../domain/change/keep';
import type { DeviceId } from '../../domain/values/device';
import { covers, type IpAddress } from '../../domain/values/ip';
import type { DesiredPortBindings } from '../../protocol/activities';
import type { FactSources } from '../dependencies';

/**
 * Reads what people keep on a device, and which addresses are at two ports: kept anywhere of those that the targets want, bound
 * for servers of those that are kept on the device, and left where the targets' addresses were.
 */
export async function readKeeps(
  { keeps: kept, placements }: Pick<FactSources['store'], 'keeps' | 'placements'>,
  device: DeviceId,
  targets: readonly Pick<DesiredPortBindings, 'port' | 'desired' | 'additional' | 'boundElsewhere' | 'removals'>[],
): Promise<Pick<PreviewRequest, 'keeps' | 'keptElsewhere'>> {
  const now = new Date();
  const wanted = targets.flatMap(({ desired, additional = [] }) => [...desired, ...additional].map(({ ip }) => ip));
  const [keeps, ofWanted] = await Promise.all([kept.inForce(device, now), kept.ofAddresses(wanted, now)]);
  const bound = await boundOf(placements, keeps);
  const left = targets
    .flatMap(({ boundElsewhere = [] }) => boundElsewhere)
    .filter((one) => one.device !== device || !isNamed(targets, one));
  if (ofWanted.length === 0 && bound.length === 0 && left.length === 0) return { keeps };
  return { keeps, keptElsewhere: { device, keeps: ofWanted, bound, left } };
}

/** Whether the same pass takes the address away where it was left. */
function isNamed(
  targets: readonly Pick<DesiredPortBindings, 'port' | 'removals'>[],
  { port, ip }: BoundElsewhere,
): boolean {
  return targets.some(
    ({ port: own, removals: { named, namedRanges = [] } }) => own === port && covers([...named, ...namedRanges], ip),
  );
}

/** Servers for which kept addresses were read back from a port. */
async function boundOf(placements: FactSources['store']['placements'], keeps: readonly Keep[]) {
  const ips = [...new Set(keeps.flatMap(({ statement }) => statement.ip ?? []))];
  if (ips.length === 0) return [];
  const found = await placements.listByIps(ips);
  const isKept = (ip: IpAddress): boolean => ips.includes(ip);
  return found.flatMap(({ serverId, ports }) =>
    ports.flatMap(({ device, port, bound = [] }) =>
      bound.filter(isKept).map((ip) => ({ ip, serverId, at: { device, port } })),
    ),
  );
}
