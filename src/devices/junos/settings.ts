import type { SecurityGroups } from '../../domain/policies/securityGroup';
import type { VlanAllowlist } from '../../domain/values/vlan';

/** The two configuration hierarchies in which Junos holds static bindings. */
export type DialectName = 'secure-access-port' | 'dhcp-security';

/** When a commit must be confirmed or is undone by the switch itself. */
type ConfirmedCommitPolicy = 'never' | 'first-change-and-large' | 'always';

/** How port policies are carried out on a switch. */
export interface PolicySettings {
  /** What port security off does: nothing filters the port, or it loses its bindings. */
  readonly off: 'trusted' | 'none';
  /** The most addresses that one allowed range may stand for. */
  readonly maxAddresses: number;
  readonly securityGroups: 'refuse' | 'firewall-filter';
  /** The most terms that one filter of a port may have. */
  readonly maxFilterTerms: number;
}

/** How far the switch's own commit history is searched for who brought a binding. */
export interface HistorySettings {
  /** The most commits. */
  readonly maxCommits: number;
  readonly timeoutMs: number;
}

/** What an operator can set per switch. */
export interface JunosSettings {
  /** `auto` reads the dialect from the switch's own configuration. */
  readonly dialect: 'auto' | DialectName;
  /** The dialect that the switch had when it was read last: what that one needs is asked for at once. It decides nothing. */
  readonly expectedDialect?: DialectName;
  /** Unit of a port that is named without one. */
  readonly unit: number;
  /** VLAN name on a non-ELS switch that has no VLAN of the id; `{id}` is replaced. */
  readonly vlanNameTemplate: string;
  /** VLANs in which something may be bound (`vlans.allowlist`): policies are held to it too. */
  readonly vlanAllowlist: VlanAllowlist;
  /** The `dhcp-security group` of portwarden on an ELS switch. */
  readonly elsGroup: string;
  readonly confirmedCommit: ConfirmedCommitPolicy;
  /** From how many changed bindings on a change counts as large. */
  readonly largeChangeBindings: number;
  /** How long the switch waits for the confirmation, in minutes (1 to 65535). */
  readonly confirmTimeoutMinutes: number;
  readonly history: HistorySettings;
  readonly policies: PolicySettings;
  /** The groups of the section `securityGroups`. */
  readonly securityGroups: SecurityGroups;
  /** Waits between tries to read a lost commit back, in milliseconds; as many tries as entries. */
  readonly resolveDelaysMs: readonly number[];
}

/** The defaults of every setting; docs/junos.md explains them. */
export const DEFAULT_JUNOS_SETTINGS: JunosSettings = {
  dialect: 'auto',
  unit: 0,
  vlanNameTemplate: 'VLAN.{id}',
  vlanAllowlist: [],
  elsGroup: 'portwarden',
  confirmedCommit: 'first-change-and-large',
  largeChangeBindings: 50,
  confirmTimeoutMinutes: 10,
  history: { maxCommits: 50, timeoutMs: 45_000 },
  policies: { off: 'trusted', maxAddresses: 16, securityGroups: 'refuse', maxFilterTerms: 128 },
  securityGroups: new Map(),
  resolveDelaysMs: [500, 1_000, 2_000, 5_000, 10_000, 20_000],
};

/** What the driver logs with; pino's loggers fit. */
export interface JunosLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
