import type { RemovedStatement } from './removals';
import { sameStatement, type Statement } from './statement';
import type { PortName } from '../values/port';

/** What a commit does to one port. */
export interface IntendedChange {
  /** As requested. */
  readonly port: PortName;
  readonly effectivePort: PortName;
  readonly added: readonly Statement[];
  readonly removed: readonly RemovedStatement[];
  /** This port's part in the device's own command form. */
  readonly commands: readonly string[];
}

/** A commit that is about to be sent. It is written down first, so that no interruption can lose it. */
export interface CommitIntent {
  /** The commit's text in the device's log, exactly. */
  readonly logToken: string;
  readonly confirmed: boolean;
  /** The newest of our earlier commits in the device's log: while the log has that one, it would have this one too. */
  readonly previousToken?: string;
  readonly ports: readonly IntendedChange[];
}

/** What was found out about an open commit. */
export interface CommitFinding {
  readonly logToken: string;
  /** `open`: not to be told yet; it is looked at again by the next pass. */
  readonly fate: 'committed' | 'not-committed' | 'open';
  /** What it was told by: the device's commit log, or the bindings read back where the log says nothing. */
  readonly evidence: 'commit-log' | 'bindings';
  /**
   * Ports of a commit that took place: their change is in effect; it was changed since by somebody else; or the
   * device took it back itself or somebody changed it (a confirmed commit, which cannot be told apart).
   */
  readonly ports: readonly { readonly port: PortName; readonly state: 'in-effect' | 'changed-since' | 'taken-back' }[];
}

/** Whether a port shows all that a change did to it. */
export function isInEffect({ added, removed }: NetChange, present: readonly Statement[]): boolean {
  const has = (statement: Statement): boolean => present.some((other) => sameStatement(statement, other));
  return added.every(has) && !removed.some(has);
}

/** What a port gained and lost. */
export interface NetChange {
  readonly added: readonly Statement[];
  readonly removed: readonly RemovedStatement[];
}

/** Several changes of one port, oldest first, as one: what a later one took back is in neither list. */
export function netChange(changes: readonly NetChange[]): NetChange {
  return changes.reduce(
    (net, next) => ({
      added: [...without(net.added, next.removed), ...without(next.added, net.removed)],
      removed: [...without(net.removed, next.added), ...without(next.removed, net.added)],
    }),
    { added: [], removed: [] },
  );
}

/** The part of a change that the port's present bindings still show. */
export function stillInEffect(change: NetChange, present: readonly Statement[]): NetChange {
  const added = change.added.filter((binding) => present.some((other) => sameStatement(binding, other)));
  return { added, removed: without(change.removed, present) };
}

function without<T extends Statement>(bindings: readonly T[], others: readonly Statement[]): T[] {
  return bindings.filter((binding) => !others.some((other) => sameStatement(binding, other)));
}
