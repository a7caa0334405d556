import { utils as ssh } from 'ssh2';
import type { z } from 'zod';
import {
  defineSection,
  noVariables,
  ROLES_WITH_SOURCES,
  type SectionContext,
} from '../../primitives/configuration/section';
import type { AdditionalAddressPolicy } from '../../domain/desired/additionalAddress';
import { Secret } from '../../primitives/secret';
import { switchesSchema } from './configurationSchema';
import type { HistorySettings, PolicySettings } from './settings';

/** What is said of every switch. */
export interface SwitchBehaviour {
  readonly dialect: 'auto' | 'secure-access-port' | 'dhcp-security';
  readonly unit: number;
  readonly confirmedCommit: 'never' | 'first-change-and-large' | 'always';
  readonly largeChangeBindings: number;
  readonly confirmTimeoutMinutes: number;
  readonly elsGroup: string;
  readonly additionalAddresses: AdditionalAddressPolicy;
  readonly history: HistorySettings;
  readonly policies: PolicySettings;
  readonly trustOnFirstUse: boolean;
  readonly verifyHostKey: boolean;
  /** Whether requests may follow one another before they are answered, and a second session share the connection. */
  readonly pipelining: boolean;
  /** Whether sessions are compressed where the switch offers it. */
  readonly compression: boolean;
  /** Milliseconds. */
  readonly timeouts: {
    readonly connect: number;
    readonly ordinary: number;
    readonly load: number;
    readonly commit: number;
  };
  /** Legacy algorithms, by exact name. */
  readonly algorithms: {
    readonly kex: readonly string[];
    readonly serverHostKey: readonly string[];
    readonly cipher: readonly string[];
    readonly hmac: readonly string[];
  };
}

/** The login of a switch, as far as the configuration gives it; the rest is the panel's. */
export interface SwitchLogin {
  readonly host?: string;
  readonly port?: number;
  readonly userName?: string;
  readonly password?: Secret;
  readonly privateKey?: Secret;
  readonly passphrase?: Secret;
  /** `SHA256:…` without padding. */
  readonly hostKeys: readonly string[];
}

/** Everything that the configuration says of one switch, defaults merged in. */
export interface SwitchSettings extends SwitchBehaviour, SwitchLogin {
  /** The panel's network device id. */
  readonly switchId: number;
}

/** The section `switches` of the configuration. */
export interface SwitchesSettings {
  readonly defaults: SwitchBehaviour;
  /** Switches of which something else is said, by the panel's network device id. */
  readonly settings: ReadonlyMap<number, SwitchSettings>;
}

type File = z.output<typeof switchesSchema>;
type FileDefaults = File['defaults'];
type FileOverride = File['overrides'][string];

/** The section `switches`. */
export const switchesSection = defineSection({
  schema: switchesSchema.prefault({}),
  roles: ROLES_WITH_SOURCES,
  readVariables: noVariables,
  build: (file, _variables, context): SwitchesSettings => ({
    defaults: behaviourOf(file.defaults),
    settings: buildSwitches(file, context),
  }),
});

/** The settings of a switch: its override where there is one, else the defaults. */
export function switchSettings(
  configuration: { readonly switches: SwitchesSettings },
  switchId: number,
): SwitchSettings {
  return (
    configuration.switches.settings.get(switchId) ?? { ...configuration.switches.defaults, switchId, hostKeys: [] }
  );
}

/** Which parts of a switch's login the configuration gives, so that the panel need not have them. */
export function configuredLogin(
  configuration: { readonly switches: SwitchesSettings },
  switchId: number,
): { readonly host: boolean; readonly user: boolean; readonly secret: boolean } {
  const { host, userName, password, privateKey } = switchSettings(configuration, switchId);
  return {
    host: host !== undefined,
    user: userName !== undefined,
    secret: password !== undefined || privateKey !== undefined,
  };
}

/** The defaults of the file in the process's terms. */
export function behaviourOf(defaults: FileDefaults): SwitchBehaviour {
  const { timeouts, history, ...rest } = defaults;
  return {
    ...rest,
    history: { maxCommits: history.maxCommits, timeoutMs: history.timeoutSeconds * 1000 },
    timeouts: {
      connect: timeouts.connectSeconds * 1000,
      ordinary: timeouts.rpcSeconds * 1000,
      load: timeouts.loadSeconds * 1000,
      commit: timeouts.commitSeconds * 1000,
    },
  };
}

