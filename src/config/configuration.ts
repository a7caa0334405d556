import type { TemporalSettings } from '../temporal/settings';
import type { GuardLimits } from '../domain/change/guards';
import type { Cidr } from '../domain/values/ip';
import type { DeviceId, PortName } from '../domain/values/port';
import type { VlanAllowlist, VlanId } from '../domain/values/vlan';
import type { Role } from './environment';
import type { Secret } from '../primitives/secret';

/** The API process's settings. */
interface ApiSettings {
  readonly host: string;
  readonly port: number;
  readonly eventsPerMinute: number;
  readonly readsPerMinute: number;
  readonly strangersPerMinute: number;
  readonly maxConnections: number;
  readonly bodyLimitBytes: number;
  readonly bearerToken: Secret;
}

/** How to reach the panel. */
interface PanelSettings {
  /** Base address without a trailing slash. */
  readonly url: string;
  readonly apiKey: Secret;
  /** PEM text of the CA. */
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly maxAnswerBytes: number;
}

/** How to reach one Proxmox cluster, and where its nodes are plugged in. */
export interface ProxmoxClusterSettings {
  readonly name: string;
  /** Absent: the panel's provider is found by the host of its address. */
  readonly panelProviderId?: number;
  /** Base addresses without a trailing slash, in the order to try. */
  readonly hosts: readonly string[];
  /** `USER@REALM!TOKENID=UUID`. */
  readonly token: Secret;
  /** PEM text of the CA. */
  readonly ca?: string;
  /** SHA-256 certificate fingerprints, `AA:BB:…`, upper case. */
  readonly fingerprints: readonly string[];
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly nativeVlan?: VlanId;
  /** By node name. Port names are as configured, perhaps without a unit. */
  readonly uplinks: ReadonlyMap<string, { readonly device: DeviceId; readonly port: PortName }>;
}

/** VLAN rules. */
export interface VlanSettings {
  readonly allowlist: VlanAllowlist;
  readonly nameTemplate: string;
  /** Longest range first, so the first hit wins. */
  readonly map: readonly { readonly range: Cidr; readonly vlan: VlanId }[];
}

/** What is said of every switch. */
export interface SwitchBehaviour {
  readonly dialect: 'auto' | 'secure-access-port' | 'dhcp-security';
  readonly unit: number;
  readonly confirmedCommit: 'never' | 'first-change-and-large' | 'always';
  readonly largeChangeBindings: number;
  readonly confirmTimeoutMinutes: number;
  readonly elsGroup: string;
  readonly trustOnFirstUse: boolean;
  readonly verifyHostKey: boolean;
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

/** Retries and batch sizes. Plain data: it travels to workflows. */
interface RetrySettings {
  readonly deviceBackoff: { readonly initialMs: number; readonly maximumMs: number; readonly giveUpAfterMs: number };
  readonly waitForOutcomeMs: number;
  readonly batchPorts: number;
  readonly batchBindings: number;
}

/** Where facts are kept. */
interface StoreSettings {
  /** Absolute path. */
  readonly directory: string;
  /** `postgresql://…`; absent: the embedded store. */
  readonly databaseUrl?: Secret;
  /** Id of the installation that the store must be of. */
  readonly installation?: string;
  /** Ids whose loss the operator accepts (PORTWARDEN_ACCEPT_LOSS). */
  readonly acceptedLosses: readonly string[];
}

/** The log. */
interface LoggingSettings {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly pretty: boolean;
}

/** Who may read the figures, and where a separate worker serves its own. */
interface MetricsSettings {
  readonly access: 'loopback' | 'token' | 'open';
  readonly workerHost: string;
  readonly workerPort?: number;
}

/** The whole configuration of a process: file and environment, validated, files read, times in milliseconds. */
export interface Configuration {
  readonly role: Role;
  /** Absolute path of the file it was read from. */
  readonly file: string;
  /** Risky or doubtful settings, one readable sentence each. */
  readonly warnings: readonly string[];
  readonly api: ApiSettings;
  readonly panel: PanelSettings;
  readonly proxmox: { readonly clusters: readonly ProxmoxClusterSettings[] };
  readonly vlans: VlanSettings;
  readonly switches: { readonly defaults: SwitchBehaviour; readonly settings: ReadonlyMap<number, SwitchSettings> };
  readonly guards: GuardLimits;
  readonly retries: RetrySettings;
  readonly temporal: TemporalSettings;
  readonly store: StoreSettings;
  readonly logging: LoggingSettings;
  readonly metrics: MetricsSettings;
}
