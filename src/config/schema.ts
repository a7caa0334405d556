import { z } from 'zod';
import { parsePortName } from '../domain/values/port';
import { parseVlanAllowlist } from '../domain/values/vlan';
import {
  filePath,
  hostName,
  parseCertificateFingerprint,
  parseServiceUrl,
  parsedText,
  seconds,
  variableName,
  whole,
} from './fields';
import { switchesSchema } from './switchSchema';

const api = z
  .strictObject({
    host: hostName({
      description: 'Address that the HTTP API listens on. Anything but a loopback address belongs behind a TLS proxy.',
    }).default('127.0.0.1'),
    port: whole(0, 65_535, { description: 'TCP port of the HTTP API; 0 takes any free one.' }).default(8080),
    eventsPerMinute: whole(1, 10_000_000, {
      description: 'Events accepted from one address; more are answered with 429.',
      unit: 'events per minute',
    }).default(6000),
    readsPerMinute: whole(1, 10_000_000, {
      description: 'Other requests with the token from one address; they do not count against events.',
      unit: 'requests per minute',
    }).default(6000),
    strangersPerMinute: whole(1, 10_000_000, {
      description: 'Requests without a valid token from one address; they count against nothing else.',
      unit: 'requests per minute',
    }).default(600),
    maxConnections: whole(10, 100_000, {
      description:
        'Connections open at one time. When nearly as many are open, those that wait for nothing are closed.',
    }).default(1000),
    bodyLimitBytes: whole(1024, 10_485_760, {
      description: 'Largest request body; larger ones are answered with 413.',
      unit: 'bytes',
    }).default(65_536),
  })
  .meta({ description: 'The webhook and the public API. The bearer token comes from the environment.' });

const panel = z
  .strictObject({
    url: parsedText(parseServiceUrl, {
      description: 'Base address of the Tenantos panel, without `/api`. `http://` is accepted for loopback hosts only.',
    }),
    ca: filePath({
      description: "PEM file with the CA of the panel's certificate.",
      whenAbsent: 'the public CAs of Node',
    }).optional(),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the panel.').default(15),
    concurrency: whole(1, 64, { description: 'Requests sent to the panel at the same time.' }).default(4),
    maxAnswerMiB: whole(1, 500, {
      description:
        'Largest answer of the panel; larger ones are refused (`panel-invalid-answer`), and so is one with far more objects and arrays than its size explains. The list of 5,000 servers takes about 51 MiB.',
      unit: 'MiB',
    }).default(128),
  })
  .meta({ description: 'The Tenantos panel. The API key comes from the environment.' });

const uplink = z
  .strictObject({
    switch: whole(1, 2_147_483_647, { description: "The panel's network device id of the switch." }),
    port: parsedText(parsePortName, { description: 'Interface name on the switch, such as `ae0`; the unit is added.' }),
  })
  .meta({ description: "The switch port through which a node's guests reach the network." });

const cluster = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
        error: 'must be a name of letters, digits, dots, hyphens and underscores',
      })
      .meta({ description: 'Name of the cluster in logs, metrics and stored placements. Do not rename it.' }),
    panelProviderId: whole(1, 2_147_483_647, {
      description: "The panel's id of this hypervisor (`GET /api/externalProviders`).",
      whenAbsent: 'found by the host of its address',
    }).optional(),
    hosts: z
      .array(parsedText(parseServiceUrl, { description: 'Base address of one API host.' }))
      .min(1, { error: 'must name at least one API host' })
      .meta({ description: 'API hosts of the cluster, tried in this order, such as `https://pve1.example.com:8006`.' }),
    tokenEnv: variableName('Environment variable with the API token: `USER@REALM!TOKENID=UUID`.'),
    ca: filePath({
      description: "PEM file with the cluster's CA (`/etc/pve/pve-root-ca.pem`).",
      whenAbsent: 'the public CAs of Node',
    }).optional(),
    fingerprints: z
      .array(parsedText(parseCertificateFingerprint, { description: "SHA-256 of a host's certificate, `AA:BB:…`." }))
      .prefault([])
      .meta({
        description:
          'Pinned host certificates, SHA-256, `AA:BB:…`. With `ca`, both must hold; without it, the pin replaces the CA.',
      }),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the cluster.').default(15),
    concurrency: whole(1, 64, { description: 'Requests sent to the cluster at the same time.' }).default(4),
    nativeVlan: whole(1, 4094, {
      description: 'Native VLAN of the uplinks, for untagged NICs.',
      whenAbsent: 'untagged NICs resolve no VLAN',
    }).optional(),
    uplinks: z
      .record(z.string(), uplink)
      .default({})
      .meta({ description: 'Node name → uplink. A node that is not listed is looked up by its name in the panel.' }),
  })
  .meta({ description: 'One Proxmox VE cluster.' });

