import { z } from 'zod';
import { NOTIFICATION_TYPES, type NotificationType } from '../../domain/notifications/announcement';
import type { DeliveryLimits } from '../../domain/notifications/admission';
import { NOTIFICATION_FORMATS, type NotificationFormat } from '../../domain/notifications/endpoint';
import type { GroupingTimes } from '../../domain/notifications/grouping';
import { RECOMMENDED_PAUSES_SECONDS, type RetrySchedule } from '../../domain/notifications/retries';
import { secretKey } from '../../domain/notifications/secret';
import { readTarget, type Target, type TargetRules } from '../../domain/notifications/target';
import { parseDeviceId, type DeviceId } from '../../domain/values/device';
import { parseSiteName, type SiteName } from '../../domain/values/scope';
import { filePath, parsedText, seconds, variableName, whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';
import { Secret } from '../../primitives/secret';

/** One endpoint. */
export interface NotificationEndpoint {
  readonly id: string;
  readonly format: NotificationFormat;
  readonly types: readonly NotificationType[];
  readonly devices: readonly DeviceId[];
  readonly sites: readonly SiteName[];
  readonly rules: TargetRules;
  /** Absent in a process that sends nothing. */
  readonly target?: Target;
  /** Each in base64. Every message is signed with all of them. */
  readonly keys: readonly Secret[];
  readonly ca?: string;
  readonly timeoutMs: number;
}

/** Who is notified, and how. */
export interface NotificationSettings {
  readonly endpoints: readonly NotificationEndpoint[];
  readonly schedule: RetrySchedule;
  readonly limits: DeliveryLimits;
  readonly grouping: GroupingTimes;
  readonly keepMs: number;
}

const MOST_ENDPOINTS = 50;
const MOST_KEYS = 5;
const JITTER = 0.1;

const secretSource = z
  .strictObject({
    secretEnv: variableName(
      'The environment variable (or `<NAME>_FILE`) with a secret: `whsec_` and the base64 of 24 to 64 random bytes.',
    ).optional(),
    secretFile: filePath({ description: 'Instead, a file with the secret.' }).optional(),
  })
  .meta({ description: 'Where a secret is; one of both.' });

const endpoint = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'must be letters, digits, dots, hyphens and underscores' })
      .meta({ description: 'Its name in lists and commands. What it still has to get is known by this name.' }),
    url: z
      .string()
      .meta({ description: 'Where notifications are posted to. https, see `allowHttp`.', whenAbsent: '`urlEnv`' })
      .optional(),
    urlEnv: variableName(
      'Instead, the environment variable (or `<NAME>_FILE`) with the URL, where it is a secret as those of Slack are.',
    ).optional(),
    format: z.enum(NOTIFICATION_FORMATS).default('standard').meta({
      description: '`standard`: JSON after Standard Webhooks. `slack`: a message for chats that take what Slack takes.',
    }),
    events: z
      .array(z.enum(NOTIFICATION_TYPES))
      .min(1, { error: 'must name at least one; leave it out for all' })
      .meta({ description: 'What it hears of.', whenAbsent: 'all' })
      .optional(),
    devices: z
      .array(parsedText(parseDeviceId, { description: 'A device.' }))
      .default([])
      .meta({ description: 'Only what is about these devices, or those of `sites`.', whenAbsent: 'all' }),
    sites: z
      .array(parsedText(parseSiteName, { description: 'A site.' }))
      .default([])
      .meta({ description: 'Sites of the section `sites`.', whenAbsent: 'all' }),
    secrets: z
      .array(secretSource)
      .max(MOST_KEYS, { error: `must be at most ${MOST_KEYS}` })
      .default([])
      .meta({
        description:
          'Every message is signed with each of them. To change one, add the new one, tell the receiver, take the old one out.',
      }),
    allowPrivate: z
      .boolean()
      .default(false)
      .meta({ description: 'The endpoint may be in a private network or on this machine.' }),
    allowHttp: z
      .boolean()
      .default(false)
      .meta({ description: 'Plain http, to private addresses only; needs `allowPrivate`.' }),
    ca: filePath({
      description: 'PEM file with the certificates that sign the certificate of the endpoint.',
      whenAbsent: "the system's",
    }).optional(),
    timeoutSeconds: seconds(1, 60, 'Time for one try, from the look at the name to the end of the answer.').default(15),
  })
  .meta({ description: 'One endpoint.' });

