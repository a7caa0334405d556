import { Option, type Command } from 'commander';
import type { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { LOOK_TIMEOUT_MS, parsed, type ApiClient } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, configurationFor, decisionsFor, type CliContext } from './context';
import {
  authorOf,
  authorOption,
  expiresOption,
  expiryOf,
  reasonOption,
  timeoutOption,
  type DecisionOptions,
} from './decisionOptions';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';
import {
  acceptedAnswer,
  holdAnswer,
  holdDetails,
  holdsAnswer,
  holdsText,
  releasedAnswer,
  releasedText,
  releasePlanAnswer,
  releasePlanText,
  restoredAnswer,
  restoredText,
  restorePlanAnswer,
  restorePlanText,
} from './holdAnswers';

interface PlanOptions extends ApiOptions, DecisionOptions {
  /** Only shows the plan. */
  readonly preview?: boolean;
  readonly hash?: string;
  readonly yes?: boolean;
}

const DEFAULT_HOLD = '7d';
/** Outcomes of ports that are as they were to be. */
const DONE: readonly string[] = ['applied', 'held', 'unchanged'];

/** `portwarden backup restore …`: a command of the group of backups. A client of the public API. */
export function addRestoreCommand(backups: Command, context: CliContext): void {
  const command = backups
    .command('restore')
    .description('bring ports back to what they had, and hold them so against the panel until a time')
    .argument('<device>', DEVICE_HELP, readDevice(context))
    .argument(
      '<id>',
      'the backup, as `backup list` names it, or `latest`: what the device had before its newest change',
    )
    .argument('[port]', 'one port only; without it, all automated ports of the device');
  addPlanOptions(command)
    .addOption(expiresOption().default(DEFAULT_HOLD))
    .action(async (named: DeviceArgument, backup: string, port: string | undefined, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<PlanOptions>();
      const device = named(configurationFor(context, options, 'client'));
      const subject = { device, backup, ...(port === undefined ? {} : { port }) };
      await restore(context, options, subject);
    });
}

/** `portwarden hold …`: ports that people hold as a backup had them. Clients of the public API. */
export function addHoldCommands(program: Command, context: CliContext): void {
  const group = program.command('hold').description('ports that stay as a restore made them, whatever the panel says');
  group
    .command('list')
    .description('show what is held, by whom, why and until when')
    .argument('[device]', 'a device such as junos:3')
    .argument('[port]', "the device's port")
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string | undefined, port: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const holds = await everyHold(apiFor(context, options), device, port);
      context.out(options.json === true ? asJson(holds) : holdsText(holds));
    });
  group
    .command('show')
    .description('show one with all its bindings')
    .argument('<id>', 'as `hold list` shows it')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const hold = parsed(holdAnswer, await apiFor(context, options).get(`/api/holds/${encodeURIComponent(id)}`));
      context.out(options.json === true ? asJson(hold) : holdDetails(hold));
    });
  addPlanOptions(
    group
      .command('release')
      .description('end holds: shows what the sources make of their ports then, and asks')
      .argument('[ids...]', 'their numbers, as `hold list` shows them')
      .addOption(new Option('--device <device>', 'every hold of a device such as junos:3')),
  ).action(async (named: readonly string[], _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<PlanOptions & { readonly device?: string }>();
    if ((named.length === 0) === (options.device === undefined))
      throw new PortwardenError('invalid-request', 'name holds by their numbers, or all of a device with --device');
    const ids =
      options.device === undefined
        ? named
        : (await everyHold(apiFor(context, options), options.device, undefined)).map(({ id }) => id);
    await release(context, options, ids);
  });
}

function addPlanOptions(command: Command): Command {
  return command
    .option('--preview', 'only show what would be done, and its hash')
    .addOption(new Option('--hash <hash>', 'do exactly what a preview with this hash showed, without asking'))
    .option('--yes', 'do whatever is due now, without asking')
    .addOption(reasonOption())
    .addOption(authorOption())
    .addOption(timeoutOption())
    .addOption(apiOption())
    .addOption(jsonOption());
}