const vlans = z
  .strictObject({
    allowlist: parsedText(parseVlanAllowlist, {
      description:
        'VLAN ids that are automated, comma-separated, such as `13,100,200`. Empty: every VLAN is permitted.',
    }).prefault(''),
    nameTemplate: z
      .string()
      .regex(/^[A-Za-z0-9._-]*\{id\}[A-Za-z0-9._-]*$/, {
        error: 'must contain {id}, otherwise only letters, digits, dots, hyphens and underscores',
      })
      .default('VLAN.{id}')
      .meta({ description: 'Name of a VLAN when the switch has none with that id.' }),
    map: z
      .record(z.string(), whole(1, 4094, { description: 'VLAN id.' }))
      .default({})
      .meta({ description: 'Address range → VLAN id. Wins over what the panel says; the longest range wins.' }),
  })
  .meta({ description: 'Which VLAN an address belongs to, and which VLANs are automated.' });

const guards = z
  .strictObject({
    maxRemovedBindings: whole(0, 100_000, {
      description:
        'Bindings of one port that may go because the panel no longer has their addresses though no event says so; more are parked until a person decides.',
      unit: 'bindings',
    }).default(10),
    maxRemovedShare: z
      .number({ error: 'must be a number from 0 to 1' })
      .min(0, { error: 'must be a number from 0 to 1' })
      .max(1, { error: 'must be a number from 0 to 1' })
      .default(0.5)
      .meta({ description: 'The same as a share of what the port has; counts from two removals on.', unit: '0 to 1' }),
  })
  .meta({
    description:
      'When removals are parked until a person decides. What an event names is not counted; bindings that are assigned to no server behind the port are always parked.',
  });

const retries = z
  .strictObject({
    deviceBackoff: z
      .strictObject({
        initialSeconds: seconds(1, 3600, 'Wait before the first new try.').default(15),
        maximumSeconds: seconds(1, 86_400, 'Longest wait between two tries; the wait doubles up to it.').default(900),
        giveUpAfterHours: z
          .number({ error: 'must be a number of hours from 0.01 to 720' })
          .min(0.01, { error: 'must be a number of hours from 0.01 to 720' })
          .max(720, { error: 'must be a number of hours from 0.01 to 720' })
          .default(24)
          .meta({ description: 'Age at which a waiting port ends as failed (`waited-too-long`).', unit: 'hours' }),
      })
      .prefault({})
      .meta({ description: 'How long a port waits whose device or sources cannot be reached.' }),
    waitForOutcomeMinutes: whole(1, 10_080, {
      description: "How long an event waits for its port's outcome before it asks the coordinator again.",
      unit: 'minutes',
    }).default(30),
    batchPorts: whole(1, 1000, { description: 'Ports that one commit may change.', unit: 'ports' }).default(100),
    batchBindings: whole(1, 10_000, {
      description: "Desired bindings that one batch may hold; keeps payloads below Temporal's limits.",
      unit: 'bindings',
    }).default(2000),
  })
  .meta({ description: 'Retries and the size of batches.' });

