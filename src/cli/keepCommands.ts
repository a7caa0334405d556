import type { Command } from 'commander';
import { endsSoon } from '../domain/change/keep';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { decisionsFor, type CliContext } from './context';
import type { ChangedKeepsAnswer, KeepsAnswer } from './decisionClient';
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
      const keeps: Keep[] = [];
      for (let after: string | undefined = '0'; after !== undefined;) {
        const page: KeepsAnswer = await client.keeps({ ...filter, after, limit: '500' });
        keeps.push(...page.keeps);
        after = page.next;
      }
      context.out(options.json === true ? asJson(keeps) : keepsText(keeps));
    });
  const change = (name: 'remove' | 'extend', description: string): Command =>
    keep
      .command(name)
      .description(description)
      .argument('<ids...>', 'the numbers of keeps, as `portwarden keep list` shows them')
      .addOption(reasonOption())
      .addOption(authorOption())
      .addOption(timeoutOption())
      .addOption(apiOption())
      .addOption(jsonOption());
  change('remove', 'end keeps: their bindings are unknown again, and wait for a person').action(
    async (ids: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions>();
      await changeKeeps(context, options, 'remove', { ids });
    },
  );
  change('extend', 'let keeps end at another time')
    .addOption(expiresOption())
    .option('--no-end', 'let them end never')
    .action(async (ids: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ChangeOptions & { readonly end: boolean }>();
      const expiresAt = expiryOf(options.expires, new Date());
      if ((expiresAt === undefined) === options.end)
        throw new PortwardenError('invalid-request', 'say until when, with --expires, or --no-end');
      await changeKeeps(context, options, 'extend', { ids, ...(expiresAt === undefined ? {} : { expiresAt }) });
    });
}

async function changeKeeps(
  context: CliContext,
  options: ChangeOptions,
  change: 'remove' | 'extend',
  said: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (options.reason === undefined) throw new PortwardenError('invalid-request', 'say why, with --reason');
  const decision = { ...said, author: authorOf(options), reason: options.reason };
  const client = decisionsFor(context, options);
  const answer = await client.changeKeeps(change, decision, options.timeout * 1000, (text) =>
    context.err(`  ${text}\n`),
  );
  context.out(options.json === true ? asJson(answer) : changedText(answer));
  if (answer.missing.length > 0) context.exit(EXIT.failed);
}

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
