import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT } from '../domain/exitCode';
import { PortwardenError } from '../domain/errors';
import type { Scope, ScopeFields } from '../domain/values/scope';
import { applyScope } from '../protocol/applyAll';
import { parsed, type ApiClient } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { planAnswer, planPortsAnswer, runAnswer, runsAnswer, startedAnswer } from './applyAllAnswers';
import type { PlanAnswer, PlanPortAnswer, RunAnswer } from './applyAllAnswers';
import { fieldsOf, follow, found, latestRun, liveLine, queryOf } from './applyAllFollowing';
import { planText, portText, runText } from './applyAllText';
import { apiFor, type CliContext } from './context';
import { authorOf, authorOption, reasonOption } from './decisionOptions';
import { scopeOf } from './scopeOptions';

interface ApplyAllOptions extends ApiOptions, ScopeFields {
  readonly plan?: boolean;
  readonly planHash?: string;
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly reason?: string;
  readonly author?: string;
}

const EVERY_MS = 500;
/** At two looks a second: half a day. */
const MOST_PLAN_LOOKS = 86_400;
const SHOWN_PORTS = 200;
const PAGE = 200;
const MOST_PAGES = 10_000;

/** `portwarden apply-all`: brings every automated port of a scope up to date, by a plan that is seen first. */
export function addApplyAllCommands(program: Command, context: CliContext): void {
  const applyAll = addFields(
    program
      .command('apply-all')
      .description('bring every automated port of a device, a site or everything up to date, by a plan'),
  )
    .addOption(new Option('--plan', 'only show what would be done'))
    .addOption(new Option('--plan-hash <hash>', 'run the plan that was shown with this hash').conflicts('plan'))
    .addOption(new Option('--yes', 'run what is planned now without asking').conflicts('plan'))
    .addOption(new Option('--detach', 'do not wait for the end'))
    .addOption(reasonOption())
    .addOption(authorOption())
    .action(async (_options: unknown, command: Command) => {
      await planOrRun(context, command.optsWithGlobals<ApplyAllOptions>());
    });
  addFields(applyAll.command('status').description('how far the run is; without a scope, all plans and runs')).action(
    async (_options: unknown, command: Command) => {
      await showStatus(context, command.optsWithGlobals<ApplyAllOptions>());
    },
  );
  for (const [what, description] of [
    ['pause', 'ask for no further port; what is in a commit ends'],
    ['resume', 'go on with a paused run'],
    ['cancel', 'end a run: what was committed stays, nothing new is begun'],
  ] as const)
    addFields(applyAll.command(what).description(description))
      .addOption(reasonOption())
      .addOption(authorOption())
      .action(async (_options: unknown, command: Command) => {
        const options = command.optsWithGlobals<ApplyAllOptions>();
        const said = { ...fieldsOf(scopeIn(options)), ...decisionOf(options) };
        const run = parsed(runAnswer, await apiFor(context, options).post(`/api/apply-all/${what}`, said));
        context.out(options.json === true ? asJson(run) : runText(run));
      });
}

function addFields(command: Command): Command {
  return command
    .addOption(new Option('--all', 'every device that is known'))
    .addOption(new Option('--site <name>', 'the devices of a site of the configuration'))
    .addOption(new Option('--device <device>', 'a device such as junos:3'))
    .addOption(apiOption())
    .addOption(jsonOption());
}

async function planOrRun(context: CliContext, options: ApplyAllOptions): Promise<void> {
  const scope = scopeIn(options);
  const api = apiFor(context, options);
  if (options.planHash !== undefined) return run(context, api, options, scope, options.planHash);
  const isTerminal = context.ask !== undefined && options.json !== true;
  if (options.plan !== true && options.yes !== true && !isTerminal)
    throw new PortwardenError(
      'invalid-request',
      'see the plan first with --plan, and run it with --plan-hash; or --yes runs whatever is planned now',
    );
  const plan = await planned(context, api, options, scope);
  if (options.json !== true || options.plan === true) await showPlan(context, api, options, plan);
  if (plan.hash === undefined || plan.state === 'failed') return context.exit(EXIT.failed);
  if (options.plan === true) return;
  if (options.yes !== true && !/^y(es)?$/i.test((await context.ask?.('Run this plan? [y/N] ')) ?? '')) {
    context.err('Nothing was run\n');
    return context.exit(EXIT.notApplied);
  }
  await run(context, api, options, scope, plan.hash);
}

