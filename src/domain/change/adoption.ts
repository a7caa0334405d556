import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { Origin } from './origin';
import { textDigest } from './removals';
import type { Statement } from './statement';

/**
 * What can be decided about one statement of a port: `unknown` to everybody here; `guarded`, for its address is gone from
 * the panel and a guard holds its removal; `replaced` by the next pass, for the panel has its address otherwise.
 */
export type Finding = 'unknown' | 'guarded' | 'replaced';

/** What a person says of a statement: it becomes a keep; it goes; nothing is decided. */
export type Adoption = 'keep' | 'remove' | 'leave';

/** The words there are. */
export const ADOPTIONS: readonly Adoption[] = ['keep', 'remove', 'leave'];

/** A statement about which a person can decide, with what is known of it. */
export interface OpenStatement {
  readonly statement: Statement;
  readonly finding: Finding;
  /** Sentences: what the panel says of the address, other ports with it, since when it is known to be there. */
  readonly known: readonly string[];
  /** Who brought it, by the device's own history; absent when that was not asked for, or the device keeps none. */
  readonly origin?: Origin;
}

/** The statements of one port about which a person can decide. */
export interface OpenPort {
  readonly device: DeviceId;
  /** As the device names the port that holds them. */
  readonly port: PortName;
  /** Of exactly these statements: a decision that was made of other ones is refused. */
  readonly hash: string;
  readonly statements: readonly OpenStatement[];
}

/** A person's decision about a statement, named by its key. */
export interface StatementDecision {
  readonly key: string;
  readonly adoption: Adoption;
  /** Why it is kept or removed; absent: as all the others. */
  readonly reason?: string;
}

/** A person's decisions about statements of a port. */
export interface PortDecisions {
  readonly port: PortName;
  /** {@link OpenPort.hash} of what the person saw. With one, the decisions must be about exactly these statements. */
  readonly hash?: string;
  readonly statements: readonly StatementDecision[];
}

/** What is to be done for the decisions about a port. */
export interface JudgedDecisions {
  readonly keep: readonly (StatementDecision & { readonly statement: Statement })[];
  readonly remove: readonly (StatementDecision & { readonly statement: Statement })[];
  /** Keys of what is kept, or gone, already. */
  readonly done: readonly string[];
}

/** A text that is the same for the same statements of a port. */
export function openHash(port: PortName, keys: readonly string[]): string {
  return textDigest([port, ...[...new Set(keys)].sort()].join('\n'));
}

/** What the port is now. */
export interface PortNow {
  readonly open: OpenPort;
  /** Keys of all statements that the port has. */
  readonly presentKeys: readonly string[];
  /** Keys of those that are kept. */
  readonly keptKeys: readonly string[];
}

/**
 * Judges decisions by what the port is now. What was carried out already is no change, so that the same decisions can be
 * brought twice; anything else that is not as the person saw it refuses all of them.
 * @returns why they are refused.
 */
export function judgeDecisions(
  { port, hash, statements }: PortDecisions,
  { open, presentKeys, keptKeys }: PortNow,
): JudgedDecisions | { readonly refused: string } {
  const keys = statements.map(({ key }) => key);
  if (hash !== undefined && openHash(port, keys) !== hash)
    return { refused: 'its list is not the one that was made: write `leave` instead of taking a line out' };
  const isDone = ({ key, adoption }: StatementDecision): boolean =>
    (adoption === 'keep' && keptKeys.includes(key)) || (adoption === 'remove' && !presentKeys.includes(key));
  const openStatements = new Map(open.statements.map(({ statement }) => [statement.key, statement]));
  const done = statements.filter(isDone);
  const due = statements.filter((decision) => !isDone(decision));
  const gone = due.filter(
    ({ key, adoption }) => !openStatements.has(key) && (hash !== undefined || adoption !== 'leave'),
  );
  if (gone.length > 0) return { refused: describeGone(gone, presentKeys, keptKeys) };
  const seen = new Set(keys);
  const added = [...openStatements.values()].filter(({ key }) => !seen.has(key));
  if (hash !== undefined && added.length > 0)
    return { refused: `since then there are also ${added.map(({ text }) => text).join(', ')}` };
  const of = (adoption: Adoption): JudgedDecisions['keep'] =>
    due.flatMap((decision) => {
      const statement = openStatements.get(decision.key);
      return decision.adoption === adoption && statement !== undefined ? [{ ...decision, statement }] : [];
    });
  return { keep: of('keep'), remove: of('remove'), done: done.map(({ key }) => key) };
}

function describeGone(
  gone: readonly StatementDecision[],
  presentKeys: readonly string[],
  keptKeys: readonly string[],
): string {
  const parts = gone.map(({ key }) => {
    if (keptKeys.includes(key)) return `${key} is kept`;
    return presentKeys.includes(key) ? `${key} is explained by now` : `${key} is not there`;
  });
  return parts.join(', ');
}
