import type { CoverageEffect, CoverageEntry } from '../domain/coverage';
import type { CoverageInput, CoverageResult, LookActivities } from '../protocol/preview';
import { withinLook } from './looks/limit';
import type { LookDependencies } from './looks/looks';

/** Says what a port's device enforces there as it is set now, and what not. Asks the device alone, and touches nothing. */
export function createPortCoverage(deps: Pick<LookDependencies, 'devices'>): LookActivities['portCoverage'] {
  return async ({ device, port }: CoverageInput): Promise<CoverageResult> => {
    const ports = [port];
    const state = await withinLook((signal) =>
      deps.devices.open(device).readState(signal, { ports, withPolicies: true }),
    );
    const effectivePort = state.effectivePort(port);
    const entries = state.coverage(effectivePort);
    return { device, port, effectivePort, summary: summaryOf({ device, port }, entries), entries };
  };
}

function summaryOf({ device, port }: CoverageInput, entries: readonly CoverageEntry[]): string {
  if (entries.length === 0) return `${device} has no port ${port}, or the login may not see it`;
  const count = (wanted: CoverageEffect): number => entries.filter(({ effect }) => effect === wanted).length;
  return `${device} ${port}: ${count('enforced')} as panel and policies say, ${count('open')} open all the same, ${count('shut')} dropped all the same, ${count('partly')} in part`;
}
