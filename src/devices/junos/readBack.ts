import { sameStatements, type Statement } from '../../domain/change/statement';
import { PortwardenError } from '../../domain/errors';
import { isCarriedOut } from '../../domain/change/plan';
import { waitFor } from '../abort';
import type { Operations } from './operations';
import { enforcementOf } from './enforcement';
import type { PlannedPort } from '../device';
import type { JunosSettings } from './settings';
import { readBindingsAgain, readSwitchState, statementsOnSwitch, type SwitchState } from './switchState';

/** How a lost commit turned out. */
export type CommitFate =
  | {
      readonly kind: 'committed';
      readonly state: SwitchState;
      readonly operations: Operations;
      readonly locked: boolean;
    }
  | { readonly kind: 'not-committed' };

/** What reading back needs. */
export interface ReadBackDeps {
  readonly connect: () => Promise<Operations>;
  /** A session that was opened while the change was under way, for the first reading; undefined when there is none. */
  readonly opened?: Promise<Operations | undefined> | undefined;
  readonly settings: JunosSettings;
  readonly withPolicies: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads the committed configuration on a fresh session, several times if the device does not let us.
 * @param before what was read under the same lock, when nothing but bindings was changed.
 * @throws PortwardenError `device-unknown-outcome` when it cannot be read.
 */
export async function readBack(deps: ReadBackDeps, before?: SwitchState): Promise<SwitchState> {
  const { settings, withPolicies } = deps;
  return withTries(deps, 'the commit was answered, but the configuration cannot be read back', async (operations) => {
    const state =
      before === undefined
        ? await readSwitchState(operations, settings, withPolicies)
        : await readBindingsAgain(operations, before, settings);
    return { done: true, value: state, keep: false };
  });
}

/**
 * Finds out whether a commit whose reply was lost took place. The commit log's token says so; without a log the
 * bindings do. That it did *not* take place is certain only once the candidate can be locked again: before, the
 * device may still be at it.
 * @param needsLock whether the candidate must be locked to go on (a confirmed commit is to be confirmed).
 * @throws PortwardenError `device-unknown-outcome` when it cannot be found out within the configured tries.
 */
export async function resolveCommit(
  deps: ReadBackDeps,
  log: string,
  work: readonly PlannedPort[],
  needsLock: boolean,
): Promise<CommitFate> {
  return withTries<CommitFate>(deps, 'the reply to the commit was lost', async (operations) => {
    const refusal = await tryLock(operations);
    const history = await operations.history();
    const state = await readSwitchState(operations, deps.settings, deps.withPolicies);
    const shown = ({ port }: PlannedPort): readonly Statement[] => [
      ...statementsOnSwitch(state, port),
      ...enforcementOf(state, port),
    ];
    const after = work.every((item) => isCarriedOut(item, shown(item)));
    const committed = history === undefined ? after : history.entries.some((entry) => entry.log === log);
    const locked = refusal === undefined;
    if (committed && (locked || !needsLock))
      return { done: true, value: { kind: 'committed', state, operations, locked }, keep: true };
    if (refusal !== undefined) return { done: false, reason: refusal.message };
    const before = work.every((item) => sameStatements(item.actual, shown(item)));
    await operations.unlock();
    if (history !== undefined || before) return { done: true, value: { kind: 'not-committed' }, keep: false };
    return { done: false, reason: 'the bindings are neither as before nor as planned' };
  });
}

async function tryLock(operations: Operations): Promise<PortwardenError | undefined> {
  try {
    await operations.lock();
    return undefined;
  } catch (error) {
    if (error instanceof PortwardenError && (error.code === 'device-busy' || error.code === 'device-foreign-edits'))
      return error;
    throw error;
  }
}

type Try<T> =
  | { readonly done: true; readonly value: T; readonly keep: boolean }
  | { readonly done: false; readonly reason: string };

async function withTries<T>(
  deps: ReadBackDeps,
  what: string,
  attempt: (operations: Operations) => Promise<Try<T>>,
): Promise<T> {
  let last = '';
  let { opened } = deps;
  for (const delay of [0, ...deps.settings.resolveDelaysMs]) {
    if (delay > 0) await waitFor(delay, deps.signal);
    let operations: Operations | undefined;
    let keep = false;
    try {
      operations = (await opened) ?? (await deps.connect());
      opened = undefined;
      const result = await attempt(operations);
      if (result.done) {
        keep = true;
        // Nobody waits for its end: it bounds itself in time, and reports nothing.
        if (!result.keep) void operations.session.close();
        return result.value;
      }
      last = result.reason;
    } catch (error) {
      if (deps.signal.aborted) break;
      last = error instanceof Error ? error.message : String(error);
    } finally {
      if (!keep) await operations?.session.close();
    }
  }
  throw new PortwardenError('device-unknown-outcome', `${what}: ${last}`);
}
