import type { PortOutcome } from '../../domain/change/outcome';
import type { PassInput } from '../../protocol/activities';
import { presentSettings } from '../desired/bindingSettings';
import type { ActivityDependencies } from '../dependencies';

/**
 * Remembers the settings under which ports were brought to their bindings, of those on which a change of them leaves
 * nothing that waits, and whose servers were all read. A pass of a worker with another configuration remembers nothing.
 */
export async function rememberSettings(
  deps: ActivityDependencies,
  input: PassInput,
  outcomes: readonly PortOutcome[],
): Promise<void> {
  const present = presentSettings(deps);
  const ports = outcomes.flatMap(({ port, status, parked }) => {
    const settings = input.ports.find((asked) => asked.port === port)?.settings;
    const isBrought = settings?.isWhole === true && settings.digest === present.digest;
    const waits = status === 'failed' || parked?.guards.includes('configuration-change') === true;
    return isBrought && !waits ? [port] : [];
  });
  await deps.store.bindingSettings.accept(input.device, ports, present);
}
