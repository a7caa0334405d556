import { setTimeout as sleep } from 'node:timers/promises';
import { PortwardenError } from '../domain/errors';
import type { Scope } from '../domain/values/scope';
import { parsed, type ApiClient } from './apiClient';
import type { ApiOptions } from './apiOptions';
import { runAnswer, type RunAnswer } from './applyAllAnswers';
import { progressBar, progressLine } from './applyAllText';
import type { CliContext } from './context';
import { RemoteError } from './failure';

const EVERY_MS = 1_000;
/** Without a terminal a line is printed when something changed, and not more often. */
const LINE_EVERY_MS = 10_000;
/** At one look a second: two months. */
const MOST_LOOKS = 5_184_000;
const OVER: readonly string[] = ['done', 'cancelled'];

/** How far the run of a scope is, or how the last one ended; undefined when there was none. */
export function latestRun(api: ApiClient, scope: Scope): Promise<RunAnswer | undefined> {
  return found(async () => parsed(runAnswer, await api.get(`/api/apply-all?${queryOf(scope)}`)));
}

/**
 * Shows how far the run of a plan is, until it is over.
 * @param before how the last run stood before this one was asked for: until a worker has begun this one, it is what the API tells of.
 */
export async function follow(
  context: CliContext,
  api: ApiClient,
  options: ApiOptions,
  scope: Scope,
  plan: string,
  before: RunAnswer | undefined,
): Promise<RunAnswer> {
  const show = liveLine(context, options);
  const past = before !== undefined && OVER.includes(before.state) ? before.startedAt : undefined;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const answer = await latestRun(api, scope);
    if (answer?.plan === plan && answer.startedAt !== past) {
      if (OVER.includes(answer.state)) {
        show.end();
        return answer;
      }
      show.line(show.isTerminal ? progressBar(answer) : progressLine(answer));
    }
    await sleep(EVERY_MS);
  }
  throw new PortwardenError('answer-timeout', 'The run goes on; see it with `portwarden apply-all status`');
}

/** One line that is written over on a terminal; elsewhere a line now and then, when it says something new. */
export function liveLine({ err, isTerminal = false }: CliContext, { json }: ApiOptions) {
  let last = '';
  let at = 0;
  return {
    isTerminal,
    line(text: string): void {
      if (json === true || text === last) return;
      if (!isTerminal && Date.now() - at < LINE_EVERY_MS) return;
      last = text;
      at = Date.now();
      err(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
    },
    end(): void {
      if (isTerminal && last !== '') err('\r\u001b[K');
    },
  };
}

/** A scope as the API takes it. */
export function fieldsOf(scope: Scope): object {
  const { kind, ...named } = scope;
  return kind === 'all' ? { all: true } : named;
}

/** A scope as the query of a path. */
export function queryOf(scope: Scope): string {
  const fields = Object.entries(fieldsOf(scope)).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}

/** What is not there yet is asked for again. */
export async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'not-found') return undefined;
    throw error;
  }
}
