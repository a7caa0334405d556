import { Option, type Command } from 'commander';
import { z } from 'zod';
import { NOTIFICATION_TYPES } from '../domain/notifications/announcement';
import { DELIVERY_STATES } from '../domain/notifications/delivery';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import { parsed } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { limitOption } from './limitOption';

const delivery = z.looseObject({
  id: z.string(),
  messageId: z.string(),
  endpoint: z.string(),
  type: z.string(),
  at: z.string(),
  device: z.string().optional(),
  port: z.string().optional(),
  text: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.number(),
  round: z.number(),
  lastAttemptAt: z.string().optional(),
  nextAttemptAt: z.string().optional(),
  lastStatus: z.number().optional(),
  lastError: z.string().optional(),
  endedAt: z.string().optional(),
});
const shown = delivery.extend({ data: z.record(z.string(), z.unknown()) });
const listed = z.looseObject({ notifications: z.array(delivery), next: z.string().optional() });
const endpoints = z.looseObject({
  endpoints: z.array(
    z.looseObject({
      id: z.string(),
      origin: z.string(),
      format: z.string(),
      types: z.array(z.string()),
      disabledAt: z.string().optional(),
      failingSince: z.string().optional(),
      lastError: z.string().optional(),
      lastSuccessAt: z.string().optional(),
      queued: z.number(),
      sending: z.number(),
      failed: z.number(),
    }),
  ),
});
const replayed = z.looseObject({ replayed: z.number(), more: z.boolean() });

type DeliveryAnswer = z.infer<typeof delivery>;
type EndpointAnswer = z.infer<typeof endpoints>['endpoints'][number];

interface ListOptions extends ApiOptions {
  readonly failed?: boolean;
  readonly state?: string;
  readonly endpoint?: string;
  readonly type?: string;
  readonly site?: string;
  readonly device?: string;
  readonly since?: string;
  readonly limit: number;
}

const API = '/api/notifications';
const PAGE = 500;
const TEST_POLL_MS = 500;
const TEST_WITHIN_MS = 90_000;

/** `portwarden notification …`. Clients of the public API. */
export function addNotificationCommands(program: Command, context: CliContext): void {
  const group = program.command('notification').description('outgoing webhooks; docs/notifications.md');
  group
    .command('endpoints')
    .description('list who is notified, and how each stands')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(endpoints, await apiFor(context, options).get(`${API}/endpoints`));
      if (options.json === true) return context.out(asJson(answer));
      context.out(answer.endpoints.map(endpointRow).join('') || 'No endpoint is configured\n');
    });
  group
    .command('list')
    .description('list notifications on their way and sent ones, newest first')
    .option('--failed', 'those that were given up')
    .addOption(new Option('--state <state>', 'in this state').choices(DELIVERY_STATES).conflicts('failed'))
    .option('--endpoint <id>', 'to this endpoint')
    .addOption(new Option('--type <type>', 'of this type').choices(NOTIFICATION_TYPES))
    .option('--site <site>', 'about devices of this site')
    .option('--device <device>', 'about this device')
    .option('--since <time>', 'of what happened since then')
    .addOption(limitOption())
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      await showList(context, command.optsWithGlobals<ListOptions>());
    });
  group
    .command('show')
    .description('show one notification with what it says')
    .argument('<id>', 'its id in the list')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApiOptions>();
      const answer = parsed(shown, await apiFor(context, options).get(`${API}/${encodeURIComponent(id)}`));
      if (options.json === true) return context.out(asJson(answer));
      const { data, messageId, attempts, lastAttemptAt } = answer;
      context.out(
        `${rowOf(answer)}  webhook-id: ${messageId}\n  tries: ${attempts}${lastAttemptAt === undefined ? '' : `, last at ${lastAttemptAt}`}\n  data: ${JSON.stringify(data)}\n`,
      );
    });
  addReplay(group, context);
  group
    .command('test')
    .description(
      'send a test to an endpoint and wait for its answer; one that answered 410 is used again when it succeeds',
    )
    .argument('<endpoint>', 'its id')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (endpoint: string, _options: unknown, command: Command) => {
      await test(context, endpoint, command.optsWithGlobals<ApiOptions>());
    });
}

