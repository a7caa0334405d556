import type { PortSecurityEvent } from './event';
import type { PortOutcome, Requirement } from './outcome';

const SEVERITY: Readonly<Record<PortOutcome['status'], number>> = { unchanged: 0, applied: 1, skipped: 2, parked: 3, failed: 4 };

/** The outcome of an event, made from the outcomes of its ports: the gravest one counts. */
export interface EventVerdict {
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly requirement?: Requirement;
}

/**
 * Judges an event by its ports. An assignment whose every address was left out because of its VLAN did not
 * meet the VLAN requirement: it is `skipped`, however the rest of the port went.
 */
export function judgeEvent(event: PortSecurityEvent, outcomes: readonly PortOutcome[]): EventVerdict {
  const gravest = [...outcomes].sort((a, b) => SEVERITY[b.status] - SEVERITY[a.status])[0];
  if (gravest === undefined) return { status: 'skipped', summary: 'No port is concerned' };
  const summary = outcomes.map((outcome) => `${outcome.device} ${outcome.port}: ${outcome.summary}`).join('; ');
  if (SEVERITY[gravest.status] >= SEVERITY.skipped) {
    return { status: gravest.status, summary, ...(gravest.requirement === undefined ? {} : { requirement: gravest.requirement }) };
  }
  const refused = leftOutByVlan(event, outcomes);
  if (refused.length > 0) return { status: 'skipped', summary: `${refused.join('; ')} (${summary})`, requirement: 'vlan-allowlist' };
  return { status: gravest.status, summary };
}

function leftOutByVlan(event: PortSecurityEvent, outcomes: readonly PortOutcome[]): string[] {
  if (event.action !== 'ip_assigned' || event.ips.length === 0) return [];
  const excluded = outcomes.flatMap((outcome) => outcome.excluded).filter((exclusion) => exclusion.rule.startsWith('vlan-'));
  const messages = event.ips.map((ip) => excluded.find((exclusion) => exclusion.ip === ip)?.message);
  return messages.every((message) => message !== undefined) ? messages : [];
}
