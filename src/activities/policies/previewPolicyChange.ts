import { scopeKey } from '../../domain/policies/policy';
import { afterRequest, NO_POLICY, policyOf, type VersionedPolicy } from '../../domain/policies/storedPolicy';
import type { ChangePolicyInput, PolicyActivities } from '../../protocol/policies';
import type { PolicyReader, PolicyRepository } from '../../store/policies';
import type { ActivityDependencies } from '../dependencies';
import { DeviceStates, lookAtDevice, type LookDependencies } from '../looks/looks';
import { withinLook } from '../looks/limit';
import { proposedStore } from '../looks/proposedSources';
import { previewOf } from '../previewChanges';
import { byDevice, concernedPorts } from './concernedPorts';
import { judgePolicy } from './judgePolicy';

/** What proposing a policy needs beside a look. */
export type PreviewPolicyDependencies = LookDependencies &
  Pick<ActivityDependencies, 'widestRanges'> & {
    readonly store: { readonly policies: Pick<PolicyRepository, 'get'> };
  };

/** Says what a pass would do with the ports concerned if the policy were as proposed. Nothing is touched. */
export function createPreviewPolicyChange(deps: PreviewPolicyDependencies): PolicyActivities['previewPolicyChange'] {
  return ({ proposed, form }) =>
    withinLook(async (signal) => {
      const scope = proposed.change === 'set' ? proposed.policy.scope : proposed.scope;
      const { ports, notes } = await concernedPorts(deps, scope, signal);
      const devices = [...byDevice(ports)];
      const refused =
        proposed.change === 'set'
          ? judgePolicy(
              deps.devices,
              proposed.policy,
              deps.widestRanges,
              devices.map(([device]) => device),
              new Date(),
            )
          : [];
      const as = {
        ...deps,
        store: { ...proposedStore(deps), policies: proposedPolicies(deps.store.policies, proposed) },
      };
      const states = new DeviceStates(deps.devices, signal);
      const looks = await Promise.all(
        devices.map(([device, requests]) => lookAtDevice(as, device, requests, states, signal)),
      );
      return previewOf(looks, form, [...notes, ...refused]);
    });
}

/** The policies as they would be after a change. */
function proposedPolicies(
  present: PolicyReader & Pick<PolicyRepository, 'get'>,
  request: ChangePolicyInput,
): PolicyReader {
  const scope = request.change === 'set' ? request.policy.scope : request.scope;
  const changed = async (policies: readonly VersionedPolicy[], at: Date): Promise<readonly VersionedPolicy[]> => {
    const after = afterRequest(await present.get(scope, at), request, { version: NO_POLICY, at });
    const others = policies.filter((policy) => scopeKey(policy.scope) !== scopeKey(scope));
    return after === undefined ? others : [...others, policyOf(after)];
  };
  return {
    inForce: async (device, serverIds, at) => changed(await present.inForce(device, serverIds, at), at),
    everywhere: async (at) => changed(await present.everywhere(at), at),
  };
}
