import type { TemporalSettings } from '../temporal/settings';
import { resolve } from 'node:path';
import { utils as ssh } from 'ssh2';
import { prefixLength, type Cidr } from '../domain/values/ip';
import { deviceId } from '../domain/values/port';
import { parseVlanId, vlanAllowed, type VlanId } from '../domain/values/vlan';
import type { Configuration, ProxmoxClusterSettings, SwitchSettings, VlanSettings } from './configuration';
import type { Environment, Role } from './environment';
import { parseExactCidr } from './fields';
import { pathText, type PathSegment, type Problem } from './problems';
import type { References } from './references';
import type { FileSettings } from './schema';
import { Secret } from '../primitives/secret';
import { loginOf, behaviourOf, mergeOverride, switchWarnings } from './switches';

/** The values that come from the environment alone. */
export interface EnvironmentValues {
  readonly bearerToken: Secret;
  readonly apiKey: Secret;
  readonly databaseUrl: Secret | undefined;
  readonly temporalAddress: string | undefined;
  readonly acceptedLosses: readonly string[];
  readonly temporalApiKey: Secret | undefined;
}

/** Collects what is wrong beyond the single option's rule while the parts are put together. */
interface Builder {
  readonly references: References;
  readonly problems: Problem[];
  readonly warnings: string[];
  readonly problem: (path: readonly PathSegment[], rule: string) => void;
}

/** Reads and checks the fixed variables, whatever the file says. */
export function readEnvironment(env: Environment, role: Role): EnvironmentValues {
  const bearerToken = env.requiredSecret('PORT_SECURITY_EVENT_API_BEARER_TOKEN', role, {
    holds: (value) => /^[\x21-\x7e]{16,}$/.test(value),
    text: 'must have at least 16 printable ASCII characters and no spaces',
  });
  const apiKey = env.requiredSecret('TENANTOS_API_KEY', role, {
    holds: (value) => /^[\x21-\x7e]+$/.test(value),
    text: 'must be printable ASCII without spaces',
  });
  const databaseUrl = env.secret('DATABASE_URL');
  if (databaseUrl?.present === true && !isDatabaseUrl(databaseUrl.reveal())) {
    env.problem('DATABASE_URL', 'must be a URL such as postgresql://user:password@host:5432/portwarden');
  }
  const temporalAddress = env.text('TEMPORAL_ADDRESS');
  if (temporalAddress !== undefined && !/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/.test(temporalAddress)) {
    env.problem('TEMPORAL_ADDRESS', 'must be host:port');
  }
  const acceptedLosses = (env.text('PORTWARDEN_ACCEPT_LOSS') ?? '').split(/[\s,]+/).filter((id) => id !== '');
  return {
    bearerToken,
    apiKey,
    databaseUrl,
    acceptedLosses,
    temporalAddress,
    temporalApiKey: env.secret('TEMPORAL_API_KEY'),
  };
}

function isDatabaseUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}

/**
 * Puts the process's configuration together: domain types, milliseconds, secrets, file contents, cross-checks.
 * What is wrong goes into `problems`; then the configuration must not be used.
 */
