import { Option, type Command } from 'commander';
import { z } from 'zod';
import { SEVERITIES } from '../domain/alarms/registry';
import type { ScopeFields } from '../domain/values/scope';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { authorOf, authorOption, reasonOption } from './decisionOptions';
import { limitOption } from './limitOption';
import { addScopeOptions, scopeOf } from './scopeOptions';

const alarm = z.looseObject({
  number: z.string(),
  id: z.string(),
  severity: z.string(),
  device: z.string().optional(),
  port: z.string().optional(),
  name: z.string().optional(),
  text: z.string(),
  since: z.string(),
  raisedAt: z.string(),
  clearedAt: z.string().optional(),
  acknowledged: z.looseObject({ at: z.string(), by: z.string(), reason: z.string() }).optional(),
});
const shown = alarm.extend({
  about: z.looseObject({ meaning: z.string(), action: z.string(), raised: z.string(), cleared: z.string() }),
});
const listed = z.looseObject({
  alarms: z.array(alarm),
  judged: z.looseObject({ at: z.string(), unread: z.array(z.string()) }).nullable(),
  next: z.string().optional(),
});

type AlarmAnswer = z.infer<typeof alarm>;

interface ListOptions extends ApiOptions, ScopeFields {
  readonly alarm?: string;
  readonly severity?: string;
  readonly limit: number;
}

const API = '/api/alarms';
const PAGE = 500;

/** `portwarden alarms …`. Clients of the public API. */
export function addAlarmCommands(program: Command, context: CliContext): void {
  const alarms = program.command('alarms').description('what is wrong now, and what was; docs/alarms.md');
  const list = (name: string, state: 'open' | 'cleared', description: string): Command =>
    addScopeOptions(alarms.command(name, { isDefault: state === 'open' }).description(description))
      .option('--alarm <id>', 'of this kind, such as parked')
      .addOption(new Option('--severity <severity>', 'of this severity').choices(SEVERITIES))
      .addOption(limitOption())
      .addOption(apiOption())
      .addOption(jsonOption())
      .action(async (_options: unknown, command: Command) => {
        await showList(context, command.optsWithGlobals<ListOptions>(), state);
      });
  list('list', 'open', 'list the open alarms, newest first');
  list('history', 'cleared', 'list alarms that were cleared, newest first');

  alarms
    .command('show')
    .description('show one alarm with what it means and what to do')
    .argument('<number>', 'its number in the list')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (number: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(shown, await apiFor(context, options).get(`${API}/${encodeURIComponent(number)}`));
      if (options.json === true) return context.out(asJson(answer));
      const { meaning, action, raised, cleared } = answer.about;
      const lines = [`means: ${meaning}`, `do: ${action}`, `raised when: ${raised}`, `cleared when: ${cleared}`];
      context.out(`${rowOf(answer)}${lines.map((line) => `  ${line}\n`).join('')}`);
    });

  alarms
    .command('acknowledge')
    .description('say that you have seen an open alarm; it stays until the system clears it')
    .argument('<number>', 'its number in the list')
    .addOption(reasonOption().makeOptionMandatory())
    .addOption(authorOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (number: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions & { readonly reason: string; readonly author?: string }>();
      const said = { reason: options.reason, author: authorOf(options) };
      const path = `${API}/${encodeURIComponent(number)}/acknowledge`;
      const answer = parsed(alarm, await apiFor(context, options).post(path, said));
      context.out(options.json === true ? asJson(answer) : rowOf(answer));
    });
}

async function showList(context: CliContext, options: ListOptions, state: 'open' | 'cleared'): Promise<void> {
  const { limit } = options;
  const query = new URLSearchParams({
    state,
    limit: String(Math.min(limit, PAGE)),
    ...(options.alarm === undefined ? {} : { alarm: options.alarm }),
    ...(options.severity === undefined ? {} : { severity: options.severity }),
    ...scopeQuery(options),
  });
  const rows: AlarmAnswer[] = [];
  let judged: z.infer<typeof listed>['judged'] = null;
  for await (const page of apiFor(context, options).pages(`${API}?${query.toString()}`, listed)) {
    rows.push(...page.alarms);
    judged = page.judged;
    if (rows.length >= limit) break;
  }
  const found = rows.slice(0, limit);
  if (options.json === true) return context.out(asJson({ alarms: found, judged }));
  context.out(
    [
      ...(found.length === 0 ? [state === 'open' ? 'No alarm is open\n' : 'No alarm was cleared\n'] : found.map(rowOf)),
      ...(judged === null ? ['Alarms were never judged: does a worker run?\n'] : []),
      ...(judged?.unread ?? []).map(
        (what) => `not read at ${judged?.at ?? ''}, so alarms of it stay as they are: ${what}\n`,
      ),
    ].join(''),
  );
}

function scopeQuery(options: ScopeFields): Record<string, string> {
  const { all, site, device, port } = options;
  if (all === undefined && site === undefined && device === undefined && port === undefined) return {};
  const { kind, ...named } = scopeOf(options);
  return kind === 'all' ? { all: 'true' } : named;
}

function rowOf({
  number,
  id,
  severity,
  device,
  port,
  name,
  text,
  since,
  clearedAt,
  acknowledged,
}: AlarmAnswer): string {
  const subject = [device, port, name].filter((part) => part !== undefined).join(' ') || 'the whole site';
  const until = clearedAt === undefined ? '' : ` until ${clearedAt}`;
  const seen = acknowledged === undefined ? '' : ` (seen by ${acknowledged.by}: ${acknowledged.reason})`;
  return `${number.padStart(6)}  ${severity}  ${id}  ${subject}  since ${since}${until}: ${text}${seen}\n`;
}
