import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { EVENT_ACTIONS, parseEvent } from '../domain/event/event';
import type { ApiClient, EventStatusAnswer } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { EXIT } from '../domain/exitCode';
import { RemoteError } from './failure';
import { showStatus } from './pauseCommands';

interface EventOptions extends ApiOptions {
  readonly ip?: readonly string[];
  readonly wait?: boolean;
  readonly timeout: number;
  readonly idempotencyKey?: string;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/** `portwarden event` and `portwarden status`: clients of the public API. */
export function addEventCommands(program: Command, context: CliContext): void {
  program
    .command('event')
    .description('send an event, as the panel would')
    .argument('<action>', EVENT_ACTIONS.join(', '))
    .argument('<serverId>', "the panel's number of the server")
    .option('--ip <address...>', 'the addresses that the event names')
    .option('--wait', 'wait until the event has ended and show its outcome')
    .addOption(new Option('--timeout <seconds>', 'longest wait with --wait').default(600).argParser(parseTimeout))
    .option('--idempotency-key <key>', 'a repeat with the same key starts nothing new')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (action: string, serverId: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EventOptions>();
      const event = parseEvent({ action, serverId, ips: options.ip });
      const client = apiFor(context, options);
      const accepted = await client.postEvent(event, options.idempotencyKey);
      if (options.wait !== true) {
        context.out(options.json === true ? asJson(accepted) : acceptedText(accepted));
        return;
      }
      context.err(acceptedText(accepted));
      const status = await settled(client, accepted.workflowId, options.timeout * 1000, context);
      show(context, options, status);
    });

  program
    .command('status')
    .description('show what became of an event; without one, what holds changes back now')
    .argument('[workflowId]', "as `portwarden event` or the webhook's answer names it")
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (workflowId: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      if (workflowId === undefined) return showStatus(context, options);
      show(context, options, await apiFor(context, options).status(workflowId));
    });
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('must be a number of seconds from 1 to 86400');
  return seconds;
}

/** Asks until the event has ended; says on standard error what it waits for. */
async function settled(
  client: ApiClient,
  workflowId: string,
  timeoutMs: number,
  context: CliContext,
): Promise<EventStatusAnswer> {
  const deadline = Date.now() + timeoutMs;
  let shown: string | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const status = await client.status(workflowId);
    if (status.state !== 'running') return status;
    if (status.waitingFor !== undefined && status.waitingFor !== shown) context.err(`  ${status.waitingFor}\n`);
    shown = status.waitingFor;
    if (Date.now() + pause >= deadline) {
      throw new RemoteError(
        'waited-too-long',
        `The event still runs after ${timeoutMs / 1000} s; it goes on`,
        `See: portwarden status ${workflowId}`,
      );
    }
    await sleep(pause);
  }
}

function show(context: CliContext, options: ApiOptions, status: EventStatusAnswer): void {
  context.out(options.json === true ? asJson(status) : statusText(status));
  const outcome = outcomeOf(status);
  if (status.state === 'running' || outcome?.status === 'applied' || outcome?.status === 'unchanged') return;
  context.exit(NOT_APPLIED.includes(outcome?.status ?? '') ? EXIT.notApplied : EXIT.failed);
}

/** Ends of an event without the change that it was about, though nothing failed. */
const NOT_APPLIED: readonly string[] = ['skipped', 'parked', 'held'];

interface Outcome {
  readonly status: string;
  readonly summary: string;
}

function outcomeOf(status: EventStatusAnswer): Outcome | undefined {
  const { outcome } = status;
  if (typeof outcome !== 'object' || outcome === null || !('status' in outcome) || typeof outcome.status !== 'string')
    return undefined;
  const summary = 'summary' in outcome && typeof outcome.summary === 'string' ? outcome.summary : '';
  return { status: outcome.status, summary };
}

function acceptedText(accepted: {
  readonly workflowId: string;
  readonly uiUrl?: string | undefined;
  readonly repeated?: boolean | undefined;
}): string {
  const repeated = accepted.repeated === true ? ' (a repeat: nothing new was started)' : '';
  return [
    `accepted as ${accepted.workflowId}${repeated}`,
    ...(accepted.uiUrl === undefined ? [] : [`  ${accepted.uiUrl}`]),
    '',
  ].join('\n');
}

function statusText(status: EventStatusAnswer): string {
  const outcome = outcomeOf(status);
  return [
    `${status.workflowId}: ${outcome?.status ?? status.state}`,
    ...(outcome === undefined || outcome.summary === '' ? [] : [`  ${outcome.summary}`]),
    ...(status.waitingFor === undefined ? [] : [`  ${status.waitingFor}`]),
    ...(status.error === undefined ? [] : [`  ${status.error.code}: ${status.error.message}`]),
    ...(status.error?.remedy === undefined ? [] : [`  what to do: ${status.error.remedy}`]),
    ...(status.uiUrl === undefined ? [] : [`  ${status.uiUrl}`]),
    '',
  ].join('\n');
}
