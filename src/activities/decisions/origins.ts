import type { Device, OriginOf } from '../../devices/device';
import type { OpenPort } from '../../domain/change/adoption';
import { describeOrigin } from '../../domain/change/origin';
import { reportError } from '../../domain/errors';
import type { UndecidedPort } from './undecided';

/**
 * Says of statements who brought them, by the device's own history. A search that fails costs the list nothing: a note says
 * so.
 */
export async function withOrigins(
  device: Device,
  ports: readonly UndecidedPort[],
  signal: AbortSignal,
): Promise<{ readonly ports: readonly OpenPort[]; readonly notes: readonly string[] }> {
  const asTold = ports.map(({ open }) => open);
  if (ports.length === 0) return { ports: asTold, notes: [] };
  let originOf: OriginOf | undefined;
  try {
    originOf = await device.origins?.(
      ports.map(({ effectivePort, open }) => ({
        port: effectivePort,
        statements: open.statements.map(({ statement }) => statement),
      })),
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = reportError(error);
    return { ports: asTold, notes: [`the history of ${device.id} could not be searched: ${code}: ${message}`] };
  }
  if (originOf === undefined) return { ports: asTold, notes: [`${device.id}: ${NO_HISTORY}`] };
  const told = ports.map(({ effectivePort, open }) => ({
    ...open,
    statements: open.statements.map((one) => {
      const origin = originOf(effectivePort, one.statement);
      return origin === undefined ? one : { ...one, known: [...one.known, describeOrigin(origin)], origin };
    }),
  }));
  return { ports: told, notes: [] };
}

const NO_HISTORY = 'who brought a binding is not available on this platform: it keeps no history of its configurations';