async function restore(
  context: CliContext,
  options: PlanOptions,
  subject: Readonly<Record<string, string>>,
): Promise<void> {
  const api = apiFor(context, options);
  const expiresAt = expiryOf(options.expires, new Date());
  const hash = await confirmed(context, options, 'Restore and hold so?', async () => {
    const plan = parsed(restorePlanAnswer, await api.post('/api/restores/plan', subject, LOOK_TIMEOUT_MS));
    return { plan, text: restorePlanText(plan), isPossible: plan.ports.some(({ status }) => status !== 'refused') };
  });
  if (hash === undefined) return;
  const answer = await decided(context, options, '/api/restores', restoredAnswer, { ...subject, hash, expiresAt });
  context.out(options.json === true ? asJson(answer) : restoredText(answer));
  if (answer.refused.length > 0 || answer.outcomes.some(({ status }) => !DONE.includes(status)))
    context.exit(EXIT.notApplied);
}

async function release(context: CliContext, options: PlanOptions, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) {
    context.out(options.json === true ? asJson({ released: [] }) : 'Nothing is held\n');
    return;
  }
  const api = apiFor(context, options);
  const hash = await confirmed(context, options, 'Release?', async () => {
    const plan = parsed(releasePlanAnswer, await api.post('/api/holds/release/plan', { ids }, LOOK_TIMEOUT_MS));
    return { plan, text: releasePlanText(plan), isPossible: plan.ports.every(({ trouble }) => trouble === undefined) };
  });
  if (hash === undefined) return;
  const answer = await decided(context, options, '/api/holds/release', releasedAnswer, { ids, hash });
  context.out(options.json === true ? asJson(answer) : releasedText(answer));
  if (answer.outcomes.some(({ status }) => !DONE.includes(status))) context.exit(EXIT.notApplied);
}

interface ShownPlan {
  readonly plan: { readonly hash: string };
  readonly text: string;
  /** Whether any of it can be carried out. */
  readonly isPossible: boolean;
}

/** The hash of what a person wants done: given, or of the plan that is shown and that they say yes to. Undefined: nothing is to be done. */
async function confirmed(
  context: CliContext,
  options: PlanOptions,
  question: string,
  look: () => Promise<ShownPlan>,
): Promise<string | undefined> {
  if (options.preview !== true && options.reason === undefined)
    throw new PortwardenError('invalid-request', 'say why, with --reason; or see what would be done with --preview');
  if (options.hash !== undefined && options.preview !== true) return options.hash;
  const mayAsk = context.ask !== undefined && options.json !== true;
  if (options.preview !== true && options.yes !== true && !mayAsk)
    throw new PortwardenError(
      'invalid-request',
      'see what would be done with --preview, and do it with --hash; or --yes does whatever is due now',
    );
  const { plan, text, isPossible } = await look();
  if (options.json !== true) context.out(text);
  else if (options.preview === true) context.out(asJson(plan));
  if (!isPossible) context.exit(EXIT.notApplied);
  if (options.preview === true || !isPossible) return undefined;
  if (options.yes === true || /^y(es)?$/i.test((await context.ask?.(`${question} [y/N] `)) ?? '')) return plan.hash;
  context.err('Nothing was done\n');
  context.exit(EXIT.notApplied);
  return undefined;
}

/** Sends a decision, and waits for what becomes of it. */
async function decided<Answer>(
  context: CliContext,
  options: PlanOptions,
  path: string,
  schema: z.ZodType<Answer>,
  said: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const decision = { ...said, author: authorOf(options), reason: options.reason };
  const { workflowId } = parsed(acceptedAnswer, await apiFor(context, options).post(path, decision));
  const ended = await decisionsFor(context, options).ended(workflowId, options.timeout * 1000, (text) =>
    context.err(`  ${text}\n`),
  );
  return parsed(schema, ended);
}

async function everyHold(
  api: ApiClient,
  device: string | undefined,
  port: string | undefined,
): Promise<z.infer<typeof holdAnswer>[]> {
  const query = new URLSearchParams({
    limit: '500',
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
  });
  const holds: z.infer<typeof holdAnswer>[] = [];
  for await (const page of api.pages(`/api/holds?${query.toString()}`, holdsAnswer)) holds.push(...page.holds);
  return holds;
}
