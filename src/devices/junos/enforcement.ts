import type { Statement } from '../../domain/change/statement';
import type { PortName } from '../../domain/values/port';
import { trustedVlans } from './dialects/dialect';
import { filterStatements } from './filters/portFilters';
import { policyStatement } from './policyStatements';
import type { SwitchState } from './switchState';

/** What is on a port besides its bindings. */
export function enforcementOf({ bindings, filters }: SwitchState, port: PortName): readonly Statement[] {
  const trust = trustedVlans(bindings, port).map((vlanName) => policyStatement({ kind: 'trusted', vlanName }));
  return [...trust, ...filterStatements(filters, port)];
}
