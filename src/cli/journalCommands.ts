import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { PortwardenError } from '../domain/errors';
import { parsed, type ApiClient } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { durationOf } from './decisionOptions';
import { journalAnswer, journalEntryAnswer, type JournalRow } from './journalAnswers';
import { limitOption } from './limitOption';
import { journalEntryText, journalRowsText } from './journalText';

const API = '/api/journal';
const PAGE = 500;

/** The fields of a question to the journal, as the API names them, and what each asks for. */
const FIELDS = [
  ['since', '<when>', 'from then on: 90m, 12h, 30d or 8w ago, or a date such as 2026-11-30'],
  ['until', '<when>', 'before then'],
  ['site', '<name>', 'of the devices of a site of the configuration'],
  ['device', '<device>', 'of a device such as junos:3'],
  ['port', '<port>', 'of this port of --device'],
  ['status', '<status>', 'applied, unchanged, skipped, parked or failed'],
  ['ip', '<address>', 'that added or removed something of this address'],
  ['mac', '<mac>', '… of this MAC'],
  ['vlan', '<id>', '… of this VLAN'],
  ['statement', '<text>', '… with this text, as entries show it'],
  ['event', '<id>', 'that this event waited for, by its workflow'],
  ['workflow', '<id>', 'of this workflow'],
  ['author', '<name>', 'that this person decided'],
  ['policy', '<scope>', 'in which this policy had a part, such as "server 101"'],
  ['commit', '<text>', "of the commit with this text in the device's log"],
] as const;

type FilterOptions = Partial<Record<(typeof FIELDS)[number][0], string>>;

interface ListOptions extends ApiOptions, FilterOptions {
  readonly limit: number;
}

interface ExportOptions extends ApiOptions, FilterOptions {
  readonly format: string;
  readonly output?: string;
}

/** `portwarden journal …`: what was decided about ports. Clients of the public API. */
export function addJournalCommands(program: Command, context: CliContext): void {
  const journal = program.command('journal').description('see and export what was decided about ports');
  const add = (usage: string, description: string): Command =>
    journal.command(usage).description(description).addOption(apiOption());

  addFilters(add('list', 'list decisions about ports, newest first').addOption(jsonOption()))
    .addOption(limitOption(50))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const rows = await newest(apiFor(context, options), options);
      if (options.json === true) context.out(asJson(rows));
      else context.out(rows.length === 0 ? 'The journal has no such entry\n' : journalRowsText(rows));
    });

  add('show', 'show one entry whole: bindings, commands, the difference that the device says')
    .addOption(jsonOption())
    .argument('<id>', 'its number in the list')
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const entry = parsed(journalEntryAnswer, await apiFor(context, options).get(`${API}/${encodeURIComponent(id)}`));
      context.out(options.json === true ? asJson(entry) : journalEntryText(entry));
    });

  addFilters(add('export', 'write whole entries, newest first, as JSON lines or CSV'))
    .addOption(new Option('--format <format>', 'of the file').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--output <file>', 'where to; it must not exist (default: standard output)')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>();
      const query = new URLSearchParams({ format: options.format, ...filterOf(options) }).toString();
      const parts = exported(apiFor(context, options), `${API}/export?${query}`);
      if (options.output === undefined) for await (const part of parts) context.out(part);
      else await writeTo(options.output, parts);
    });
}

function addFilters(command: Command): Command {
  for (const [name, value, meaning] of FIELDS) command.option(`--${name} ${value}`, meaning);
  return command;
}

function filterOf(options: FilterOptions): Record<string, string> {
  const given = FIELDS.flatMap(([name]) => {
    const value = options[name];
    return value === undefined ? [] : [[name, name === 'since' || name === 'until' ? instantOf(value) : value]];
  });
  return Object.fromEntries(given) as Record<string, string>;
}

/** The instant that an age names; the API reads dates. */
function instantOf(text: string): string {
  const age = durationOf(text);
  return age === undefined ? text : new Date(Date.now() - age).toISOString();
}

async function newest(api: ApiClient, options: ListOptions): Promise<JournalRow[]> {
  const { limit } = options;
  const query = new URLSearchParams({ ...filterOf(options), limit: String(Math.min(limit, PAGE)) });
  const rows: JournalRow[] = [];
  for await (const { entries } of api.pages(`${API}?${query.toString()}`, journalAnswer)) {
    rows.push(...entries);
    if (rows.length >= limit) break;
  }
  return rows.slice(0, limit);
}

/** All of an export, answer by answer: each names the next one. */
async function* exported(api: ApiClient, first: string): AsyncGenerator<string> {
  for (let path: string | undefined = first; path !== undefined;) {
    const answer = await api.download(path);
    yield* answer.parts;
    path = answer.next;
  }
}

async function writeTo(file: string, parts: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(parts), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new PortwardenError('invalid-request', `--output: ${error.message}`);
  }
}
