import type { ErrorCode } from '../errors';
import type { FoundAlarm, OpenSubject } from './alarm';
import type { AlarmFacts, AlarmLimits } from './facts';
import { isConfigured, isBefore, isRefused, type SourceState, type SourceSubject } from './sourceState';

/** A right that is lacking concerns some calls only, and others go well in between: it is told of for so long after the last refusal. */
const FORBIDDEN_MS = 600_000;
/** A clock that was read longer ago may have been set meanwhile. */
const CLOCK_MS = 86_400_000;

/** What the answers of sources say of their logins and clocks. @param now Unix milliseconds. */
export function sourceStateAlarms(facts: AlarmFacts, limits: AlarmLimits, now: number): readonly FoundAlarm[] {
  return statesOf(facts).flatMap((state) => [...tokens(state, now), ...clocks(state, limits, now)]);
}

/**
 * What the answers of its source say of an open alarm about a login, where looks say nothing: it is over, or unknown. They
 * speak of the login, not of rights: at a device, where a look found that one is lacking, only a look finds that it is not.
 */
export function isTokenOver(facts: AlarmFacts, open: OpenSubject): boolean {
  const { sources } = facts;
  if (sources === undefined || !('value' in sources)) return false;
  if (!isConfigured(open, sources.value.configured)) return true;
  const state = sources.value.states.find(({ subject }) => isSame(subject, open));
  if (state?.acceptedAt === undefined || open.since === undefined) return false;
  const { acceptedAt, refusedAt, forbiddenAt } = state;
  if (!isBefore(open.since, acceptedAt)) return false;
  if (open.device === undefined) return true;
  return refusedAt !== undefined && (forbiddenAt === undefined || isBefore(forbiddenAt, refusedAt));
}

function statesOf({ sources }: AlarmFacts): readonly SourceState[] {
  if (sources === undefined || !('value' in sources)) return [];
  const { states, configured } = sources.value;
  return states.filter(({ subject }) => isConfigured(subject, configured));
}

function isSame(subject: SourceSubject, open: OpenSubject): boolean {
  return 'device' in subject ? subject.device === open.device : open.device === undefined && subject.name === open.name;
}

function tokens(state: SourceState, now: number): FoundAlarm[] {
  const { subject, refusedAt, forbiddenAt } = state;
  const [refused, forbidden] = codesOf(subject);
  if (refusedAt !== undefined && isRefused(state))
    return [
      {
        id: 'token-rejected',
        ...subject,
        since: refusedAt,
        text: `${refused}: the token or login of ${nameOf(subject)} is refused, and nothing was let in with it since`,
      },
    ];
  if (forbidden === undefined || forbiddenAt === undefined || now - Date.parse(forbiddenAt) >= FORBIDDEN_MS) return [];
  return [
    {
      id: 'token-rejected',
      ...subject,
      since: forbiddenAt,
      text: `${forbidden}: the token of ${nameOf(subject)} lacks a right; what it is for is in the log and at the port that needs it`,
    },
  ];
}

/** The codes of a refused login and of a right that is lacking. Devices are asked for what a login need not be allowed to do: of these only looks say it. */
function codesOf(subject: SourceSubject): readonly [ErrorCode, ErrorCode?] {
  if ('device' in subject) return ['device-authentication'];
  return subject.name === 'panel'
    ? ['panel-unauthorized', 'panel-forbidden']
    : ['proxmox-unauthorized', 'proxmox-forbidden'];
}

function clocks({ subject, clock }: SourceState, { sourceClockSkewMs }: AlarmLimits, now: number): FoundAlarm[] {
  if (clock === undefined || now - Date.parse(clock.at) >= CLOCK_MS) return [];
  if (Math.abs(clock.aheadMs) - clock.withinMs <= sourceClockSkewMs) return [];
  const seconds = Math.abs(Math.round(clock.aheadMs / 1_000));
  const which = clock.aheadMs > 0 ? 'ahead of' : 'behind';
  const text = `The clock of ${nameOf(subject)} is ${seconds} s ${which} the worker's`;
  return [{ id: 'clock-skew', ...subject, since: clock.at, text }];
}

function nameOf(subject: SourceSubject): string {
  if ('device' in subject) return subject.device;
  return subject.name === 'panel' ? 'the panel' : `the cluster ${subject.name}`;
}
