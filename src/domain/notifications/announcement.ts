import type { AlarmSubject } from '../alarms/alarm';
import type { AlarmId, Severity } from '../alarms/registry';
import type { PortOutcome } from '../change/outcome';
import type { RemovedStatement } from '../change/removals';
import type { Statement } from '../change/statement';
import type { Drift } from '../drift/drift';
import { describeDrift } from '../drift/driftWords';
import { describeFields } from '../policies/changeWords';
import { scopeKey } from '../policies/policy';
import type { StoredPolicy } from '../policies/storedPolicy';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/** What others can be notified of. */
export const NOTIFICATION_TYPES = [
  'port.applied',
  'port.parked',
  'port.failed',
  'drift.found',
  'alarm.raised',
  'alarm.cleared',
  'policy.expiring',
] as const;

/** One of them. */
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** What is sent, by a person's word, to see whether an endpoint takes anything. */
export const TEST_TYPE = 'notification.test';

/** The alarm that is about an endpoint of notifications: it is never sent to that one. */
const ABOUT_ENDPOINTS: AlarmId = 'notification-failing';

/** A fact that others may want to hear of. It is kept with the fact, so it says all that a notification says. */
export interface Announcement {
  readonly type: NotificationType | typeof TEST_TYPE;
  /** ISO 8601, UTC: when it happened. */
  readonly at: string;
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** One sentence for people. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The one endpoint that must not hear of it. */
  readonly notTo?: string;
  /** The one endpoint that alone hears of it: a person tries it. */
  readonly onlyTo?: string;
}

/** An entry of the journal as far as it is told of. */
export interface JournaledChange {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Absent: it concerns more than one device, as the summary says, and nothing is told of it. */
  readonly device?: DeviceId;
  /** Absent: it concerns the whole device, and nothing is told of it. */
  readonly port?: PortName;
  readonly workflowId: string;
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly added: readonly Statement[];
  /** Of a change that was made: each with what justified it. */
  readonly removed: readonly RemovedStatement[];
  readonly commit?: string;
  /** The person who decided it, as that person said, and why; absent when nobody did. */
  readonly author?: string;
  readonly reason?: string;
  /** The port policies that had a part in it, by their scopes (`scopeKey`); absent when none had. */
  readonly policies?: readonly string[];
}

/** Statements that one notification shows of each list; the journal has all. */
const SHOWN = 50;
const LONGEST_TEXT = 500;

const OF_STATUS: Readonly<Partial<Record<PortOutcome['status'], NotificationType>>> = {
  applied: 'port.applied',
  parked: 'port.parked',
  failed: 'port.failed',
};

/** What is told of an entry of the journal; undefined when nothing is: nothing was changed, and nobody has to do anything. */
export function ofJournal(entry: JournaledChange): Announcement | undefined {
  const type = OF_STATUS[entry.status];
  const { id, at, device, port, workflowId, summary, added, removed, commit, author, reason, policies } = entry;
  if (type === undefined || device === undefined || port === undefined) return undefined;
  return {
    ...{ type, at, device, port, text: shortened(summary) },
    data: {
      ...{ journalId: id, device, port, workflowId, summary: shortened(summary) },
      added: textsOf(added),
      removed: textsOf(removed),
      ...more('addedInAll', added),
      ...more('removedInAll', removed),
      ...(commit === undefined ? {} : { commit }),
      ...(author === undefined ? {} : { author: shortened(author) }),
      ...(reason === undefined ? {} : { reason: shortened(reason) }),
      ...(policies === undefined ? {} : { policies: policies.slice(0, SHOWN) }),
    },
  };
}

/** What is told of a port that was found other than it should be. */
export function ofDrift(drift: Drift): Announcement {
  const { device, port, statements, firstSeen } = drift;
  const text = shortened(describeDrift(drift));
  const of = (change: 'missing' | 'extra') =>
    statements.filter((one) => one.change === change).map((one) => one.statement);
  return {
    ...{ type: 'drift.found', at: firstSeen, device, port, text },
    data: {
      ...{ device, port, summary: text, firstSeen },
      missing: textsOf(of('missing')),
      extra: textsOf(of('extra')),
      ...more('missingInAll', of('missing')),
      ...more('extraInAll', of('extra')),
    },
  };
}

/** What is told of an alarm that was raised, or cleared when `clearedAt` says so. */
export function ofAlarm(
  alarm: AlarmSubject & {
    readonly number: string;
    readonly id: AlarmId;
    readonly severity: Severity;
    readonly text: string;
    readonly since: string;
    readonly raisedAt: string;
    readonly clearedAt?: string;
  },
): Announcement {
  const { number, id, severity, device, port, name, since, raisedAt, clearedAt } = alarm;
  const text = shortened(alarm.text);
  const subject = {
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    ...(name === undefined ? {} : { name }),
  };
  return {
    type: clearedAt === undefined ? 'alarm.raised' : 'alarm.cleared',
    at: clearedAt ?? raisedAt,
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    text,
    data: {
      ...{ number, alarm: id, severity, ...subject, text, since, raisedAt },
      ...(clearedAt === undefined ? {} : { clearedAt }),
    },
    ...(id === ABOUT_ENDPOINTS && name !== undefined ? { notTo: name } : {}),
  };
}

/** What is told of a port policy that ends within the notice. */
export function ofExpiringPolicy(policy: StoredPolicy, at: Date): Announcement {
  const { scope, version, author, reason, expiresAt } = policy;
  const says = describeFields(policy);
  return {
    ...{ type: 'policy.expiring', at: at.toISOString() },
    ...('device' in scope ? { device: scope.device } : {}),
    ...('port' in scope ? { port: scope.port } : {}),
    text: shortened(`The policy of ${scopeKey(scope)} ends at ${expiresAt ?? 'no time'}: ${says}`),
    data: {
      ...{ policy: scopeKey(scope), version, says: shortened(says) },
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...{ author: shortened(author), reason: shortened(reason) },
    },
  };
}

/** What is sent to try an endpoint. @param at ISO 8601. */
export function testAnnouncement(endpoint: string, at: string): Announcement {
  const text = `This is a test of the endpoint ${endpoint}; nothing happened.`;
  return { type: TEST_TYPE, at, text, data: { endpoint, text }, onlyTo: endpoint };
}

function textsOf(statements: readonly Statement[]): readonly string[] {
  return statements.slice(0, SHOWN).map(({ text }) => shortened(text));
}

/** How many there are, where not all are shown. */
function more(name: string, statements: readonly Statement[]): Readonly<Record<string, number>> {
  return statements.length > SHOWN ? { [name]: statements.length } : {};
}

/** At most so many characters, whole ones. */
function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LONGEST_TEXT ? text : `${characters.slice(0, LONGEST_TEXT - 1).join('')}…`;
}