export function buildConfiguration(
  settings: FileSettings,
  from: {
    readonly role: Role;
    readonly file: string;
    readonly directory: string;
    readonly environment: EnvironmentValues;
    readonly references: References;
    readonly locate: (path: readonly PathSegment[]) => string;
  },
): { readonly configuration: Configuration; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const builder: Builder = {
    references: from.references,
    problems,
    warnings: [],
    problem: (path, rule) => problems.push({ where: from.locate(path), path: pathText(path), rule }),
  };
  const { environment } = from;
  const panelCa = from.references.file(['panel', 'ca']);
  const vlans = buildVlans(settings, builder);
  const configuration: Configuration = {
    role: from.role,
    file: from.file,
    warnings: builder.warnings,
    api: { ...settings.api, bearerToken: environment.bearerToken },
    panel: {
      url: settings.panel.url.replace(/\/api$/, ''),
      apiKey: environment.apiKey,
      timeoutMs: settings.panel.timeoutSeconds * 1000,
      concurrency: settings.panel.concurrency,
      maxAnswerBytes: settings.panel.maxAnswerMiB * 1024 * 1024,
      ...(panelCa === undefined ? {} : { ca: panelCa }),
    },
    proxmox: { clusters: buildClusters(settings, builder) },
    vlans,
    switches: { defaults: behaviourOf(settings.switches.defaults), settings: buildSwitches(settings, builder) },
    guards: settings.guards,
    retries: {
      deviceBackoff: {
        initialMs: settings.retries.deviceBackoff.initialSeconds * 1000,
        maximumMs: settings.retries.deviceBackoff.maximumSeconds * 1000,
        giveUpAfterMs: settings.retries.deviceBackoff.giveUpAfterHours * 3_600_000,
      },
      waitForOutcomeMs: settings.retries.waitForOutcomeMinutes * 60_000,
      batchPorts: settings.retries.batchPorts,
      batchBindings: settings.retries.batchBindings,
    },
    temporal: buildTemporal(settings, from.role, environment, builder),
    store: {
      directory: resolve(from.directory, settings.store.directory),
      ...(environment.databaseUrl === undefined ? {} : { databaseUrl: environment.databaseUrl }),
      ...(settings.store.installation === undefined ? {} : { installation: settings.store.installation }),
      acceptedLosses: environment.acceptedLosses,
    },
    logging: settings.logging,
    metrics: {
      access: settings.metrics.access,
      workerHost: settings.metrics.workerHost,
      ...(settings.metrics.workerPort === undefined ? {} : { workerPort: settings.metrics.workerPort }),
    },
  };
  if (from.role === 'worker' && environment.databaseUrl === undefined) {
    builder.warnings.push(
      'DATABASE_URL is not set: the embedded store is used, so this can be the only worker process',
    );
  }
  if (
    from.role === 'worker' &&
    settings.metrics.workerPort !== undefined &&
    settings.metrics.access === 'token' &&
    !environment.bearerToken.present
  ) {
    builder.problem(
      ['metrics', 'workerPort'],
      'needs the variable PORT_SECURITY_EVENT_API_BEARER_TOKEN, or metrics.access loopback or open: nobody could read these figures',
    );
  }
  const { initialSeconds, maximumSeconds } = settings.retries.deviceBackoff;
  if (maximumSeconds < initialSeconds) {
    builder.problem(['retries', 'deviceBackoff', 'maximumSeconds'], 'must not be less than initialSeconds');
  }
  return { configuration, problems };
}

function buildVlans(settings: FileSettings, builder: Builder): VlanSettings {
  const seen = new Set<Cidr>();
  const map: { range: Cidr; vlan: VlanId }[] = [];
  for (const [text, id] of Object.entries(settings.vlans.map)) {
    const path = ['vlans', 'map', text];
    try {
      const range = parseExactCidr(text);
      if (seen.has(range)) builder.problem(path, `is the range ${range} again`);
      seen.add(range);
      map.push({ range, vlan: parseVlanId(id) });
    } catch (error) {
      builder.problem(path, error instanceof Error ? error.message : 'is invalid');
    }
  }
  for (const { range, vlan } of map) {
    if (vlanAllowed(settings.vlans.allowlist, vlan)) continue;
    builder.warnings.push(
      `vlans.map puts ${range} into VLAN ${vlan}, which vlans.allowlist does not permit: its addresses are left out`,
    );
  }
  map.sort((a, b) => prefixLength(b.range) - prefixLength(a.range));
  return { allowlist: settings.vlans.allowlist, nameTemplate: settings.vlans.nameTemplate, map };
}

