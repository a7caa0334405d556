import type { Exclusion } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import { compareIps, covers, type IpAddress } from '../../domain/values/ip';
import type { PortTarget } from './request';

/**
 * What is present inside whole subnets that the panel assigns to servers behind the port, and that are too large to be
 * bound address by address: it is not known which of it is used, so all of it stays and is listed.
 */
export function insideSubnets(
  actual: readonly Statement[],
  desired: readonly Statement[],
  targets: readonly PortTarget[],
): readonly Exclusion[] {
  const subnets = targets.flatMap((target) => target.subnets ?? []);
  if (subnets.length === 0) return [];
  const wanted = new Set(desired.flatMap(({ ip }) => ip ?? []));
  const present = new Set<IpAddress>(actual.flatMap(({ ip }) => ip ?? []).filter((ip) => !wanted.has(ip)));
  return [...present].sort(compareIps).flatMap((ip): Exclusion[] => {
    const holder = subnets.find(({ range }) => covers([range], ip));
    if (holder === undefined) return [];
    const { range, name, serverId } = holder;
    const message = `${ip} is inside ${range}, which the panel assigns to ${name} as a whole and which is not bound address by address; its binding stays`;
    return [{ ip, rule: 'subnet-assignment', message, serverId }];
  });
}
