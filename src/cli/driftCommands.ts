import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import { EXIT } from '../domain/exitCode';
import type { ScopeFields } from '../domain/values/scope';
import { parsed, type ApiClient } from './apiClient';
import { apiOption, asJson, jsonOption, type ApiOptions } from './apiOptions';
import { apiFor, type CliContext } from './context';
import { addScopeOptions, scopeOf } from './scopeOptions';

const drift = z.looseObject({
  device: z.string(),
  port: z.string(),
  action: z.string(),
  since: z.string(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  clearedAt: z.string().optional(),
  says: z.string(),
  statements: z.array(z.looseObject({ says: z.string(), firstSeen: z.string() })),
});
const driftAnswer = z.looseObject({ drift: z.array(drift), next: z.string().optional() });
const reconcile = z.looseObject({
  device: z.string(),
  mode: z.string(),
  ports: z.number(),
  unreadable: z.number(),
  inDrift: z.number(),
  underWay: z.array(z.looseObject({ port: z.string(), why: z.string() })),
  notes: z.array(z.string()),
  triedAt: z.string(),
  lookedAt: z.string().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  failingSince: z.string().optional(),
});
const reconcilesAnswer = z.looseObject({ reconciles: z.array(reconcile) });
const startedAnswer = z.looseObject({ device: z.string(), workflowId: z.string() });

type DriftAnswer = z.infer<typeof drift>;
type ReconcileAnswer = z.infer<typeof reconcile>;

interface ListOptions extends ApiOptions, ScopeFields {
  readonly cleared?: boolean;
}

const POLL_MS = 500;
const LONGEST_CHECK_MS = 600_000;

/** What was done about drift, in words. */
const DONE: Readonly<Record<string, string>> = {
  reported: 'reported',
  parked: 'waits for a person: `portwarden parked`',
  enlisted: 'the coordinator was asked to mend it',
  rejected: 'a person rejected its mend',
};

/** `portwarden drift`: ports that are not as they should be, and how devices are reconciled. */
export function addDriftCommands(program: Command, context: CliContext): void {
  const command = program
    .command('drift')
    .description('ports that are not as they should be, though nothing of portwarden is under way there');
  addScopeOptions(command.command('list', { isDefault: true }).description('list them, with who changed them'))
    .addOption(new Option('--cleared', 'those of the last 30 days that are as they should be again'))
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (_options: unknown, own: Command) => {
      const options = own.optsWithGlobals<ListOptions>();
      const query = queryOf(options);
      const api = apiFor(context, options);
      const found = await allDrift(api, `${query}${options.cleared === true ? '&state=cleared' : ''}`);
      const { reconciles } = parsed(reconcilesAnswer, await api.get(`/api/drift/reconciles?${query.slice(1)}`));
      if (options.json === true) return context.out(asJson({ drift: found, reconciles }));
      context.out(lines([...listText(found), ...(options.cleared === true ? [] : reconciles.flatMap(underWayText))]));
    });
  command
    .command('show')
    .description('how the newest reconcile of a device went, and each statement of its drift')
    .argument('<device>', 'a device such as junos:3')
    .argument('[port]', 'one of its ports')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string, port: string | undefined, _options: unknown, own: Command) => {
      await show(context, own.optsWithGlobals<ApiOptions>(), device, port);
    });
  command
    .command('check')
    .description('reconcile a device now, wait for it and show what it found')
    .argument('<device>', 'a device such as junos:3')
    .addOption(apiOption())
    .addOption(jsonOption())
    .action(async (device: string, _options: unknown, own: Command) => {
      const options = own.optsWithGlobals<ApiOptions>();
      const api = apiFor(context, options);
      const before = (await stateOf(api, device))?.triedAt;
      const { workflowId } = parsed(startedAnswer, await api.post('/api/drift/reconcile', { device }));
      for (const end = Date.now() + LONGEST_CHECK_MS; (await stateOf(api, device))?.triedAt === before;) {
        if (Date.now() > end)
          throw new PortwardenError(
            'answer-timeout',
            `${workflowId} has not ended yet; \`portwarden drift show\` tells`,
          );
        await sleep(POLL_MS);
      }
      await show(context, options, device, undefined);
    });
}

async function show(context: CliContext, options: ApiOptions, device: string, port: string | undefined): Promise<void> {
  const api = apiFor(context, options);
  const found = await allDrift(api, queryOf({ device, port }));
  const state = await stateOf(api, device);
  if (state?.error !== undefined) context.exit(EXIT.failed);
  if (options.json === true) return context.out(asJson({ drift: found, reconcile: state ?? null }));
  context.out(
    lines([...(state === undefined ? [`${device} was never reconciled`] : stateText(state)), ...detailText(found)]),
  );
}

async function stateOf(api: ApiClient, device: string): Promise<ReconcileAnswer | undefined> {
  const path = `/api/drift/reconciles?device=${encodeURIComponent(device)}`;
  return parsed(reconcilesAnswer, await api.get(path)).reconciles[0];
}

async function allDrift(api: ApiClient, query: string): Promise<readonly DriftAnswer[]> {
  const found: DriftAnswer[] = [];
  for await (const page of api.pages(`/api/drift?limit=500${query}`, driftAnswer)) found.push(...page.drift);
  return found;
}

/** The scope as a query; no option names everything. */
function queryOf({ all, site, device, port }: ScopeFields): string {
  if (site === undefined && device === undefined && port === undefined) return '';
  const { kind, ...named } = scopeOf({ all, site, device, port });
  return kind === 'all' ? '' : `&${new URLSearchParams(named).toString()}`;
}

function listText(found: readonly DriftAnswer[]): string[] {
  if (found.length === 0) return ['No port is in drift'];
  return found.map(({ device, port, since, says, action, clearedAt }) => {
    const end = clearedAt === undefined ? (DONE[action] ?? action) : `as it should be again since ${clearedAt}`;
    return `${device} ${port} since ${since}: ${says} (${end})`;
  });
}

function detailText(found: readonly DriftAnswer[]): string[] {
  return found.flatMap(({ port, since, lastSeen, action, statements }) => [
    `${port} in drift since ${since}, last seen ${lastSeen}; ${DONE[action] ?? action}`,
    ...statements.map(({ says }) => `  ${says}`),
  ]);
}

function stateText({ device, mode, ports, unreadable, inDrift, lookedAt, ...state }: ReconcileAnswer): string[] {
  const unread = unreadable === 0 ? '' : `, ${unreadable} could not be judged`;
  return [
    ...(lookedAt === undefined
      ? []
      : [`${device} (${mode}) reconciled at ${lookedAt}: ${inDrift} of ${ports} port(s) in drift${unread}`]),
    ...(state.error === undefined
      ? []
      : [
          `${device} cannot be reconciled since ${state.failingSince ?? ''}: ${state.error.code}: ${state.error.message}`,
        ]),
    ...underWayText({ device, ...state }),
    ...state.notes,
  ];
}

/** Differences that are no drift. */
function underWayText({ device, underWay }: Pick<ReconcileAnswer, 'device' | 'underWay'>): string[] {
  return underWay.map(({ port, why }) => `${device} ${port}: ours, under way: ${why}`);
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
