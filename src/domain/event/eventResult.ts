import type { PortSecurityEvent } from './event';
import type { PortOutcome, Requirement } from '../change/outcome';
import type { UnmetRequirement } from '../servers/location';
import { covers, isRange } from '../values/ip';

const SEVERITY: Readonly<Record<PortOutcome['status'], number>> = {
  unchanged: 0,
  applied: 1,
  held: 2,
  skipped: 3,
  parked: 4,
  failed: 5,
};

/** The outcome of an event, made from the outcomes of its ports: the gravest one counts. */
export interface EventVerdict {
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly requirement?: Requirement;
}

/**
 * Judges an event by its ports. An event that contradicts what panel or hypervisor say is `parked`: nothing was removed
 * for it, and a person has to look. An assignment whose every address was left out because of its VLAN did not
 * meet the VLAN requirement: it is `skipped`, however the rest of the port went.
 * @param unmet the requirement that does not hold for the uplink of a guest whose own ports were looked at.
 */
export function judgeEvent(
  event: PortSecurityEvent,
  outcomes: readonly PortOutcome[],
  contradiction?: string,
  unmet?: UnmetRequirement,
): EventVerdict {
  const gravest = [...outcomes].sort((a, b) => SEVERITY[b.status] - SEVERITY[a.status])[0];
  if (gravest === undefined) return { status: 'skipped', summary: 'No port is concerned' };
  const summary = outcomes.map((outcome) => `${outcome.device} ${outcome.port}: ${outcome.summary}`).join('; ');
  const doubt = contradiction ?? doubtOf(event, outcomes);
  if (doubt !== undefined && gravest.status !== 'failed') return { status: 'parked', summary: `${doubt} (${summary})` };
  if (unmet !== undefined && SEVERITY[gravest.status] <= SEVERITY.skipped) {
    const { requirement, message } = unmet;
    return {
      status: 'skipped',
      summary: `Requirement ${requirement} does not hold: ${message} (${summary})`,
      requirement,
    };
  }
  if (SEVERITY[gravest.status] >= SEVERITY.held) {
    return {
      status: gravest.status,
      summary,
      ...(gravest.requirement === undefined ? {} : { requirement: gravest.requirement }),
    };
  }
  const refused = leftOutByVlan(event, outcomes);
  if (refused.length > 0)
    return { status: 'skipped', summary: `${refused.join('; ')} (${summary})`, requirement: 'vlan-allowlist' };
  return { status: gravest.status, summary };
}

/** Why what the event says was not carried out: the deletion is in doubt, or the server could not be read for certain. */
function doubtOf(event: PortSecurityEvent, outcomes: readonly PortOutcome[]): string | undefined {
  const own = outcomes
    .flatMap((outcome) => outcome.excluded)
    .filter((exclusion) => exclusion.serverId === event.serverId);
  return own.find(
    ({ ip, rule }) => event.action === 'server_deleted' || (rule === 'server-unreadable' && covers(event.ips, ip)),
  )?.message;
}

function leftOutByVlan(event: PortSecurityEvent, outcomes: readonly PortOutcome[]): string[] {
  if (event.action !== 'ip_assigned' || event.ips.length === 0) return [];
  const excluded = outcomes
    .flatMap((outcome) => outcome.excluded)
    .filter((exclusion) => exclusion.rule.startsWith('vlan-'));
  const added = outcomes.flatMap((outcome) => outcome.added).flatMap(({ ip }) => ip ?? []);
  const messages = event.ips.map((one) =>
    isRange(one) && added.some((ip) => covers([one], ip))
      ? undefined
      : excluded.find((exclusion) => covers([one], exclusion.ip))?.message,
  );
  return messages.every((message) => message !== undefined) ? messages : [];
}