const schema = z
  .strictObject({
    endpoints: z
      .array(endpoint)
      .max(MOST_ENDPOINTS, { error: `must be at most ${MOST_ENDPOINTS}` })
      .default([])
      .meta({ description: 'Who is notified.' }),
    retrySeconds: z
      .array(seconds(0.1, 604_800, 'Seconds.'))
      .min(1, { error: 'must have at least one' })
      .max(50, { error: 'must have at most 50' })
      .default([...RECOMMENDED_PAUSES_SECONDS])
      .meta({
        description:
          'From each try of a delivery to the next, each longer or shorter by up to a tenth; after the last one it is given up. As Standard Webhooks recommends: over three days.',
      }),
    atOnce: whole(1, 200, { description: 'Deliveries to one endpoint at once; more wait for their turn.' }).default(16),
    groupSeconds: seconds(
      0,
      60,
      'Of chats (`format: slack`): what happens within so long after the first of it is one message.',
    ).default(5),
    groupPauseSeconds: seconds(
      0,
      3_600,
      'Of chats: after a message of several things the next one comes no sooner, and tells of all that came meanwhile.',
    ).default(60),
    keepDays: whole(1, 3_650, {
      description: 'What was delivered or given up is kept so long, and what waits for its turn is given up then.',
      unit: 'days',
    }).default(30),
  })
  .meta({ description: 'Outgoing webhooks; what they say is in docs/notifications.md.' });

/** Of one endpoint: retries that wait are running workflows. */
const MOST_OPEN = 500;
const PROBE_MS = 60_000;

/** The section `notifications`. Its devices and sites are checked together with the other sections. */
export const notificationsSection = defineSection({
  schema: schema.prefault({}),
  roles: ['all', 'worker'],
  readVariables: noVariables,
  build: (
    { endpoints, retrySeconds, atOnce, groupSeconds, groupPauseSeconds, keepDays },
    _variables,
    context,
  ): NotificationSettings => {
    const known = new Set<string>();
    for (const [index, { id }] of endpoints.entries()) {
      if (known.has(id)) context.problem(['endpoints', index, 'id'], 'is the id of another endpoint too');
      known.add(id);
    }
    return {
      endpoints: endpoints.map((one, index) => buildEndpoint(one, ['endpoints', index], context)),
      schedule: { pauses: retrySeconds.map((pause) => pause * 1_000), jitter: JITTER },
      limits: { atOnce, mostOpen: Math.max(MOST_OPEN, atOnce), probeEveryMs: PROBE_MS },
      grouping: { gatherMs: groupSeconds * 1_000, pauseMs: groupPauseSeconds * 1_000 },
      keepMs: keepDays * 86_400_000,
    };
  },
});

type Path = readonly (string | number)[];

function buildEndpoint(
  { id, format, events, devices, sites, allowPrivate, allowHttp, timeoutSeconds, ...from }: z.output<typeof endpoint>,
  path: Path,
  context: SectionContext,
): NotificationEndpoint {
  const rules = { allowPrivate, allowHttp };
  const target = targetOf(from, rules, path, context);
  const ca = from.ca === undefined ? undefined : context.file([...path, 'ca']);
  if (allowHttp && !allowPrivate)
    context.problem([...path, 'allowHttp'], 'needs allowPrivate: true: plain http goes to private addresses only');
  if (format === 'standard' && from.secrets.length === 0)
    context.problem(path, 'must have secrets: messages after Standard Webhooks are signed');
  return {
    ...{ id, format, types: events ?? NOTIFICATION_TYPES, devices, sites, rules },
    ...(target === undefined ? {} : { target }),
    keys: from.secrets.flatMap((source, index) => keyOf(source, [...path, 'secrets', index], context)),
    ...(ca === undefined ? {} : { ca }),
    timeoutMs: timeoutSeconds * 1_000,
  };
}

function targetOf(
  { url, urlEnv }: { readonly url?: string | undefined; readonly urlEnv?: string | undefined },
  rules: TargetRules,
  path: Path,
  context: SectionContext,
): Target | undefined {
  if ((url === undefined) === (urlEnv === undefined)) {
    context.problem(path, 'must have url or urlEnv, and not both');
    return undefined;
  }
  const named = urlEnv === undefined ? undefined : context.secret([...path, 'urlEnv'], urlEnv);
  const text = url ?? (named?.present === true ? named.reveal() : undefined);
  if (text === undefined) return undefined;
  return checked(() => readTarget(text, rules), [...path, url === undefined ? 'urlEnv' : 'url'], context);
}

function keyOf(source: z.output<typeof secretSource>, path: Path, context: SectionContext): Secret[] {
  const { secretEnv, secretFile } = source;
  if ((secretEnv === undefined) === (secretFile === undefined)) {
    context.problem(path, 'must have secretEnv or secretFile, and not both');
    return [];
  }
  const option = secretEnv === undefined ? 'secretFile' : 'secretEnv';
  const named = secretEnv === undefined ? undefined : context.secret([...path, option], secretEnv);
  const text = named === undefined ? context.file([...path, option])?.trim() : presentOf(named);
  if (text === undefined) return [];
  const key = checked(() => secretKey(text), [...path, option], context);
  return key === undefined ? [] : [new Secret(key, named?.origin ?? secretFile ?? '')];
}

function presentOf(secret: Secret): string | undefined {
  return secret.present ? secret.reveal() : undefined;
}

function checked<T>(read: () => T, path: Path, context: SectionContext): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    context.problem(path, error.message);
    return undefined;
  }
}
