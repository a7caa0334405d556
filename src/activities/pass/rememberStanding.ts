import type { Convergence } from '../../devices/pass/convergence';
import type { PortOutcome } from '../../domain/change/outcome';
import { standingOfPort } from '../../domain/change/standingOfPort';
import type { ServerId } from '../../domain/event/event';
import { addressesOf, type PlacementNote } from '../../domain/servers/placement';
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
  const owners = await lastSeenWith(
    { store },
    found.flatMap(({ findings }) => findings),
  );
  for (const { outcome, findings } of found) {
    if (findings.length === 0 && !listed.has(outcome.port)) continue;
    const notes = input.ports.find(({ port }) => port === outcome.port)?.notes ?? [];
    const named = findings.map((finding): StandingFinding => {
      if (!isOfAServer(finding)) return finding;
      const owner = only(holdersHere(notes, finding.subject)) ?? owners.get(finding.subject);
      return owner === undefined ? finding : { ...finding, serverId: owner };
    });
    await store.standing.replace(outcome, LISTS, named);
  }
}

/** Whether an address on a list is some server's, and nothing says yet whose. */
function isOfAServer({ list, serverId }: StandingFinding): boolean {
  return (list === 'unbound' || list === 'conflicting') && serverId === undefined;
}

/** The servers behind the port whose entries have the address. */
function holdersHere(notes: readonly PlacementNote[], subject: string): readonly ServerId[] {
  const holds = (ips: readonly IpAddress[] = []): boolean => ips.some((ip) => ip === subject);
  return notes
    .filter(({ at, ips, disputed }) => at === 'here' && holds(ips) && !holds(disputed))
    .map(({ serverId }) => serverId);
}

/** The servers that were last seen with the addresses, else those for which they are bound; an address of several is nobody's. */
async function lastSeenWith(
  { store }: Deps,
  findings: readonly StandingFinding[],
): Promise<ReadonlyMap<string, ServerId>> {
  const ips = findings.filter(isOfAServer).map(({ subject }) => subject as IpAddress);
  if (ips.length === 0) return new Map();
  const placements = await store.placements.listByIps(ips);
  const owners = new Map<string, ServerId>();
  for (const ip of ips) {
    const holding = placements.filter((placement) => addressesOf(placement).includes(ip));
    const listed = holding.filter((placement) => placement.ips.includes(ip));
    const owner = only((listed.length > 0 ? listed : holding).map(({ serverId }) => serverId));
    if (owner !== undefined) owners.set(ip, owner);
  }
  return owners;
}

function only(servers: readonly ServerId[]): ServerId | undefined {
  return servers.length === 1 ? servers[0] : undefined;
}
