import type { Convergence } from '../../devices/pass/convergence';
import type { PortName } from '../../domain/values/port';
import { windowDeferral } from '../../domain/windows/changeWindow';
import { passedReason, type WindowException } from '../../domain/windows/windowException';
import type { PassInput } from '../../protocol/activities';
import type { ActivityDependencies } from '../dependencies';

/** A person's word for a port, by which its change was made. */
export type PassedBy = Pick<WindowException, 'author' | 'reason'>;

/**
 * Ends the exceptions of ports that a pass has brought to an end: each is for one. A port that failed keeps its own for the next try.
 * @returns who let each port pass, where its window was closed, by the names that it was asked for under.
 */
export async function useExceptions(
  { store, changeWindows, sites }: Pick<ActivityDependencies, 'store' | 'changeWindows' | 'sites'>,
  { device }: Pick<PassInput, 'device'>,
  { ports }: Pick<Convergence, 'ports'>,
): Promise<ReadonlyMap<PortName, PassedBy>> {
  const done = ports.filter(({ status }) => status !== 'failed');
  const now = new Date();
  const used = await store.windowExceptions.use(
    device,
    done.flatMap(({ port, effectivePort }) => [port, effectivePort]),
    now,
  );
  if (used.length === 0 || windowDeferral(changeWindows, device, sites, now.getTime()) === undefined) return new Map();
  return new Map(
    done.flatMap(({ port, effectivePort }) => {
      const exception = used.find((one) => one.port === port || one.port === effectivePort);
      return exception === undefined
        ? []
        : [[port, { author: exception.author, reason: passedReason(exception) }] as const];
    }),
  );
}
