import type { PoliciesOfDevice, PortTarget, PreviewRequest } from '../../devices/pass/request';
import type { DeviceId } from '../../domain/values/device';
import type { PolicyReader } from '../../store/policies';
import type { PortMemoryReader } from '../../store/portMemories';
import { remoteGroups, type RemoteGroupSources } from '../policies/remoteGroups';

/** Where policies, and what is remembered because of them, are read. */
export interface PolicySources {
  readonly policies: PolicyReader;
  readonly portMemories: PortMemoryReader;
}

/** The policies that may concern the ports of a pass or a look; nothing where there are none, so that nothing more is read. */
export async function policiesOfDevice(
  deps: RemoteGroupSources,
  device: DeviceId,
  targets: readonly PortTarget[],
  signal: AbortSignal,
): Promise<Pick<PreviewRequest, 'policies'>> {
  const at = new Date();
  const { policies: stored, portMemories } = deps.store;
  const serverIds = [...new Set(targets.flatMap((target) => target.serverIds ?? []))];
  const [policies, memories] = await Promise.all([stored.inForce(device, serverIds, at), portMemories.of(device)]);
  if (policies.length === 0 && memories.size === 0) return {};
  const saysGroups = policies.some(({ securityGroups = [] }) => securityGroups.length > 0);
  const groups = saysGroups ? await remoteGroups(deps, at, signal) : undefined;
  const found = { device, policies, at, memories, ...(groups === undefined ? {} : { groups }) };
  return { policies: found satisfies PoliciesOfDevice };
}