const temporal = z
  .strictObject({
    address: z
      .string()
      .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, { error: 'must be host:port' })
      .optional()
      .meta({
        description: '`host:port` of a Temporal server. The variable TEMPORAL_ADDRESS wins.',
        whenAbsent: 'the embedded server is started',
      }),
    namespace: z
      .string()
      .min(1, { error: 'must not be empty' })
      .default('default')
      .meta({ description: 'Temporal namespace.' }),
    taskQueue: z
      .string()
      .min(1, { error: 'must not be empty' })
      .default('portwarden')
      .meta({ description: 'Task queue of all workers of this installation.' }),
    port: whole(0, 65_535, { description: 'TCP port of the embedded server; 0 takes any free one.' }).default(7233),
    uiPort: whole(0, 65_535, { description: "TCP port of the embedded server's UI; 0 takes any free one." }).default(
      8233,
    ),
    uiUrl: z
      .string()
      .regex(/^https?:\/\/[^\s/]+(\/[^\s]*)?$/, { error: 'must be an http or https address' })
      .optional()
      .meta({
        description: "Address of the Temporal UI, for the links in the API's answers when `address` is set.",
        whenAbsent: "the embedded server's UI, else no links",
      }),
    tls: z
      .strictObject({
        ca: filePath({ description: "PEM file with the server's CA.", whenAbsent: 'the public CAs' }).optional(),
        certificateFile: filePath({ description: 'PEM file with the client certificate.' }).optional(),
        keyFile: filePath({ description: "PEM file with the client certificate's key." }).optional(),
        serverName: hostName({
          description: "Name that the server's certificate must have.",
          whenAbsent: 'the host of `address`',
        }).optional(),
      })
      .optional()
      .meta({ description: 'TLS to the server at `address`. `tls: {}` uses the public CAs.', whenAbsent: 'no TLS' }),
  })
  .meta({ description: 'The workflow engine.' });

const store = z
  .strictObject({
    directory: filePath({
      description:
        "Folder of the embedded store and of the embedded Temporal server's database. Relative to this file.",
    }).default('./data'),
    installation: z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
        error: 'must be the id that the log line of the first start names',
      })
      .optional()
      .meta({
        description:
          'Id of the installation that the store must be of; the log line of the first start names it. With it a folder that is not mounted, or an empty database, is never taken for a first start.',
        whenAbsent: 'the data directory and the Temporal namespace remember it',
      }),
  })
  .meta({
    description: "Facts that outlive Temporal's retention. The variable DATABASE_URL switches to a PostgreSQL server.",
  });

const logging = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .meta({ description: 'Lowest level that is written.' }),
    pretty: z.boolean().default(false).meta({ description: 'Readable lines instead of JSON.' }),
  })
  .meta({ description: 'The log on standard output.' });

const metrics = z
  .strictObject({
    access: z.enum(['loopback', 'token', 'open']).default('token').meta({
      description:
        "Who may read `GET /metrics`. `token`: only with the webhook's bearer token; `loopback`: callers on this machine without it, which a proxy on this machine that adds no forwarded header makes everybody behind it; `open`: everybody who reaches the port.",
    }),
    workerHost: hostName({
      description: 'Address that a separate worker (`npm run worker`) serves its own metrics on.',
    }).default('127.0.0.1'),
    workerPort: whole(1, 65_535, {
      description:
        "TCP port of a separate worker's metrics. With `access: token` the worker needs PORT_SECURITY_EVENT_API_BEARER_TOKEN too.",
      whenAbsent: 'a separate worker serves none',
    }).optional(),
  })
  .meta({ description: "Figures for Prometheus. `npm start` serves all of them on the API's port." });

/** The shape of portwarden.yaml. Every option carries its documentation; unknown options are refused. */
export const configurationSchema = z.strictObject({
  api: api.prefault({}),
  panel,
  proxmox: z
    .strictObject({
      clusters: z.array(cluster).default([]).meta({ description: 'The Proxmox VE clusters whose VMs are automated.' }),
    })
    .prefault({})
    .meta({ description: 'Where virtual machines run.' }),
  vlans: vlans.prefault({}),
  switches: switchesSchema.prefault({}),
  guards: guards.prefault({}),
  retries: retries.prefault({}),
  temporal: temporal.prefault({}),
  store: store.prefault({}),
  logging: logging.prefault({}),
  metrics: metrics.prefault({}),
});

/** The file's settings once validated, before secrets and files are read. */
export type FileSettings = z.output<typeof configurationSchema>;
