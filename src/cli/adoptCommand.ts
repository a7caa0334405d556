import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import type { DecisionClient, UnknownBindingsAnswer } from './decisionClient';
import { readPlan, writePlan } from './adoptionPlan';
import { adoptedText, unknownText } from './adoptionText';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { decisionsFor, type CliContext } from './context';
import {
  authorOption,
  authorOf,
  expiresOption,
  expiryOf,
  reasonOption,
  timeoutOption,
  type DecisionOptions,
} from './decisionOptions';
import { splitDecisions, type Decisions } from './splitDecisions';
import { findStatements } from './statementWords';

interface AdoptOptions extends ApiOptions, DecisionOptions {
  readonly keep?: readonly string[];
  readonly remove?: readonly string[];
  readonly plan?: boolean | string;
  readonly apply?: string;
  readonly origin?: boolean;
  readonly outsideWindow?: boolean;
}

/** `portwarden adopt`: what becomes of bindings that nothing here explains. A client of the public API. */
export function addAdoptCommand(program: Command, context: CliContext): void {
  program
    .command('adopt')
    .description('list the bindings of a device or port that nothing explains; keep or remove them')
    .argument('<device>', 'a device such as junos:3')
    .argument('[port]', "the device's port, such as ge-0/0/1.0")
    .option('--keep <bindings...>', 'keep these (addresses, or whole bindings as the list shows them) or `all`')
    .option('--remove <bindings...>', 'remove these, or `all`')
    .option(
      '--plan [file]',
      'write a plan of all decisions, to be read, edited and applied (default: to standard output)',
    )
    .addOption(
      new Option(
        '--origin',
        "search the device's own commit history for who brought each binding; reads one configuration for each commit",
      ).conflicts('apply'),
    )
    .addOption(
      new Option('--apply <file>', 'carry out the decisions of such a plan').conflicts(['keep', 'remove', 'plan']),
    )
    .option('--outside-window', 'what is to be removed goes now, though the change window of the device is closed')
    .addOption(reasonOption())
    .addOption(authorOption())
    .addOption(expiresOption())
    .addOption(timeoutOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string, port: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AdoptOptions>();
      const client = decisionsFor(context, options);
      if (options.apply !== undefined) return apply(context, client, device, options, options.apply);
      const found = await everything(client, device, port, options.origin === true);
      if (options.plan !== undefined && options.plan !== false)
        return plan(context, options.plan, writePlan(found, new Date(), options.reason));
      if (options.keep === undefined && options.remove === undefined)
        return context.out(options.json === true ? asJson(found) : unknownText(found));
      const decisions = namedDecisions(found, options);
      await carryOut(context, client, { device, ports: decisions }, options, requiredReason(options));
    });
}

/** All ports: those that one answer has no room for are asked for by themselves. */
async function everything(
  client: DecisionClient,
  device: string,
  port: string | undefined,
  withOrigin: boolean,
): Promise<UnknownBindingsAnswer> {
  const first = await client.unknownBindings(device, port, withOrigin);
  const ports = [...first.ports];
  const notes = [...first.notes];
  for (const omitted of first.omitted) {
    const more = await client.unknownBindings(device, omitted, withOrigin);
    ports.push(...more.ports);
    notes.push(...more.notes);
  }
  return { ...first, ports, notes, omitted: [] };
}

function namedDecisions(found: UnknownBindingsAnswer, { keep = [], remove = [] }: AdoptOptions): Decisions['ports'] {
  const kept = findStatements(found, keep);
  const removed = findStatements(found, remove);
  const twice = removed.find(({ key, port }) => kept.some((one) => one.key === key && one.port === port));
  if (twice !== undefined) throw usage(`${twice.text} on ${twice.port} is to be kept and removed`);
  const decided = [
    ...kept.map((one) => ({ ...one, adoption: 'keep' as const })),
    ...removed.map((one) => ({ ...one, adoption: 'remove' as const })),
  ];
  const ports = new Set(decided.map(({ port }) => port));
  return [...ports].map((port) => ({
    port,
    statements: decided.filter((one) => one.port === port).map(({ key, adoption }) => ({ key, adoption })),
  }));
}

async function apply(
  context: CliContext,
  client: DecisionClient,
  device: string,
  options: AdoptOptions,
  file: string,
): Promise<void> {
  const path = resolve(context.cwd, file);
  const plan = readPlan(readText(path), file, options.reason);
  if (plan.device !== device) throw usage(`${file} is a plan of ${plan.device}, not of ${device}`);
  await carryOut(context, client, plan, options, plan.reason);
}

async function carryOut(
  context: CliContext,
  client: DecisionClient,
  { device, ports }: Decisions,
  options: AdoptOptions,
  reason: string,
): Promise<void> {
  const expiresAt = expiryOf(options.expires, new Date());
  const common = {
    ...{ device, author: authorOf(options), reason },
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(options.outsideWindow === true ? { outsideWindow: true } : {}),
  };
  const results = [];
  for (const part of splitDecisions(ports)) {
    const { workflowId } = await client.adopt({ ...common, ports: part });
    context.err(`accepted as ${workflowId}\n`);
    results.push(await client.adopted(workflowId, options.timeout * 1000, (text) => context.err(`  ${text}\n`)));
  }
  const adopted = results.flatMap((result) => result.ports);
  context.out(options.json === true ? asJson({ device, ports: adopted }) : adoptedText(device, adopted));
  const isOpen = adopted.some(({ refused, notRemoved }) => refused !== undefined || notRemoved.length > 0);
  const isFailed = adopted.some(({ outcomes }) => outcomes.some(({ status }) => status === 'failed'));
  if (isFailed) context.exit(EXIT.failed);
  else if (isOpen) context.exit(EXIT.notApplied);
}

function requiredReason({ reason }: AdoptOptions): string {
  if (reason === undefined) throw usage('say why, with --reason');
  return reason;
}

function plan(context: CliContext, file: string | true, text: string): void {
  if (file === true) return context.out(text);
  const path = resolve(context.cwd, file);
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw usage(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  context.out(`${path} written\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function usage(message: string): PortwardenError {
  return new PortwardenError('invalid-request', message);
}
