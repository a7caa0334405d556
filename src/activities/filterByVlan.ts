import type { Activities } from '../protocol/activities';
import { fitting } from '../protocol/payload';
import type { ActivityDependencies } from './dependencies';
import { desiredPorts, SHOWN_FAULTS } from './desired/desiredPorts';
import { attemptSignal } from './failure';
import { SubnetsAhead } from './desired/subnetsAhead';
import { readVlanFacts } from './desired/vlanFacts';

/**
 * Resolves the VLAN of every address (configured map, panel subnet, port or NIC), applies the allowlist and so
 * computes the desired bindings of each port, with the rule for each address left out: {@link readVlanFacts}, then
 * {@link desiredPorts}. There is no effect; a preview does the same.
 */
export function createFilterByVlan(
  deps: ActivityDependencies,
  subnets = new SubnetsAhead(deps),
): Activities['filterByVlan'] {
  return async (input) => {
    const readings = await readVlanFacts(deps, input, attemptSignal(), (signal) => subnets.read(input.batch, signal));
    if (readings.faults.length > 0)
      deps.log.warn(
        { device: input.device, rows: readings.faults.slice(0, SHOWN_FAULTS) },
        "rows of the panel's subnets cannot be read",
      );
    const { ports, ...result } = desiredPorts(readings);
    const { fits, left } = fitting(ports);
    return { ...result, ports: fits, ...(left.length === 0 ? {} : { left: left.map(({ port }) => port) }) };
  };
}
