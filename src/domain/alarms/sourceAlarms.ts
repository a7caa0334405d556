import { guardOfRule } from '../change/guardCodes';
import type { ExclusionRule } from '../change/outcome';
import type { ErrorCode } from '../errors';
import type { FoundAlarm } from './alarm';
import type { AlarmFacts, AlarmLimits, StandingGroup } from './facts';
import { isOneOf, isoOf, read, statesOf, waitsOf } from './readings';

/** What ports wait for when a source does not answer as it should. */
const UNANSWERED: readonly (readonly [string, readonly ErrorCode[]])[] = [
  ['panel', ['panel-unreachable', 'panel-throttled', 'panel-failed', 'panel-invalid-answer']],
  [
    'hypervisors',
    ['proxmox-unreachable', 'proxmox-failed', 'proxmox-node-down', 'proxmox-no-quorum', 'proxmox-invalid-answer'],
  ],
];

/** What is wrong with panel and hypervisors. @param now Unix milliseconds. */
export function sourceAlarms(facts: AlarmFacts, limits: AlarmLimits, now: number): readonly FoundAlarm[] {
  return [...stale(facts, limits, now), ...contradictions(facts)];
}

function stale(facts: AlarmFacts, { staleAfterMs }: AlarmLimits, now: number): FoundAlarm[] {
  const waits = statesOf(facts).flatMap(waitsOf);
  const waiting = UNANSWERED.flatMap(([name, codes]) => {
    const [first] = waits.filter(({ code }) => isOneOf(code, codes));
    return first === undefined ? [] : [{ name, since: first.since ?? isoOf(now), text: first.text }];
  });
  const unseen = read(facts.watches).flatMap(({ cluster, lookedAt, error }) => {
    const since = lookedAt ?? error?.since;
    if (since === undefined || now - Date.parse(since) < staleAfterMs) return [];
    const why = error === undefined ? '' : `: ${error.code}: ${error.message}`;
    return [{ name: cluster, since, text: `The cluster was not seen since ${since}${why}` }];
  });
  const count = 'value' in facts.waitingEvents ? facts.waitingEvents.value.count : 0;
  const events = [
    {
      name: 'events',
      since: isoOf(now - staleAfterMs),
      text: `${count} events wait for panel or hypervisors for longer than ${staleAfterMs / 1000} seconds`,
    },
  ];
  return [...waiting, ...unseen, ...(count > 0 ? events : [])].map((alarm) => ({ id: 'stale-source', ...alarm }));
}

/** The sentence of a port's oldest contradiction; those that the port waits for come first. */
function contradictions(facts: AlarmFacts): FoundAlarm[] {
  const standing = [...read(facts.standing)]
    .filter(isContradiction)
    .sort((a, b) => (a.since < b.since ? 1 : -1))
    .map(({ device, port, since, message }) => ({ device, port, since, text: message }));
  const waiting = statesOf(facts).flatMap(({ device, pending }) =>
    pending.flatMap(({ port, since, reason = '' }) =>
      isOneOf(reason.split(':', 1)[0], ['panel-contradiction', 'port-link-contradiction'])
        ? [{ device, port, since, text: reason }]
        : [],
    ),
  );
  return [...standing, ...waiting].map((alarm) => ({ id: 'source-contradiction', ...alarm }));
}

function isContradiction({ list, rule }: StandingGroup): boolean {
  if (list === 'conflicting') return true;
  // Lists have other rules than those that leave addresses out: none of these is a guard's.
  const guard = list === 'unbound' ? guardOfRule(rule as ExclusionRule) : undefined;
  return guard === 'contradiction' || guard === 'conflict';
}