/** Has a plan made, and waits for it. */
async function planned(
  context: CliContext,
  api: ApiClient,
  options: ApplyAllOptions,
  scope: Scope,
): Promise<PlanAnswer> {
  const { plan } = parsed(
    startedAnswer,
    await api.post('/api/apply-all/plan', { ...fieldsOf(scope), author: authorOf(options) }),
  );
  const show = liveLine(context, options);
  for (let look = 0; look < MOST_PLAN_LOOKS; look += 1) {
    const answer = await found(async () => parsed(planAnswer, await api.get(`/api/apply-all/plans/${plan}`)));
    if (answer !== undefined && answer.state !== 'planning') {
      show.end();
      return answer;
    }
    show.line(`planning: ${answer?.ports ?? 0} port(s) looked at`);
    await sleep(EVERY_MS);
  }
  throw new PortwardenError('answer-timeout', 'The plan is not ready yet');
}

async function showPlan(
  context: CliContext,
  api: ApiClient,
  options: ApplyAllOptions,
  plan: PlanAnswer,
): Promise<void> {
  if (options.json === true) {
    const ports: PlanPortAnswer[] = [];
    for await (const port of notablePorts(api, plan.id)) ports.push(port);
    return context.out(asJson({ ...plan, notable: ports }));
  }
  let shown = 0;
  for await (const port of notablePorts(api, plan.id)) {
    shown += 1;
    if (shown > SHOWN_PORTS) break;
    context.out(portText(port));
  }
  if (shown > SHOWN_PORTS) context.out('  … and further ports: --json lists all\n');
  context.out(planText(plan));
}

/** Ports of a plan that are not simply as they should be. */
async function* notablePorts(api: ApiClient, plan: string): AsyncGenerator<PlanPortAnswer> {
  for (let page = 0, after = ''; page < MOST_PAGES; page += 1) {
    const answer = parsed(
      planPortsAnswer,
      await api.get(`/api/apply-all/plans/${plan}/ports?notable=true&limit=${PAGE}${after}`),
    );
    yield* answer.ports;
    if (answer.next === undefined) return;
    after = `&after=${encodeURIComponent(answer.next)}`;
  }
}

async function run(
  context: CliContext,
  api: ApiClient,
  options: ApplyAllOptions,
  scope: Scope,
  planHash: string,
): Promise<void> {
  const said = { ...fieldsOf(scope), planHash, ...decisionOf(options) };
  const before = options.detach === true ? undefined : await latestRun(api, scope);
  const started = parsed(startedAnswer, await api.post('/api/apply-all', said));
  if (options.detach === true)
    return context.out(options.json === true ? asJson(started) : `Apply All runs plan ${started.plan}\n`);
  const ended = await follow(context, api, options, scope, started.plan, before);
  if (options.json === true) context.out(asJson(ended));
  else {
    for await (const port of notablePorts(api, started.plan))
      if (port.outcome !== undefined && TROUBLE.includes(port.outcome)) context.out(portText(port));
    context.out(runText(ended));
  }
  context.exit(exitOf(ended));
}

const TROUBLE: readonly string[] = ['failed', 'differs', 'parked'];

/** 0: every port is as it should be, or is not automated; 4: some were left to a person, or the run was cancelled; 1: some failed. */
function exitOf({ state, counts }: RunAnswer): number {
  if ((counts['failed'] ?? 0) > 0) return EXIT.failed;
  const left = (counts['parked'] ?? 0) + (counts['differs'] ?? 0);
  return left > 0 || state !== 'done' ? EXIT.notApplied : EXIT.ok;
}

async function showStatus(context: CliContext, options: ApplyAllOptions): Promise<void> {
  const api = apiFor(context, options);
  if (options.all !== true && options.site === undefined && options.device === undefined) {
    const answer = parsed(runsAnswer, await api.get('/api/apply-all'));
    if (options.json === true) return context.out(asJson(answer));
    const lines = answer.runs.map(
      ({ id, scope, state, at, author, hash }) =>
        `${scope}: ${state}; plan ${id} of ${at} by ${author}${hash === undefined ? '' : `, hash ${hash}`}`,
    );
    return context.out(lines.length === 0 ? 'Nothing was planned\n' : `${lines.join('\n')}\n`);
  }
  const run = parsed(runAnswer, await api.get(`/api/apply-all?${queryOf(scopeIn(options))}`));
  context.out(options.json === true ? asJson(run) : runText(run));
}

function scopeIn({ all, site, device }: ScopeFields): Scope {
  try {
    return applyScope(scopeOf({ all, site, device }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

function decisionOf(options: ApplyAllOptions): { readonly author: string; readonly reason: string } {
  if (options.reason === undefined) throw new PortwardenError('invalid-request', 'say why with --reason');
  return { author: authorOf(options), reason: options.reason };
}