function buildClusters(settings: FileSettings, builder: Builder): readonly ProxmoxClusterSettings[] {
  const names = new Set<string>();
  const providers = new Set<number>();
  return settings.proxmox.clusters.map((cluster, index) => {
    const path = ['proxmox', 'clusters', index];
    if (names.has(cluster.name)) builder.problem([...path, 'name'], 'is the name of an earlier cluster');
    names.add(cluster.name);
    if (cluster.panelProviderId !== undefined) {
      if (providers.has(cluster.panelProviderId))
        builder.problem([...path, 'panelProviderId'], 'is the provider id of an earlier cluster');
      providers.add(cluster.panelProviderId);
    }
    const token = builder.references.secret([...path, 'tokenEnv'], cluster.tokenEnv);
    if (token.present && !/^[^\s@!=]+@[^\s@!=]+![^\s@!=]+=\S+$/.test(token.reveal())) {
      builder.problem([...path, 'tokenEnv'], `names ${cluster.tokenEnv}, whose value must be USER@REALM!TOKENID=UUID`);
    }
    if (
      cluster.ca === undefined &&
      cluster.fingerprints.length === 0 &&
      cluster.hosts.some((host) => host.startsWith('https:'))
    ) {
      builder.warnings.push(
        `proxmox.clusters[${index}] (${cluster.name}) has neither ca nor fingerprints: only certificates of public CAs are accepted`,
      );
    }
    const ca = builder.references.file([...path, 'ca']);
    return {
      name: cluster.name,
      hosts: cluster.hosts,
      token,
      fingerprints: cluster.fingerprints,
      timeoutMs: cluster.timeoutSeconds * 1000,
      concurrency: cluster.concurrency,
      uplinks: new Map(
        Object.entries(cluster.uplinks).map(([node, { switch: id, port }]) => [
          node,
          { device: deviceId('junos', id), port },
        ]),
      ),
      ...(cluster.panelProviderId === undefined ? {} : { panelProviderId: cluster.panelProviderId }),
      ...(ca === undefined ? {} : { ca }),
      ...(cluster.nativeVlan === undefined ? {} : { nativeVlan: parseVlanId(cluster.nativeVlan) }),
    };
  });
}

function buildSwitches(settings: FileSettings, builder: Builder): ReadonlyMap<number, SwitchSettings> {
  const { defaults, overrides } = settings.switches;
  const merged = new Map<number, SwitchSettings>();
  builder.warnings.push(...switchWarnings('switches.defaults', behaviourOf(defaults)));
  for (const [key, override] of Object.entries(overrides)) {
    const path = ['switches', 'overrides', key];
    if (!/^[1-9]\d{0,9}$/.test(key)) {
      builder.problem(path, "must be the panel's network device id, a whole number");
      continue;
    }
    const switchId = Number(key);
    const login = loginOf(override, key, builder.references);
    if (
      login.privateKey !== undefined &&
      ssh.parseKey(login.privateKey.reveal(), revealed(login.passphrase)) instanceof Error
    ) {
      builder.problem(
        [...path, 'privateKeyFile'],
        'names a file that holds no usable SSH private key, or its passphrase is missing or wrong',
      );
    }
    const one: SwitchSettings = { switchId, ...mergeOverride(defaults, override), ...login };
    merged.set(switchId, one);
    const known = new Set(switchWarnings('', behaviourOf(defaults)));
    builder.warnings.push(
      ...switchWarnings('', one)
        .filter((warning) => !known.has(warning))
        .map((warning) => `switches.overrides.${key}${warning}`),
    );
  }
  return merged;
}

function revealed(secret: Secret | undefined): string | undefined {
  return secret?.present === true ? secret.reveal() : undefined;
}

function buildTemporal(
  settings: FileSettings,
  role: Role,
  environment: EnvironmentValues,
  builder: Builder,
): TemporalSettings {
  const { tls, address: fileAddress, uiUrl, ...rest } = settings.temporal;
  const address = environment.temporalAddress ?? fileAddress;
  if (address === undefined && (role === 'api' || role === 'worker')) {
    builder.problem(
      ['temporal', 'address'],
      'is required (or the variable TEMPORAL_ADDRESS) when API and worker run separately: only `npm start` starts the embedded server',
    );
  }
  if (address === undefined && tls !== undefined) {
    builder.problem(
      ['temporal', 'tls'],
      'needs temporal.address (or the variable TEMPORAL_ADDRESS): the embedded server is reached without TLS',
    );
  }
  const ca = builder.references.file(['temporal', 'tls', 'ca']);
  const certificate = builder.references.file(['temporal', 'tls', 'certificateFile']);
  const key = builder.references.file(['temporal', 'tls', 'keyFile']);
  if ((tls?.certificateFile === undefined) !== (tls?.keyFile === undefined)) {
    builder.problem(['temporal', 'tls'], 'needs certificateFile and keyFile together');
  }
  return {
    ...rest,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    ...(address === undefined ? {} : { address }),
    ...(address === undefined || environment.temporalApiKey === undefined
      ? {}
      : { apiKey: environment.temporalApiKey }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(ca === undefined ? {} : { ca }),
            ...(certificate === undefined ? {} : { certificate }),
            ...(key === undefined ? {} : { key: new Secret(key, 'temporal.tls.keyFile') }),
            ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
          },
        }),
  };
}
