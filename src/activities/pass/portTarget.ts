import type { PortTarget } from '../../devices/pass/request';
import { mergeIps } from '../../domain/change/removals';
import type { DesiredPortBindings, PassInput } from '../../protocol/activities';

/**
 * What a pass is to do with a port. An address that was left out and reported is known: what is bound for it stays, and
 * waits for nobody.
 * @param approvedFingerprint of the parked removals that a person approved, when one did.
 */
export function portTarget(
  port: DesiredPortBindings & Pick<PassInput['ports'][number], 'approvedStatements'>,
  approvedFingerprint?: string,
): PortTarget {
  const { desired, additional, excluded, ifPresent, removals, settings, subnets, serverIds, approvedStatements } = port;
  const justified = new Set(mergeIps(removals.named, removals.absent));
  const reported = excluded.map(({ ip }) => ip).filter((ip) => !justified.has(ip));
  return {
    port: port.port,
    desired,
    ...(additional === undefined ? {} : { additional }),
    retainIps: mergeIps(port.retainIps, reported),
    ...(ifPresent === undefined ? {} : { ifPresent }),
    removals,
    ...(settings?.changes === undefined ? {} : { changed: { changes: settings.changes, names: settings.names ?? [] } }),
    ...(subnets === undefined ? {} : { subnets }),
    ...(serverIds === undefined ? {} : { serverIds }),
    ...(approvedFingerprint === undefined ? {} : { approvedFingerprint }),
    ...(approvedStatements === undefined ? {} : { approvedStatements }),
  };
}
