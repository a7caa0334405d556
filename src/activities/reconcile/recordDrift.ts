import { limitsOf } from '../../domain/change/guardSettings';
import { driftSince, judgeDifference, rememberDrift, type Drift, type UnderWay } from '../../domain/drift/drift';
import { describeDrift } from '../../domain/drift/driftWords';
import { reconcileRuleOf, type ReconcileMode } from '../../domain/drift/reconcileSettings';
import { tooManyVanished } from '../../domain/drift/vanished';
import type { ServerId } from '../../domain/event/event';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { ReconcileActivities, RecordDriftInput, RecordDriftResult } from '../../protocol/reconcile';
import type { WorkOnDevice } from '../../temporal/workUnderWay';
import type { ActivityDependencies } from '../dependencies';
import { attemptSignal } from '../failure';
import { actOn } from './actOnDrift';
import { attribute } from './attribution';
import { clearDrift } from './clearDrift';
import { goneServers, ReconcileLook, type LookedPort } from './differences';

const SHOWN_UNDER_WAY = 200;

/**
 * Looks once more at ports that were not as they should be. What is still so, and is none of our own unfinished work, is drift: it is
 * attributed by the device's own history, remembered, and dealt with as the device's mode says.
 */
export function createRecordDrift(deps: ActivityDependencies): ReconcileActivities['recordDrift'] {
  return async (input) => {
    const { device, suspects } = input;
    const signal = attemptSignal();
    const { mode } = reconcileRuleOf(deps.reconcile, device);
    // What was under way before the look may be done during it, and what began during it was not seen before.
    const before = await deps.workUnderWay.of(device);
    const notes = [...input.look.notes, ...(await confirmVanished(deps, input, mode, signal))];
    const gone = await goneServers(deps, device, signal);
    const look = await ReconcileLook.of(deps, device, gone, signal);
    const looked: LookedPort[] = [];
    for await (const one of look.at(suspects)) looked.push(one);
    const work = [before, await deps.workUnderWay.of(device)];
    const { drifted, underWay, clean } = await judge(deps, device, looked, work);
    await clearDrift(deps, device, clean);
    const attributed = await attribute(deps.devices.open(device), drifted, signal);
    await deps.store.drift.record(attributed.drift);
    const done: Drift[] = [];
    for (const one of attributed.drift) {
      const seen = looked.find(({ port }) => port === one.port);
      const after = seen === undefined ? one : await actOn(deps, one, seen, mode);
      if (after.firstSeen === after.lastSeen) logNew(deps, after);
      done.push(after);
    }
    const all = [...input.underWay, ...underWay];
    if (input.isLast)
      await deps.store.reconciles.saw(
        {
          ...{ device, mode, ports: input.look.ports, unreadable: input.look.unreadable },
          inDrift: (await deps.store.drift.open(device)).length,
          underWay: all.slice(0, SHOWN_UNDER_WAY),
          notes: [...new Set([...notes, ...attributed.notes])],
        },
        new Date(),
      );
    return resultOf(device, done, underWay);
  };
}

function resultOf(device: DeviceId, done: readonly Drift[], underWay: readonly UnderWay[]): RecordDriftResult {
  return {
    summary: `${device}: ${done.length} port(s) in drift, ${underWay.length} under way`,
    drift: done.map(({ port, action, statements }) => ({ port, action, says: describeDrift({ statements }) })),
    underWay,
  };
}

/**
 * Takes the servers as vanished that two looks in a row did not find in the panel, as far as they are not too many at once. Where
 * nothing is to be mended, none is.
 * @returns what is to be said.
 */
async function confirmVanished(
  deps: ActivityDependencies,
  { device, look }: RecordDriftInput,
  mode: ReconcileMode,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { ids, known } = await goneServers(deps, device, signal);
  const confirmed = ids.filter((id) => look.gone.includes(id));
  const doubt = tooManyVanished(confirmed, known, limitsOf(deps.guards, device));
  const taken = mode === 'observe' || doubt !== undefined ? [] : confirmed;
  await deps.store.reconciles.keepVanished(device, taken, mode === 'enforce' ? 'enforce' : 'propose');
  return doubt === undefined ? [] : [`${doubt}: nothing of them is touched`];
}

async function judge(
  { store }: ActivityDependencies,
  device: DeviceId,
  looked: readonly LookedPort[],
  work: readonly WorkOnDevice[],
): Promise<{ readonly drifted: readonly Drift[]; readonly underWay: readonly UnderWay[]; readonly clean: PortName[] }> {
  const [parked, open] = await Promise.all([store.parked.list(device), store.drift.open(device)]);
  const at = new Date().toISOString();
  const drifted: Drift[] = [];
  const underWay: UnderWay[] = [];
  const clean: PortName[] = [];
  for (const { port, difference, trouble, serverIds } of looked) {
    if (trouble !== undefined) continue;
    if (difference === undefined) {
      clean.push(port);
      continue;
    }
    const names = [port, ...difference.names];
    const known = open.find((one) => one.port === port);
    const waiting = parked.filter((one) => names.includes(one.port));
    const reasons = workAt(names, serverIds, work);
    const judged = judgeDifference(difference, reasons, waiting, known);
    if (judged.underWay !== undefined) underWay.push(judged.underWay);
    if (judged.drift !== undefined) drifted.push(rememberDrift(device, judged.drift, known, at));
    else if (reasons.length === 0) clean.push(port);
  }
  return { drifted, underWay, clean };
}

function workAt(
  names: readonly PortName[],
  serverIds: readonly ServerId[],
  work: readonly WorkOnDevice[],
): readonly string[] {
  return work.flatMap(({ ports, servers }) => [
    ...names.flatMap((name) => ports.get(name) ?? []),
    ...serverIds.flatMap((id) => servers.get(id) ?? []),
  ]);
}

function logNew({ log }: ActivityDependencies, drift: Drift): void {
  const { device, port, action } = drift;
  log.warn({ device, port, action, since: driftSince(drift), drift: describeDrift(drift) }, 'a port is in drift');
}
