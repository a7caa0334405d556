import type { DeviceDirectory } from '../../devices/directory';
import { PortwardenError } from '../../domain/errors';
import type { RangeLimits } from '../../domain/policies/addressPair';
import { checkPolicy, scopeKey } from '../../domain/policies/policy';
import { NO_POLICY, policyOf, type NewPolicy } from '../../domain/policies/storedPolicy';
import type { DeviceId } from '../../domain/values/device';

/**
 * Judges a policy before it is stored or anything is asked of a device: by the rules that hold for every device, then by
 * what the kinds of its devices carry out. A server may have ports on several: one that carries it out is enough.
 * @param limits the widest ranges that need no word of their own, as configured.
 * @param devices those of the ports that it concerns.
 * @returns what devices do not carry out, in words.
 * @throws PortwardenError of `checkPolicy`; `policy-unsupported`; `device-kind-unknown`.
 */
export function judgePolicy(
  directory: Pick<DeviceDirectory, 'policyRefusal' | 'requireDriver'>,
  policy: NewPolicy,
  limits: RangeLimits,
  devices: readonly DeviceId[],
  at: Date,
): readonly string[] {
  checkPolicy(policyOf({ ...policy, version: NO_POLICY, createdAt: at.toISOString() }), at, limits);
  const { scope } = policy;
  const concerned = scope.kind === 'server' ? [...new Set(devices)] : [scope.device];
  const refusals = concerned.flatMap((device) => {
    directory.requireDriver(device);
    const words = directory.policyRefusal(device, policy);
    return words === undefined ? [] : [`${device}: ${words}`];
  });
  if (refusals.length > 0 && refusals.length === concerned.length)
    throw new PortwardenError(
      'policy-unsupported',
      `The policy of ${scopeKey(scope)} is refused: ${refusals.join('; ')}`,
    );
  return refusals;
}
