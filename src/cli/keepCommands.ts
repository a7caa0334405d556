import type { Command } from 'commander';
import { endsSoon } from '../domain/change/keep';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { decisionsFor, type CliContext } from './context';
import type { ChangedKeepsAnswer, DecisionClient, KeepsAnswer } from './decisionClient';
import {
  authorOf,
  authorOption,
  expiresOption,
  expiryOf,
  reasonOption,
  timeoutOption,
  type DecisionOptions,
} from './decisionOptions';

interface ListOptions extends ApiOptions {
  readonly ending?: boolean;
}

type ChangeOptions = ApiOptions & DecisionOptions;
type Keep = KeepsAnswer['keeps'][number];

/** `portwarden keep …`: what people keep. A client of the public API. */
export function addKeepCommands(program: Command, context: CliContext): void {
  const keep = program.command('keep').description('what stays by a person’s word, whatever the panel says');
  keep
    .command('list')
    .description('show what is kept, by whom, why and until when')
    .argument('[device]', 'a device such as junos:3')
    .argument('[port]', "the device's port, as the list names it")
    .option('--ending', 'what ends within a week only')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string | undefined, port: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const client = decisionsFor(context, options);
      const filter = {
        ...(device === undefined ? {} : { device }),
        ...(port === undefined ? {} : { port }),
        ...(options.ending === true ? { ending: 'soon' } : {}),
      };
      const keeps = await everyKeep(client, filter);
      context.out(options.json === true ? asJson(keeps) : keepsText(keeps));
    });
  const change = (name: 'remove' | 'extend', description: string): Command =>
    keep
      .command(name)
      .description(description)
      .argument('<keeps...>', 'their numbers or addresses, as `portwarden keep list` shows them')
      .addOption(reasonOption())
      .addOption(authorOption())
      .addOption(timeoutOption())
      .addOption(apiOption())
      .addOption(jsonOption());
  change('remove', 'end keeps: their bindings are unknown again, and wait for a person').action(
    async (named: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions>();
      await changeKeeps(context, options, 'remove', named);
    },
  );
  change('extend', 'let keeps end at another time')
    .addOption(expiresOption())
    .option('--no-end', 'let them end never')
    .action(async (named: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions & { readonly end: boolean }>();
      const expiresAt = expiryOf(options.expires, new Date());
      if ((expiresAt === undefined) === options.end)
        throw new PortwardenError('invalid-request', 'say until when, with --expires, or --no-end');
      await changeKeeps(context, options, 'extend', named, expiresAt === undefined ? {} : { expiresAt });
    });
}

async function changeKeeps(
  context: CliContext,
  options: ChangeOptions,
  change: 'remove' | 'extend',
  named: readonly string[],
  end: { readonly expiresAt?: string } = {},
): Promise<void> {
  if (options.reason === undefined) throw new PortwardenError('invalid-request', 'say why, with --reason');
  const client = decisionsFor(context, options);
  const ids = await idsOf(client, named);
  const decision = { ids, ...end, author: authorOf(options), reason: options.reason };
  const answer = await client.changeKeeps(change, decision, options.timeout * 1000, (text) =>
    context.err(`  ${text}\n`),
  );
  context.out(options.json === true ? asJson(answer) : changedText(answer));
  if (answer.missing.length > 0) context.exit(EXIT.failed);
}

async function everyKeep(client: DecisionClient, filter: Readonly<Record<string, string>>): Promise<readonly Keep[]> {
  const keeps: Keep[] = [];
  let after: string | undefined = '0';
  while (after !== undefined) {
    const page: KeepsAnswer = await client.keeps({ ...filter, after, limit: '500' });
    keeps.push(...page.keeps);
    after = page.next;
  }
  return keeps;
}

/** The numbers of keeps that are named by number, address or whole binding. */
async function idsOf(client: DecisionClient, named: readonly string[]): Promise<readonly string[]> {
  if (named.every(isNumber)) return named;
  const keeps = await everyKeep(client, {});
  return named.map((word) => {
    if (isNumber(word)) return word;
    const found = keeps.filter(({ statement }) => statement.ip === word || statement.text === word);
    const [first, ...others] = found;
    if (first === undefined) throw new PortwardenError('invalid-request', `${word} is not kept`);
    if (others.length > 0)
      throw new PortwardenError(
        'invalid-request',
        `${word} is kept several times: name one of ${found.map(({ id }) => id).join(', ')}`,
      );
    return first.id;
  });
}

const isNumber = (word: string): boolean => /^\d+$/.test(word);

function keepsText(keeps: readonly Keep[]): string {
  if (keeps.length === 0) return 'Nothing is kept\n';
  return `${keeps.map(keepText).join('\n')}\n`;
}

function keepText({ id, device, port, statement, author, reason, createdAt, expiresAt }: Keep): string {
  const soon = endsSoon(expiresAt === undefined ? {} : { expiresAt }, Date.now()) ? ' (soon)' : '';
  const until = expiresAt === undefined ? 'for good' : `until ${expiresAt}${soon}`;
  return `${id.padStart(4)}  ${device} ${port}  ${statement.text}\n      by ${author} since ${createdAt}, ${until}: ${reason}`;
}

function changedText({ summary, changed, outcomes }: ChangedKeepsAnswer): string {
  return [
    summary,
    ...changed.map(keepText),
    ...outcomes.map(({ device, port, status, summary: words }) => `${device} ${port} ${status}: ${words}`),
    '',
  ].join('\n');
}