/** Merges one switch's override over the defaults; lists replace, they are not joined. */
function mergeOverride(defaults: FileDefaults, override: FileOverride): SwitchBehaviour {
  const merged: FileDefaults = {
    dialect: override.dialect ?? defaults.dialect,
    unit: override.unit ?? defaults.unit,
    confirmedCommit: override.confirmedCommit ?? defaults.confirmedCommit,
    largeChangeBindings: override.largeChangeBindings ?? defaults.largeChangeBindings,
    confirmTimeoutMinutes: override.confirmTimeoutMinutes ?? defaults.confirmTimeoutMinutes,
    elsGroup: override.elsGroup ?? defaults.elsGroup,
    additionalAddresses: override.additionalAddresses ?? defaults.additionalAddresses,
    history: {
      maxCommits: override.history?.maxCommits ?? defaults.history.maxCommits,
      timeoutSeconds: override.history?.timeoutSeconds ?? defaults.history.timeoutSeconds,
    },
    policies: {
      off: override.policies?.off ?? defaults.policies.off,
      maxAddresses: override.policies?.maxAddresses ?? defaults.policies.maxAddresses,
      securityGroups: override.policies?.securityGroups ?? defaults.policies.securityGroups,
      maxFilterTerms: override.policies?.maxFilterTerms ?? defaults.policies.maxFilterTerms,
    },
    trustOnFirstUse: override.trustOnFirstUse ?? defaults.trustOnFirstUse,
    verifyHostKey: override.verifyHostKey ?? defaults.verifyHostKey,
    pipelining: override.pipelining ?? defaults.pipelining,
    compression: override.compression ?? defaults.compression,
    timeouts: {
      connectSeconds: override.timeouts?.connectSeconds ?? defaults.timeouts.connectSeconds,
      rpcSeconds: override.timeouts?.rpcSeconds ?? defaults.timeouts.rpcSeconds,
      loadSeconds: override.timeouts?.loadSeconds ?? defaults.timeouts.loadSeconds,
      commitSeconds: override.timeouts?.commitSeconds ?? defaults.timeouts.commitSeconds,
    },
    algorithms: {
      kex: override.algorithms?.kex ?? defaults.algorithms.kex,
      serverHostKey: override.algorithms?.serverHostKey ?? defaults.algorithms.serverHostKey,
      cipher: override.algorithms?.cipher ?? defaults.algorithms.cipher,
      hmac: override.algorithms?.hmac ?? defaults.algorithms.hmac,
    },
  };
  return behaviourOf(merged);
}

/** The login part of an override; secrets and key files are already read. */
function loginOf(override: FileOverride, key: string, context: SectionContext): SwitchLogin {
  const path = ['overrides', key];
  const privateKey = context.file([...path, 'privateKeyFile']);
  return {
    hostKeys: override.hostKeys,
    ...(override.host === undefined ? {} : { host: override.host }),
    ...(override.port === undefined ? {} : { port: override.port }),
    ...(override.userName === undefined ? {} : { userName: override.userName }),
    ...(override.passwordEnv === undefined
      ? {}
      : { password: context.secret([...path, 'passwordEnv'], override.passwordEnv) }),
    ...(override.passphraseEnv === undefined
      ? {}
      : { passphrase: context.secret([...path, 'passphraseEnv'], override.passphraseEnv) }),
    ...(privateKey === undefined ? {} : { privateKey: new Secret(privateKey, 'privateKeyFile') }),
  };
}

/** What is risky about the settings of one switch, or of all (`switches.defaults`). */
function switchWarnings(where: string, settings: SwitchBehaviour & Partial<SwitchLogin>): readonly string[] {
  const legacy = Object.values(settings.algorithms).flat();
  const pinned = (settings.hostKeys ?? []).length > 0;
  return [
    ...(settings.verifyHostKey
      ? []
      : [`${where}: verifyHostKey is false: nothing proves that the switch is the switch; pin hostKeys instead`]),
    ...(settings.verifyHostKey && settings.trustOnFirstUse && !pinned
      ? [
          `${where}: trustOnFirstUse accepts whatever host key is seen first; pin hostKeys after checking them out of band`,
        ]
      : []),
    ...(legacy.length > 0 ? [`${where}: legacy SSH algorithms are allowed: ${legacy.join(', ')}`] : []),
  ];
}

function buildSwitches({ defaults, overrides }: File, context: SectionContext): ReadonlyMap<number, SwitchSettings> {
  const merged = new Map<number, SwitchSettings>();
  for (const warning of switchWarnings('switches.defaults', behaviourOf(defaults))) context.warn(warning);
  for (const [key, override] of Object.entries(overrides)) {
    const path = ['overrides', key];
    if (!/^[1-9]\d{0,9}$/.test(key)) {
      context.problem(path, "must be the panel's network device id, a whole number");
      continue;
    }
    const switchId = Number(key);
    const login = loginOf(override, key, context);
    if (
      login.privateKey !== undefined &&
      ssh.parseKey(login.privateKey.reveal(), revealed(login.passphrase)) instanceof Error
    ) {
      context.problem(
        [...path, 'privateKeyFile'],
        'names a file that holds no usable SSH private key, or its passphrase is missing or wrong',
      );
    }
    const one: SwitchSettings = { switchId, ...mergeOverride(defaults, override), ...login };
    merged.set(switchId, one);
    const known = new Set(switchWarnings('', behaviourOf(defaults)));
    for (const warning of switchWarnings('', one))
      if (!known.has(warning)) context.warn(`switches.overrides.${key}${warning}`);
  }
  return merged;
}

function revealed(secret: Secret | undefined): string | undefined {
  return secret?.present === true ? secret.reveal() : undefined;
}
