import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { ActivityDependencies } from '../dependencies';

/** Ports are as they should be: they are no longer in drift, and what a reconcile proposed for them waits for nobody. */
export async function clearDrift(
  { store, log }: Pick<ActivityDependencies, 'store' | 'log'>,
  device: DeviceId,
  ports: readonly PortName[],
): Promise<void> {
  for (const { port, names } of await store.drift.clear(device, ports, new Date())) {
    log.info({ device, port }, 'a port is no longer in drift');
    for (const name of names)
      if ((await store.parked.get(device, name))?.proposed === true) await store.parked.delete(device, name);
  }
}
