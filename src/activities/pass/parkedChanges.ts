import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { PassInput } from '../../protocol/activities';
import type { ActivityDependencies } from '../dependencies';

/**
 * The fingerprints of the parked changes that a person approved, by port. Who approved what they saw named its fingerprint; else it is what is
 * parked now.
 */
export async function approvedFingerprints(
  deps: ActivityDependencies,
  input: PassInput,
): Promise<ReadonlyMap<PortName, string>> {
  const approvals = new Map<PortName, string>();
  for (const { port, approved, approvedChanges = [] } of input.ports) {
    const isAsked = approved || approvedChanges.length > 0;
    const parked = isAsked ? await deps.store.parked.get(input.device, port) : undefined;
    if (parked !== undefined && (approved || approvedChanges.includes(parked.fingerprint)))
      approvals.set(port, parked.fingerprint);
  }
  return approvals;
}

/** Ports whose parked removals are other ones than before: those go into the journal, the others are there already. */
export async function newlyParked(
  deps: ActivityDependencies,
  outcomes: readonly PortOutcome[],
): Promise<ReadonlySet<PortName>> {
  const ports = new Set<PortName>();
  for (const { device, port, parked } of decided(outcomes)) {
    if (parked === undefined) continue;
    const before = await deps.store.parked.get(device, port);
    if (before?.fingerprint !== parked.fingerprint) ports.add(port);
  }
  return ports;
}

/** Remembers what waits for a person now, and forgets what no longer does. */
export async function rememberParked(deps: ActivityDependencies, outcomes: readonly PortOutcome[]): Promise<void> {
  for (const { device, port, parked } of decided(outcomes)) {
    if (parked === undefined) await deps.store.parked.delete(device, port);
    else
      await deps.store.parked.put({
        device,
        port,
        fingerprint: parked.fingerprint,
        reason: parked.reason,
        added: parked.add,
        removed: parked.remove,
        guards: parked.guards,
      });
  }
}

/** A port that failed was not judged to its end: what waited there before waits on. */
function decided(outcomes: readonly PortOutcome[]): readonly PortOutcome[] {
  return outcomes.filter(({ status }) => status !== 'failed');
}
