import { removalFingerprint } from '../../domain/change/removals';
import type { Drift } from '../../domain/drift/drift';
import { describeDrift } from '../../domain/drift/driftWords';
import type { ReconcileMode } from '../../domain/drift/reconcileSettings';
import type { ActivityDependencies } from '../dependencies';
import { workflowIdOf } from '../decisions/workflowIdOf';
import type { LookedPort } from './differences';

type Deps = Pick<ActivityDependencies, 'store' | 'enlister'>;

/** Does what a mode says about the drift of a port. @returns the drift with what was done. */
export async function actOn(deps: Deps, drift: Drift, looked: LookedPort, mode: ReconcileMode): Promise<Drift> {
  const after = mode === 'propose' ? await propose(deps, drift, looked) : await mend(deps, drift, looked, mode);
  if (after !== drift) await deps.store.drift.record([after]);
  return after;
}

/** Has the coordinator look at the port, as for every change. What a guard of its pass parked waits there for a person. */
async function mend(deps: Deps, drift: Drift, { requests }: LookedPort, mode: ReconcileMode): Promise<Drift> {
  if (mode !== 'enforce') return drift.action === 'enlisted' ? { ...drift, action: 'reported' } : drift;
  if (await isParked(deps, drift)) return drift.action === 'parked' ? drift : { ...drift, action: 'parked' };
  for (const request of requests) await deps.enlister.enlist(drift.device, request);
  return { ...drift, action: 'enlisted' };
}

/** Whether all of it waits for a person already, by the word of a pass. */
async function isParked({ store }: Deps, { device, names, statements }: Drift): Promise<boolean> {
  const waiting = await Promise.all(names.map((name) => store.parked.get(device, name)));
  const keys = waiting.flatMap((one) =>
    one === undefined || one.proposed === true ? [] : [...one.added, ...one.removed],
  );
  return statements.every(({ statement }) => keys.some(({ key }) => key === statement.key));
}

/**
 * Parks the mend of a port until a person approves it. The same one is proposed once: what a person rejected is not asked again. Where
 * a pass parked something of the port, that waits already.
 */
async function propose({ store }: Deps, drift: Drift, { preview }: LookedPort): Promise<Drift> {
  const { device, names, statements } = drift;
  const [name] = names;
  if (preview === undefined || name === undefined) return drift;
  const of = (change: 'missing' | 'extra') =>
    statements.filter((one) => one.change === change).map(({ statement }) => statement);
  const [added, removed] = [of('missing'), of('extra')];
  const fingerprint = removalFingerprint(name, removed, added);
  const waiting = await store.parked.get(device, name);
  const isAsked = drift.fingerprint === fingerprint && (drift.action === 'rejected' || waiting !== undefined);
  if (isAsked || (waiting !== undefined && waiting.proposed !== true)) return drift;
  const reason = `A reconcile found drift: ${describeDrift(drift)}`;
  await store.parked.put({
    ...{ device, port: name, reason, added, removed },
    // What a pass would park by itself goes with the approval of exactly that.
    fingerprint: preview.parked?.fingerprint ?? fingerprint,
    guards: preview.parked?.guards ?? [],
    proposed: true,
  });
  const summary = `Parked until a person approves it. ${reason}`;
  await store.journal.append([
    { device, port: name, workflowId: workflowIdOf(), status: 'parked', summary, added, removed, commands: [] },
  ]);
  return { ...drift, action: 'parked', fingerprint };
}