function addReplay(group: Command, context: CliContext): void {
  group
    .command('replay')
    .description('send a notification again, or all that were given up since a time')
    .argument('[id]', 'its id in the list')
    .option('--failed', 'all that were given up; with --since')
    .option('--since <time>', 'given up since then')
    .option('--endpoint <id>', 'to this endpoint')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const { failed, since, endpoint } = options;
      const isAll = failed === true && since !== undefined;
      if (isAll === (id !== undefined) || (!isAll && (failed ?? since ?? endpoint) !== undefined))
        throw new PortwardenError('invalid-request', 'name one notification, or say --failed and --since');
      const api = apiFor(context, options);
      if (id !== undefined) {
        const answer = parsed(delivery, await api.post(`${API}/${encodeURIComponent(id)}/replay`, {}));
        return context.out(options.json === true ? asJson(answer) : rowOf(answer));
      }
      const body = { since, ...(endpoint === undefined ? {} : { endpoint }) };
      const answer = parsed(replayed, await api.post(`${API}/replay`, body));
      if (options.json === true) return context.out(asJson(answer));
      context.out(`${answer.replayed} are sent again${answer.more ? '; there are more, say it once more' : ''}\n`);
    });
}

async function showList(context: CliContext, options: ListOptions): Promise<void> {
  const { limit, failed, state, endpoint, type, site, device, since } = options;
  const query = new URLSearchParams({ limit: String(Math.min(limit, PAGE)) });
  const fields = { state: failed === true ? 'failed' : state, endpoint, type, site, device, since };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value);
  const rows: DeliveryAnswer[] = [];
  for await (const page of apiFor(context, options).pages(`${API}?${query.toString()}`, listed)) {
    rows.push(...page.notifications);
    if (rows.length >= limit) break;
  }
  const found = rows.slice(0, limit);
  if (options.json === true) return context.out(asJson({ notifications: found }));
  context.out(found.map(rowOf).join('') || 'There is no such notification\n');
}

/** Ends with a failure when the endpoint took nothing. */
async function test(context: CliContext, endpoint: string, options: ApiOptions): Promise<void> {
  const api = apiFor(context, options);
  let answer = parsed(delivery, await api.post(`${API}/endpoints/${encodeURIComponent(endpoint)}/test`, {}));
  for (const end = Date.now() + TEST_WITHIN_MS; isOpen(answer) && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS));
    answer = parsed(shown, await api.get(`${API}/${answer.id}`));
  }
  context.out(options.json === true ? asJson(answer) : rowOf(answer));
  if (answer.state !== 'delivered') context.exit(EXIT.failed);
}

function isOpen({ state }: DeliveryAnswer): boolean {
  return state === 'queued' || state === 'sending';
}

function rowOf({ id, endpoint, type, at, state, text, device, port, ...row }: DeliveryAnswer): string {
  const where = [device, port].filter((part) => part !== undefined).join(' ');
  const next = state === 'sending' && row.nextAttemptAt !== undefined ? `, next try at ${row.nextAttemptAt}` : '';
  const why = row.lastError === undefined ? '' : ` (${row.lastError})`;
  return `${id.padStart(6)}  ${state}  ${endpoint}  ${type}  ${where === '' ? '' : `${where}  `}${at}: ${text}${next}${why}\n`;
}

function endpointRow({ id, origin, format, types, queued, sending, failed, ...one }: EndpointAnswer): string {
  const stands =
    one.disabledAt !== undefined
      ? `answered 410 at ${one.disabledAt}: nothing is sent until a test succeeds`
      : one.failingSince !== undefined
        ? `takes nothing since ${one.failingSince}: ${one.lastError ?? 'no answer'}`
        : one.lastSuccessAt === undefined
          ? 'not used yet'
          : `last used ${one.lastSuccessAt}`;
  const all = types.length === NOTIFICATION_TYPES.length ? 'everything' : types.join(', ');
  return `${id}  ${format}  ${origin}  ${all}  queued ${queued}, sending ${sending}, failed ${failed}  ${stands}\n`;
}
