import type { Configuration, SwitchLogin, SwitchBehaviour, SwitchSettings } from './configuration';
import type { FileSettings } from './schema';
import { Secret } from '../primitives/secret';
import type { References } from './references';

type FileDefaults = FileSettings['switches']['defaults'];
type FileOverride = FileSettings['switches']['overrides'][string];

/** The settings of a switch: its override where there is one, else the defaults. */
export function switchSettings(configuration: Pick<Configuration, 'switches'>, switchId: number): SwitchSettings {
  return (
    configuration.switches.settings.get(switchId) ?? { ...configuration.switches.defaults, switchId, hostKeys: [] }
  );
}

/** Which parts of a switch's login the configuration gives, so that the panel need not have them. */
export function configuredLogin(
  configuration: Pick<Configuration, 'switches'>,
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
  const { timeouts, ...rest } = defaults;
  return {
    ...rest,
    timeouts: {
      connect: timeouts.connectSeconds * 1000,
      ordinary: timeouts.rpcSeconds * 1000,
      load: timeouts.loadSeconds * 1000,
      commit: timeouts.commitSeconds * 1000,
    },
  };
}

/** Merges one switch's override over the defaults; lists replace, they are not joined. */
export function mergeOverride(defaults: FileDefaults, override: FileOverride): SwitchBehaviour {
  const merged: FileDefaults = {
    dialect: override.dialect ?? defaults.dialect,
    unit: override.unit ?? defaults.unit,
    confirmedCommit: override.confirmedCommit ?? defaults.confirmedCommit,
    largeChangeBindings: override.largeChangeBindings ?? defaults.largeChangeBindings,
    confirmTimeoutMinutes: override.confirmTimeoutMinutes ?? defaults.confirmTimeoutMinutes,
    elsGroup: override.elsGroup ?? defaults.elsGroup,
    trustOnFirstUse: override.trustOnFirstUse ?? defaults.trustOnFirstUse,
    verifyHostKey: override.verifyHostKey ?? defaults.verifyHostKey,
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
export function loginOf(override: FileOverride, key: string, references: References): SwitchLogin {
  const path = ['switches', 'overrides', key];
  const privateKey = references.file([...path, 'privateKeyFile']);
  return {
    hostKeys: override.hostKeys,
    ...(override.host === undefined ? {} : { host: override.host }),
    ...(override.port === undefined ? {} : { port: override.port }),
    ...(override.userName === undefined ? {} : { userName: override.userName }),
    ...(override.passwordEnv === undefined
      ? {}
      : { password: references.secret([...path, 'passwordEnv'], override.passwordEnv) }),
    ...(override.passphraseEnv === undefined
      ? {}
      : { passphrase: references.secret([...path, 'passphraseEnv'], override.passphraseEnv) }),
    ...(privateKey === undefined ? {} : { privateKey: new Secret(privateKey, 'privateKeyFile') }),
  };
}

/** What is risky about the settings of one switch, or of all (`switches.defaults`). */
export function switchWarnings(where: string, settings: SwitchBehaviour & Partial<SwitchLogin>): readonly string[] {
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
