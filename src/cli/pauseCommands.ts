import type { Command } from 'commander';
import { z } from 'zod';
import { EXIT } from '../domain/exitCode';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { authorOf, authorOption, expiresOption, expiryOf, reasonOption } from './decisionOptions';
import { addScopeOptions, scopeOf } from './scopeOptions';
import type { Scope, ScopeFields } from '../domain/values/scope';

const pause = z.looseObject({
  scope: z.string(),
  reason: z.string(),
  author: z.string(),
  since: z.string(),
  expiresAt: z.string().optional(),
});
const ended = pause.extend({ ended: z.looseObject({ at: z.string(), by: z.string(), reason: z.string() }) });
const begunAnswer = z.looseObject({ pause });
const resumedAnswer = z.looseObject({ ended: ended.nullable(), still: z.array(pause) });
const pausesAnswer = z.looseObject({ pauses: z.array(pause), ended: z.array(ended) });
const statusAnswer = z.looseObject({
  pauses: z.array(pause),
  brake: z.looseObject({ since: z.string(), reason: z.string() }).nullable(),
  alarms: z.record(z.string(), z.number()).optional(),
});

type PauseAnswer = z.infer<typeof pause>;

/** What `portwarden pause` and `portwarden resume` are told. */
export interface PauseOptions extends ApiOptions, ScopeFields {
  readonly reason: string;
  readonly author?: string;
  readonly expires?: string;
}

/** `portwarden pause`, `portwarden resume`, `portwarden pauses`. */
export function addPauseCommands(program: Command, context: CliContext): void {
  addScopeOptions(
    program.command('pause').description('change nothing there until it is resumed; events are accepted and wait'),
  )
    .addOption(reasonOption().makeOptionMandatory())
    .addOption(authorOption())
    .addOption(expiresOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PauseOptions>();
      await pauseScope(context, options, scopeOf(options));
    });
  addScopeOptions(program.command('resume').description('end a pause; what waited is merged and carried out'))
    .addOption(reasonOption().makeOptionMandatory())
    .addOption(authorOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PauseOptions>();
      await resumeScope(context, options, scopeOf(options));
    });
  program
    .command('pauses')
    .description('list what is paused, and what was lately, with who and why')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(pausesAnswer, await apiFor(context, options).get('/api/pauses'));
      if (options.json === true) return context.out(asJson(answer));
      context.out(
        lines([
          ...(answer.pauses.length === 0 ? ['Nothing is paused'] : answer.pauses.map(wordsOf)),
          ...answer.ended.map(
            (one) => `ended: ${wordsOf(one)}; ${one.ended.at} by ${one.ended.by}: ${one.ended.reason}`,
          ),
        ]),
      );
    });
}

/** Pauses a scope and says so. */
export async function pauseScope(context: CliContext, options: PauseOptions, scope: Scope): Promise<void> {
  const expiresAt = expiryOf(options.expires, new Date());
  const answer = parsed(
    begunAnswer,
    await apiFor(context, options).post('/api/pauses', {
      ...fieldsOf(scope),
      reason: options.reason,
      author: authorOf(options),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }),
  );
  context.out(options.json === true ? asJson(answer) : `Paused: ${wordsOf(answer.pause)}\n`);
}

/** Ends the pause of a scope, and says what keeps it paused still. */
export async function resumeScope(context: CliContext, options: PauseOptions, scope: Scope): Promise<void> {
  const answer = parsed(
    resumedAnswer,
    await apiFor(context, options).post('/api/pauses/resume', {
      ...fieldsOf(scope),
      reason: options.reason,
      author: authorOf(options),
    }),
  );
  if (answer.still.length > 0 || answer.ended === null) context.exit(EXIT.failed);
  if (options.json === true) return context.out(asJson(answer));
  context.out(
    lines([
      answer.ended === null ? 'That is not paused itself; nothing was resumed' : `Resumed: ${wordsOf(answer.ended)}`,
      ...answer.still.map((one) => `still paused: ${wordsOf(one)}`),
    ]),
  );
}

/** `portwarden status` without an event: what holds changes back now. */
export async function showStatus(context: CliContext, options: ApiOptions): Promise<void> {
  const answer = parsed(statusAnswer, await apiFor(context, options).get('/api/status'));
  if (options.json === true) return context.out(asJson(answer));
  const { pauses, brake, alarms = {} } = answer;
  const open = Object.entries(alarms).flatMap(([severity, count]) => (count === 0 ? [] : [`${count} ${severity}`]));
  context.out(
    lines([
      ...pauses.map((one) => `PAUSED: ${wordsOf(one)}`),
      ...(brake === null ? [] : [`BRAKE: since ${brake.since}: ${brake.reason}`]),
      ...(open.length === 0 ? [] : [`ALARMS: ${open.join(', ')}; \`portwarden alarms\` lists them`]),
      ...(pauses.length === 0 && brake === null ? ['Nothing holds changes back'] : []),
    ]),
  );
}

function fieldsOf(scope: Scope): object {
  const { kind, ...named } = scope;
  return kind === 'all' ? { all: true } : named;
}

function wordsOf({ scope, reason, author, since, expiresAt }: PauseAnswer): string {
  const until = expiresAt === undefined ? 'until it is resumed' : `until ${expiresAt}`;
  return `${scope} since ${since} ${until}, by ${author}: ${reason}`;
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
