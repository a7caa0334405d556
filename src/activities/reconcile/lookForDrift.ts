import { PortwardenError, reportError } from '../../domain/errors';
import { reconcileRuleOf } from '../../domain/drift/reconcileSettings';
import type { PortName } from '../../domain/values/port';
import { MOST_SUSPECTS, type FirstLook, type ReconcileActivities } from '../../protocol/reconcile';
import type { ActivityDependencies } from '../dependencies';
import { attemptSignal, codeOf } from '../failure';
import { asError, goneServers, ReconcileLook } from './differences';
import { clearDrift } from './clearDrift';

/**
 * Compares every port of a device with what it shall be. Ports that are as they should be are no longer in drift; the others are
 * suspects, which are looked at once more. What keeps the look from seeing the device is remembered where operators look.
 */
export function createLookForDrift(deps: ActivityDependencies): ReconcileActivities['lookForDrift'] {
  return async ({ device }) => {
    const signal = attemptSignal();
    const { mode } = reconcileRuleOf(deps.reconcile, device);
    try {
      const gone = await goneServers(deps, device, signal);
      await forgetReturned(deps, device, gone.ids);
      const look = await ReconcileLook.of(deps, device, gone, signal);
      deps.wantDrops(device);
      const open = await deps.store.drift.open(device);
      const suspects: PortName[] = [];
      const clean: PortName[] = open.map(({ port }) => port).filter((port) => !look.groups.has(port));
      let unreadable = 0;
      for await (const { port, trouble, difference } of look.at(look.groups.keys())) {
        if (trouble !== undefined) unreadable += 1;
        else if (difference === undefined) clean.push(port);
        else suspects.push(port);
      }
      await clearDrift(deps, device, clean);
      const ports = look.groups.size;
      const left = suspects.length - MOST_SUSPECTS;
      const notes = left > 0 ? [`${left} more port(s) differ; the next reconcile goes into them`] : [];
      if (suspects.length === 0)
        await deps.store.reconciles.saw(
          {
            device,
            mode,
            ports,
            unreadable,
            inDrift: (await deps.store.drift.open(device)).length,
            underWay: [],
            notes,
          },
          new Date(),
        );
      const result: FirstLook = {
        ...{ ports, unreadable, notes, gone: gone.ids },
        suspects: suspects.slice(0, MOST_SUSPECTS),
        settleMs: deps.reconcile.settleMs,
      };
      return { summary: `${device}: ${suspects.length} of ${ports} port(s) differ`, look: result };
    } catch (error) {
      if (signal.aborted || !(error instanceof PortwardenError)) throw error;
      await deps.store.reconciles.failed(device, mode, asError(error), new Date());
      deps.log.warn({ device, code: codeOf(error) }, 'a device could not be reconciled');
      return { summary: `${device} could not be looked at: ${error.message}`, error: reportError(error) };
    }
  };
}

/** A server that the panel has again has not vanished: nothing of it may go by that any more. */
async function forgetReturned(
  { store: { reconciles } }: ActivityDependencies,
  device: Parameters<ReconcileActivities['lookForDrift']>[0]['device'],
  gone: FirstLook['gone'],
): Promise<void> {
  const vanished = await reconciles.vanished(device);
  const still = [...vanished].filter(([id]) => gone.includes(id));
  if (still.length === vanished.size) return;
  const [first] = still;
  await reconciles.keepVanished(
    device,
    still.map(([id]) => id),
    first?.[1] ?? 'propose',
  );
}
