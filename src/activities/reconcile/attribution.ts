import type { Device } from '../../devices/device';
import type { Drift, DriftStatement } from '../../domain/drift/drift';
import { reportError } from '../../domain/errors';

/**
 * Says of drift who brought or took each statement, by the device's own history. What was found once is not searched again. A search
 * that fails costs the record nothing: a note says so.
 */
export async function attribute(
  device: Device,
  drift: readonly Drift[],
  signal: AbortSignal,
): Promise<{ readonly drift: readonly Drift[]; readonly notes: readonly string[] }> {
  const isOpen = ({ origin, because }: DriftStatement): boolean => origin === undefined && because === undefined;
  const wanted = drift.flatMap(({ port, statements }) => {
    const open = statements.filter(isOpen);
    const of = (change: DriftStatement['change']) =>
      open.filter((one) => one.change === change).map(({ statement }) => statement);
    return open.length === 0 ? [] : [{ port, statements: of('extra'), gone: of('missing') }];
  });
  if (wanted.length === 0 || device.origins === undefined) return { drift, notes: [] };
  try {
    const originOf = await device.origins(wanted, signal);
    if (originOf === undefined) return { drift, notes: [] };
    const told = drift.map((one) => ({
      ...one,
      statements: one.statements.map((each): DriftStatement => {
        const origin = isOpen(each) ? originOf(one.port, each.statement) : undefined;
        return origin === undefined ? each : { ...each, origin };
      }),
    }));
    return { drift: told, notes: [] };
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = reportError(error);
    return { drift, notes: [`the history of ${device.id} could not be searched: ${code}: ${message}`] };
  }
}
