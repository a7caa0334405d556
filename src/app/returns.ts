import type { Configuration } from '../config';
import type { DeviceDirectory } from '../devices/directory';
import { reconcileRuleOf } from '../domain/drift/reconcileSettings';
import type { DeviceId } from '../domain/values/device';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { Coordinators } from '../temporal/coordinators';
import type { Reconciles } from '../temporal/reconcileSchedules';
import { CoordinatorWatch, type CoordinatorWatchOptions } from './coordinatorWatch';
import { ReturnWatch } from './returnWatch';

/** What coordinators are watched with. */
export interface WatchedWith {
  readonly store: Pick<Store, 'reconciles'>;
  readonly coordinators: Pick<Coordinators, 'retryNow' | 'survey' | 'hasEnded'>;
  readonly waiting: CoordinatorWatchOptions['waiting'];
  readonly reconciles: Pick<Reconciles, 'returned'>;
  readonly devices: Pick<DeviceDirectory, 'answers'>;
  readonly log: Log;
}

/** Watches the coordinators, and the devices that they wait for. @param closing gets what ends both. */
export function watchCoordinators(
  configuration: Pick<Configuration, 'retries' | 'reconcile'>,
  of: WatchedWith,
  closing: (() => Promise<void>)[],
): CoordinatorWatch {
  const { coordinators, waiting, log } = of;
  const returns = watchReturns(configuration, of);
  if (returns !== undefined) closing.push(() => returns.stop());
  const surveyed = returns === undefined ? {} : { surveyed: returns.surveyed.bind(returns) };
  const watch = new CoordinatorWatch({ coordinators, waiting, log, ...surveyed });
  closing.push(() => watch.stop());
  return watch;
}

/** Devices that no schedule reconciles are reconciled by no return, either. @returns undefined when the configuration says that none is probed. */
function watchReturns(
  { retries: { probeMs }, reconcile }: Pick<Configuration, 'retries' | 'reconcile'>,
  { store, coordinators, reconciles, devices, log }: WatchedWith,
): ReturnWatch | undefined {
  if (probeMs === 0) return undefined;
  const isReconciled = (device: DeviceId): boolean => reconcileRuleOf(reconcile, device).everyMs > 0;
  return new ReturnWatch({
    reconciles: async () => (await store.reconciles.list()).filter(({ device }) => isReconciled(device)),
    answers: (device, signal) => devices.answers(device, signal),
    retryNow: (device) => coordinators.retryNow(device),
    reconcile: async (device) => {
      if (isReconciled(device)) await reconciles.returned(device);
    },
    log,
    everyMs: probeMs,
  });
}
