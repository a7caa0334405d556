import { isOurs, type Origin } from '../change/origin';
import type { Statement } from '../change/statement';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/** How one statement of a port differs from what it shall be: it is `missing`, or there and `extra`. */
export interface DriftStatement {
  readonly change: 'missing' | 'extra';
  readonly statement: Statement;
  /** ISO 8601, UTC: when a reconcile saw it first. */
  readonly firstSeen: string;
  /** Who brought it or took it, by the device's own history. Absent: that was not asked, or the kind keeps none. */
  readonly origin?: Origin;
  /** Why it is a difference though nobody did anything on the device: its server vanished. */
  readonly because?: string;
}

/** What was done about the drift of a port: nothing, its mend waits for a person, was asked for, or a person does not want it. */
export type DriftAction = 'reported' | 'parked' | 'enlisted' | 'rejected';

/** A port that is not as it should be, though nothing of ours is under way there. */
export interface Drift {
  readonly device: DeviceId;
  /** As the device names the port that holds the statements. */
  readonly port: PortName;
  /** The names under which a coordinator is asked for it; never empty. */
  readonly names: readonly PortName[];
  readonly statements: readonly DriftStatement[];
  readonly action: DriftAction;
  /** What was proposed or rejected; the same is not proposed again. */
  readonly fingerprint?: string;
  /** ISO 8601, UTC. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** When a reconcile, or a pass, found the port as it should be. Absent: it is in drift. */
  readonly clearedAt?: string;
}

/** How a port differs now. */
export interface Difference {
  readonly port: PortName;
  readonly names: readonly PortName[];
  readonly statements: readonly Pick<DriftStatement, 'change' | 'statement' | 'because'>[];
}

/** Something of ours that is not done yet, and so the reason of a difference that is no drift. */
export interface UnderWay {
  readonly port: PortName;
  readonly why: string;
}

/** What is parked on a port, as far as it concerns differences. */
export interface ParkedThere {
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  readonly reason: string;
  readonly at: string;
}

/** What a difference turned out to be: drift, something of ours under way, or some of both. */
export interface Judged {
  readonly drift?: Difference;
  readonly underWay?: UnderWay;
}

/**
 * Tells drift from our own unfinished work. A port that somebody of ours is about is no drift, whatever differs there. What a
 * pass parked waits for a person and is none either; but what was drift before stays drift until the difference is gone,
 * although its mend is parked by now.
 * @param open what is known as drift of the port already.
 */
export function judgeDifference(
  difference: Difference,
  work: readonly string[],
  parked: readonly ParkedThere[],
  open: Pick<Drift, 'statements'> | undefined,
): Judged {
  const { port, statements } = difference;
  const [first] = work;
  if (first !== undefined) return { underWay: { port, why: first } };
  const isKnown = (one: Difference['statements'][number]): boolean =>
    open?.statements.some((known) => isSame(known, one)) === true;
  const parkedOf = ({ change, statement: { key } }: Difference['statements'][number]): ParkedThere | undefined =>
    parked.find(({ added, removed }) => (change === 'missing' ? added : removed).some((one) => one.key === key));
  const drifted = statements.filter((one) => isKnown(one) || parkedOf(one) === undefined);
  const waiting = statements.filter((one) => !drifted.includes(one)).flatMap((one) => parkedOf(one) ?? []);
  const [waits] = waiting;
  return {
    ...(drifted.length === 0 ? {} : { drift: { ...difference, statements: drifted } }),
    ...(waits === undefined
      ? {}
      : { underWay: { port, why: `waits for a person, parked since ${waits.at}: ${waits.reason}` } }),
  };
}

/** The drift of a port as it is to be remembered: what was known of it stays, what is gone of it goes. */
export function rememberDrift(
  device: DeviceId,
  { port, names, statements }: Difference,
  open: Drift | undefined,
  at: string,
): Drift {
  const known = open?.statements ?? [];
  const now = statements.map((one): DriftStatement => {
    const before = known.find((earlier) => isSame(earlier, one));
    return before === undefined ? { ...one, firstSeen: at } : { ...before, ...one };
  });
  return {
    ...{ device, port, names, statements: now },
    action: open?.action ?? 'reported',
    ...(open?.fingerprint === undefined ? {} : { fingerprint: open.fingerprint }),
    firstSeen: open?.firstSeen ?? at,
    lastSeen: at,
  };
}

/** Whether both say the same of the same statement. */
function isSame(a: Pick<DriftStatement, 'change' | 'statement'>, b: Pick<DriftStatement, 'change' | 'statement'>) {
  return a.change === b.change && a.statement.key === b.statement.key;
}

/** Since when a port is in drift: since the oldest commit that is known to have brought it, else since it was first seen. */
export function driftSince({ statements, firstSeen }: Pick<Drift, 'statements' | 'firstSeen'>): string {
  const times = statements.flatMap(({ origin }) =>
    origin?.found === 'commit' && !isOurs(origin.commit) ? (origin.commit.at ?? []) : [],
  );
  return [...times, firstSeen].sort()[0] ?? firstSeen;
}
