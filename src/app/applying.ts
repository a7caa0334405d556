import { randomUUID } from 'node:crypto';
import type { ApplyAllService, RunView } from '../api/applyAllRoutes';
import { RUNNABLE, UNDER_WAY, type ApplyPlan, type PlanState } from '../domain/applyAll/plan';
import { doneOf, NOTHING_DONE } from '../domain/applyAll/progress';
import { PortwardenError } from '../domain/errors';
import { scopeText, type Scope } from '../domain/values/scope';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { ApplyAllWorkflows } from '../temporal/applyAll';

/** What Apply All needs. */
export interface ApplyingOptions {
  readonly store: Pick<Store, 'applyPlans'>;
  readonly workflows: ApplyAllWorkflows;
  readonly log: Log;
}

/** What a person says to a run, the states in which that can be said, and the state that follows. */
const SAYINGS = {
  pause: { from: ['running'], to: 'paused', signal: 'pauseRun' },
  resume: { from: ['paused'], to: 'running', signal: 'resumeRun' },
  cancel: { from: UNDER_WAY, to: 'cancelled', signal: 'cancelRun' },
} as const satisfies Record<string, { from: readonly PlanState[]; to: PlanState; signal: string }>;

/**
 * Plans and runs Apply All. What stops a run is its row in the store: every pass reads it. The workflow is told besides, so that
 * it asks for nothing more; said once more, a telling that was lost is made good. A run whose workflow was terminated is over by the
 * next word to it.
 */
export function createApplyAllService({ store: { applyPlans }, workflows, log }: ApplyingOptions): ApplyAllService {
  const view = async (plan: ApplyPlan): Promise<RunView> => {
    const live = UNDER_WAY.includes(plan.state) ? await workflows.progress(plan.scope) : undefined;
    if (live?.plan === plan.id) return { ...live, hasAnswered: true };
    const { ports, byOutcome } = await applyPlans.totals(plan.id);
    const counts = { ...NOTHING_DONE, ...byOutcome };
    const { author = plan.author, reason = '', startedAt = plan.at, endedAt } = plan.run ?? {};
    return {
      ...{ plan: plan.id, scope: scopeText(plan.scope), state: plan.state, author, reason, startedAt },
      ...{ total: ports, done: doneOf(counts), counts, inFlight: 0, waiting: 0, reasons: [], devices: [] },
      hasAnswered: false,
      ...(endedAt === undefined ? {} : { endedAt }),
    };
  };
  const latestRun = async (scope: Scope): Promise<ApplyPlan | undefined> => {
    const runs = (await applyPlans.list(scope, LISTED)).filter(({ run }) => run !== undefined);
    return runs.find(({ state }) => UNDER_WAY.includes(state)) ?? runs[0];
  };
  return {
    async plan(scope, author) {
      const plan = await workflows.plan(randomUUID(), scope, author);
      log.info({ plan, scope: scopeText(scope), author }, 'Apply All is planned');
      return plan;
    },
    async shown(id) {
      const plan = await applyPlans.get(id);
      return plan === undefined ? undefined : { plan, totals: await applyPlans.totals(id) };
    },
    ports: (plan, filter) => applyPlans.ports(plan, filter),
    async run(scope, hash, by) {
      const plan = await applyPlans.find(scope, hash);
      const isGoing = plan !== undefined && UNDER_WAY.includes(plan.state);
      if (plan === undefined || !(isGoing || RUNNABLE.includes(plan.state)))
        throw new PortwardenError('plan-unknown', `No plan of ${scopeText(scope)} with the hash ${hash} can be run`);
      const isNew = await workflows.run(plan.id, scope, by);
      const running = isNew ? undefined : await workflows.progress(scope);
      if (running !== undefined && running.plan !== plan.id)
        throw new PortwardenError(
          'apply-all-running',
          `${running.author} runs Apply All over ${scopeText(scope)} since ${running.startedAt}: ${running.done} of ${running.total} port(s)`,
        );
      log.warn({ plan: plan.id, scope: scopeText(scope), ...by, isNew }, 'Apply All runs');
      return { plan: plan.id, isNew };
    },
    async latest(scope) {
      const plan = await latestRun(scope);
      return plan === undefined ? undefined : view(plan);
    },
    list: (limit) => applyPlans.list(undefined, limit),
    async say(scope, what, by) {
      const plan = await latestRun(scope);
      const { from, to, signal } = SAYINGS[what];
      const isChanged = plan !== undefined && (await applyPlans.setState(plan.id, from, to, new Date()));
      if (plan === undefined || !(isChanged || plan.state === to))
        throw new PortwardenError(
          'not-found',
          `No run of Apply All over ${scopeText(scope)} can be ${PARTICIPLE[what]}`,
        );
      const isTold = await workflows.tell(scope, signal);
      if (!isTold && !(isChanged && what === 'cancel')) {
        // The row must not say that a run goes on which nobody carries out.
        await applyPlans.setState(plan.id, UNDER_WAY, 'cancelled', new Date());
        throw new PortwardenError(
          'not-found',
          `The run of Apply All over ${scopeText(scope)} is over${isChanged ? ': its workflow was terminated. Its plan can be run again for the rest' : ''}`,
        );
      }
      log.warn({ plan: plan.id, scope: scopeText(scope), ...by, isTold }, `Apply All is ${PARTICIPLE[what]}`);
      return view((await applyPlans.get(plan.id)) ?? plan);
    },
  };
}

const LISTED = 20;
const PARTICIPLE = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const;
