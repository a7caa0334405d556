import type { PortTarget, PreviewRequest } from '../../devices/pass/request';
import type { Keep } from '../../domain/change/keep';
import type { DeviceId } from '../../domain/values/device';
import type { IpAddress } from '../../domain/values/ip';
import type { FactSources } from '../dependencies';

/**
 * Reads what people keep on a device, and which addresses are kept at one port and wanted at another one: kept anywhere of
 * those that the targets want, and bound for servers of those that are kept on the device.
 */
export async function readKeeps(
  { keeps: kept, placements }: Pick<FactSources['store'], 'keeps' | 'placements'>,
  device: DeviceId,
  targets: readonly Pick<PortTarget, 'desired' | 'additional'>[],
): Promise<Pick<PreviewRequest, 'keeps' | 'keptElsewhere'>> {
  const now = new Date();
  const wanted = targets.flatMap(({ desired, additional = [] }) => [...desired, ...additional].map(({ ip }) => ip));
  const [keeps, ofWanted] = await Promise.all([kept.inForce(device, now), kept.ofAddresses(wanted, now)]);
  const bound = await boundOf(placements, keeps);
  if (ofWanted.length === 0 && bound.length === 0) return { keeps };
  return { keeps, keptElsewhere: { device, keeps: ofWanted, bound } };
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
