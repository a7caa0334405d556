import type { DeviceState } from '../../src/devices/device';
import { planWork } from '../../src/devices/pass/planning';
import type { PortPlan } from '../../src/domain/change/plan';
import type { Binding } from '../../src/domain/desired/binding';
import type { PortPolicy } from '../../src/domain/policies/policy';
import type { DeviceId } from '../../src/domain/values/device';
import type { PortName } from '../../src/domain/values/port';
import { request, target } from '../devices/support';

/** What the shared pass plans for one port: translation, policies, guards and order, as in every pass. */
export function planned(
  state: DeviceState,
  device: DeviceId,
  port: PortName,
  sources: readonly Binding[],
  policies: readonly PortPolicy[],
): PortPlan {
  const asked = request([target(port, sources)], {
    policies: { device, policies, at: new Date(1), memories: new Map() },
  });
  const [work, ...more] = planWork(asked, state);
  if (work === undefined || more.length > 0) throw new Error(`${more.length + 1} ports were planned`);
  if (work.verdict.kind === 'failed') throw new Error(work.verdict.error.message);
  return work.plan;
}
