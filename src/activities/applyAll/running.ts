import { UNDER_WAY } from '../../domain/applyAll/plan';
import { expectedSeconds, NOTHING_DONE } from '../../domain/applyAll/progress';
import { PortwardenError } from '../../domain/errors';
import { portRequest } from '../../domain/servers/portRequest';
import { scopeText } from '../../domain/values/scope';
import { DEVICES_AT_ONCE, type ApplyAllActivities } from '../../protocol/applyAll';
import type { ActivityDependencies } from '../dependencies';
import { withFeedingNodes } from '../enlist';

const DEVICES_PER_PAGE = 500;

/** The activities of a run of Apply All: it asks coordinators for ports, and touches no device. */
export function running(
  deps: ActivityDependencies,
): Pick<ApplyAllActivities, 'beginRun' | 'runDevices' | 'askPorts' | 'endRun'> {
  const { applyPlans } = deps.store;
  return {
    async beginRun({ plan, ...run }) {
      const startedAt = new Date().toISOString();
      const begun = (await applyPlans.beginRun(plan, { ...run, startedAt })) && (await applyPlans.get(plan));
      if (begun === false || begun === undefined)
        throw new PortwardenError('plan-unknown', `The plan ${plan} cannot be run`);
      const { ports, byOutcome, seconds } = await applyPlans.totals(plan);
      return {
        scope: scopeText(begun.scope),
        total: ports,
        counts: { ...NOTHING_DONE, ...byOutcome },
        expectedSeconds: expectedSeconds(seconds, DEVICES_AT_ONCE),
        startedAt: begun.run?.startedAt ?? startedAt,
      };
    },
    async runDevices({ plan, after }) {
      const devices = await applyPlans.devices(plan, after, DEVICES_PER_PAGE);
      const last = devices.at(-1);
      return { devices, ...(devices.length < DEVICES_PER_PAGE || last === undefined ? {} : { next: last }) };
    },
    async askPorts({ plan, device, waiter, settled }) {
      await applyPlans.settle(plan, settled);
      const state = (await applyPlans.get(plan))?.state ?? 'cancelled';
      const isGoing = state === 'running';
      const open = isGoing ? await applyPlans.open(plan, device, deps.limits.batchPorts) : [];
      const requests = await Promise.all(
        open.map(({ port, nodes }) =>
          withFeedingNodes(deps, device, { ...portRequest(port, { nodes }), plan, waiter }),
        ),
      );
      if (open.length > 0) deps.devices.requireDriver(device);
      await deps.enlister.enlistAll(device, requests);
      return {
        state,
        ports: open.map(({ port }) => port),
        waitForOutcomeMs: deps.waitForOutcomeMs,
        historyLimit: deps.limits.historyLimit,
      };
    },
    async endRun({ plan, settled, state }) {
      await applyPlans.settle(plan, settled);
      await applyPlans.setState(plan, UNDER_WAY, state, new Date());
    },
  };
}
