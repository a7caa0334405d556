import type { Convergence } from '../../devices/pass/convergence';
import type { PortOutcome } from '../../domain/change/outcome';
import { standingOfPort } from '../../domain/change/standingOfPort';
import type { ServerId } from '../../domain/event/event';
import type { StandingFinding } from '../../domain/standing';
import type { IpAddress } from '../../domain/values/ip';
import type { PassInput } from '../../protocol/activities';
import type { ActivityDependencies } from '../dependencies';

const LISTS = ['unbound', 'unexplained', 'conflicting'] as const;

type Deps = { readonly store: Pick<ActivityDependencies['store'], 'standing' | 'placements'> };

/** Brings the lists of what is not bound, of what nobody explains, and of addresses at two ports up to date for the ports of a pass. */
export async function rememberStanding(
  { store }: Deps,
  input: PassInput,
  outcomes: readonly PortOutcome[],
  convergence: Convergence,
): Promise<void> {
  const found = outcomes.map((outcome) => {
    const read = convergence.ports.find(({ port }) => port === outcome.port);
    const findings = standingOfPort({
      outcome,
      desired: input.ports.find(({ port }) => port === outcome.port)?.desired ?? [],
      present: read?.statements ?? [],
      unexplained: read?.parked?.unexplained ?? [],
    });
    return { outcome, findings };
  });
  const listed = await store.standing.portsWith(input.device, LISTS);
  const owners = await ownersOf(
    { store },
    found.flatMap(({ findings }) => findings),
  );
  for (const { outcome, findings } of found) {
    if (findings.length === 0 && !listed.has(outcome.port)) continue;
    const named = findings.map((finding): StandingFinding => {
      const owner = owners.get(finding.subject);
      return finding.serverId !== undefined || owner === undefined ? finding : { ...finding, serverId: owner };
    });
    await store.standing.replace(outcome, LISTS, named);
  }
}

/** The servers that were last seen with the addresses; an address of several is nobody's. */
async function ownersOf({ store }: Deps, findings: readonly StandingFinding[]): Promise<ReadonlyMap<string, ServerId>> {
  const ips = findings.flatMap(({ list, serverId, subject }) =>
    list === 'unbound' && serverId === undefined ? [subject as IpAddress] : [],
  );
  if (ips.length === 0) return new Map();
  const placements = await store.placements.listByIps(ips);
  const owners = new Map<string, ServerId>();
  for (const ip of ips) {
    const [one, ...others] = placements.filter((placement) => placement.ips.includes(ip));
    if (one !== undefined && others.length === 0) owners.set(ip, one.serverId);
  }
  return owners;
}
