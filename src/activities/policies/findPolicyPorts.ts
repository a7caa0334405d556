import type { PolicyActivities } from '../../protocol/policies';
import { attemptSignal } from '../failure';
import { concernedPorts, type ConcernedPortSources } from './concernedPorts';

/** Finds the ports that a policy concerns. Nothing is touched. */
export function createFindPolicyPorts(deps: ConcernedPortSources): PolicyActivities['findPolicyPorts'] {
  return ({ scope }) => concernedPorts(deps, scope, attemptSignal());
}
