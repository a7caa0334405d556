import type { Exclusion, Requirement } from '../../change/outcome';
import { namedRemovals, type JustifiedRemovals } from '../../change/removals';
import type { ServerId } from '../../event/event';
import { compareIps, type IpAddress, type IpOrRange } from '../../values/ip';
import type { PlacementNote } from '../placement';
import type { PortFacts, ServerFacts } from '../portFacts';
import type { PanelServer } from '../server';
import { goneFinding, uncertainFinding } from './absentServer';
import { dedicatedFinding } from './dedicated';
import { nameOf, type Finding, type GuestMember, type NextPort } from './finding';
import { guestFinding } from './guest';

/** Who is behind a port, and what follows. */
export interface Membership {
  readonly dedicated: readonly PanelServer[];
  readonly guests: readonly GuestMember[];
  readonly removals: JustifiedRemovals;
  /** Addresses whose bindings stay because of a doubt, with the doubt. */
  readonly retained: readonly Exclusion[];
  /** Servers whose deletion an event says, and that hypervisor or panel contradict. */
  readonly openDeletions: readonly ServerId[];
  readonly unmet?: { readonly requirement: Requirement; readonly message: string };
  /** Ports to which servers went from here, and that no pass has proven yet: they come first. */
  readonly next: readonly NextPort[];
  /** After so many milliseconds the port is to be looked at again. */
  readonly againAfterMs?: number;
  /** What to remember once the pass is proven. */
  readonly notes: readonly PlacementNote[];
}

/**
 * Decides who is behind a port, from facts that were read in this pass. A removal needs a justification; whatever is
 * in doubt stays and is reported. Nothing is read, written or signalled here.
 */
export function membersOf(facts: PortFacts): Membership {
  const servers = [...facts.servers].sort((a, b) => a.serverId - b.serverId);
  const found = servers.map((server) => ({ server, finding: findingOf(server, facts) }));
  const findings = found.map(({ finding }) => finding);
  const dedicated = findings.flatMap((finding) => finding.dedicated ?? []);
  const notAutomated = found.flatMap(({ server, finding }) => (finding.isNotAutomated ? [nameOf(server)] : []));
  const isSkipped = notAutomated.length > 0 && dedicated.length === 0 && !facts.isUplink;
  const message = `the snmp_switch connection of ${notAutomated.join(', ')} does not have switchAutomation: true`;
  return {
    dedicated,
    guests: findings.flatMap((finding) => finding.guest ?? []).sort((a, b) => a.vmid - b.vmid),
    ...removalsOf(findings, facts.explainedIps),
    openDeletions: found.flatMap(({ server, finding }) => (finding.isDeletionOpen ? [server.serverId] : [])),
    next: isSkipped ? [] : findings.flatMap((finding) => finding.next ?? []),
    ...soonest(findings),
    notes: findings.flatMap((finding) => finding.note ?? []),
    ...(isSkipped ? { unmet: { requirement: 'switch-automation', message } } : {}),
  };
}

function findingOf(server: ServerFacts, facts: PortFacts): Finding {
  const { entry, guest } = server;
  if (entry.state === 'gone') return goneFinding(server, facts);
  if (entry.state === 'uncertain') return uncertainFinding(server, entry.why, facts);
  return guest === undefined
    ? dedicatedFinding({ ...server, entry }, facts)
    : guestFinding({ ...server, entry }, guest, facts);
}

function soonest(findings: readonly Finding[]): Pick<Membership, 'againAfterMs'> {
  const waits = findings.flatMap(({ againAfterMs }) => againAfterMs ?? []);
  return waits.length === 0 ? {} : { againAfterMs: Math.min(...waits) };
}

/** A doubt about an address wins over every justification, and one that is exempt from the guards over one that is not. */
function removalsOf(
  findings: readonly Finding[],
  explainedIps: readonly IpOrRange[],
): Pick<Membership, 'removals' | 'retained'> {
  const retained = new Map<IpAddress, Exclusion>();
  for (const exclusion of findings.flatMap((finding) => finding.retained ?? []))
    if (!retained.has(exclusion.ip)) retained.set(exclusion.ip, exclusion);
  const byEvent = namedRemovals(explainedIps);
  const named = new Set([...byEvent.named, ...findings.flatMap((finding) => finding.named ?? [])]);
  const absent = new Set(findings.flatMap((finding) => finding.absent ?? []));
  const absentRanges = [...new Set(findings.flatMap((finding) => finding.absentRanges ?? []))].sort();
  return {
    removals: {
      ...byEvent,
      named: [...named].filter((ip) => !retained.has(ip)).sort(compareIps),
      absent: [...absent].filter((ip) => !named.has(ip) && !retained.has(ip)).sort(compareIps),
      ...(absentRanges.length === 0 ? {} : { absentRanges }),
    },
    retained: [...retained.values()].sort((a, b) => compareIps(a.ip, b.ip)),
  };
}
