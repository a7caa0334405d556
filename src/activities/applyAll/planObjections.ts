import type { ConvergeRequest } from '../../devices/pass/request';
import { differenceDigest } from '../../domain/applyAll/plan';
import { errorReport, type ErrorReport } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import type { PassInput } from '../../protocol/activities';
import { isApplyAllId } from '../../protocol/names';
import type { Expectation } from '../../store/applyPlans';
import type { Store } from '../../store/store';
import type { RunBegun } from '../pass/journalEntries';

/** What the pass reads of plans. */
interface PlanReader {
  readonly store: { readonly applyPlans: Pick<Store['applyPlans'], 'expectation' | 'runsOf'> };
}

/**
 * What a pass holds against changes that Apply All asked for: the run was stopped meanwhile, or the change is not the planned
 * one. The rows of the store count, read with the pass; ports that anybody else asked for too are not held to a plan.
 * @throws PortwardenError `store-unavailable`: whoever cannot read a plan changes nothing by it.
 */
export async function planObjections(
  { store }: PlanReader,
  { device, ports }: PassInput,
): Promise<NonNullable<ConvergeRequest['objectionTo']>> {
  const plans = new Map(ports.flatMap(({ port, plan }) => (plan === undefined ? [] : [[port, plan] as const])));
  const known = new Map<string, Expectation | undefined>();
  for (const plan of new Set(plans.values())) {
    const wanted = [...plans].flatMap(([port, of]) => (of === plan ? [port] : []));
    known.set(plan, await store.applyPlans.expectation(plan, device, wanted));
  }
  return (port, { added, removed }) => {
    const plan = plans.get(port);
    return plan === undefined ? undefined : judge(known.get(plan), port, differenceDigest(added, removed));
  };
}

function judge(found: Expectation | undefined, port: PortName, digest: string): ErrorReport | undefined {
  if (found?.state !== 'running')
    return errorReport('apply-all-stopped', `${port}: Apply All was stopped before this port had its turn`);
  if (found.digests.get(port) === digest) return undefined;
  return errorReport('plan-differs', `${port}: what it needs now is not what was planned; nothing was changed`);
}

/** The runs of Apply All among those who wait for the ports of a pass, with who began them. */
export async function runsAmong({ store }: PlanReader, { ports }: PassInput): Promise<Map<string, RunBegun>> {
  const ids = [...new Set(ports.flatMap(({ events = [] }) => events.filter(isApplyAllId)))];
  const runs = await store.applyPlans.runsOf(ids);
  return new Map(
    [...runs].flatMap(([id, { id: plan, run }]) =>
      run === undefined ? [] : [[id, { author: run.author, reason: `Apply All, plan ${plan}: ${run.reason}` }]],
    ),
  );
}
