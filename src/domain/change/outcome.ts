import type { Statement } from './statement';
import type { ErrorReport } from '../errors';
import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { ParkedRemovals, RemovedStatement } from './removals';

/** The five requirements that a server meets before its ports are automated (README, "What is automated"). */
export type Requirement =
  'switch-connection' | 'switch-automation' | 'vlan-allowlist' | 'switch-credentials' | 'api-token';

/** Why an address of a server is not bound. */
export type ExclusionRule =
  | 'vlan-unresolved'
  | 'vlan-not-allowed'
  | 'vlan-conflict'
  | 'vlan-missing-on-device'
  | 'subnet-assignment'
  | 'no-mac'
  | 'ambiguous-nic'
  | 'nic-pending'
  | 'guest-not-found'
  | 'guest-unread'
  | 'port-unknown'
  | 'server-gone'
  | 'guest-still-runs'
  | 'server-unreadable'
  | 'moved'
  | 'guest-claimed-twice'
  | 'assigned-elsewhere'
  | 'template'
  | 'template-runs'
  | 'off-uplink'
  | 'uplink-unknown'
  | 'other-uplink'
  | 'gateway-address'
  | 'network-address'
  | 'broadcast-address'
  | 'special-address'
  | 'outside-subnet'
  | 'node-address'
  | 'duplicate-address'
  | 'duplicate-mac'
  | 'additional-address'
  | 'bound-otherwise'
  | 'ipv6-unsupported'
  | 'fixed-address'
  | 'port-security-off'
  | 'suspended-by-policy'
  | 'port-maximum'
  | 'first-statement'
  | 'held'
  | 'kept-otherwise'
  | 'kept-elsewhere'
  | 'wanted-elsewhere'
  | 'bound-elsewhere';

/** An address left out of a port's desired bindings, with the rule that left it out. */
export interface Exclusion {
  readonly ip: IpAddress;
  readonly rule: ExclusionRule;
  readonly message: string;
  /** The server whose doubt it is, where one is. */
  readonly serverId?: ServerId;
}

/** What became of the policies of a port. */
export interface PolicyReport {
  /** The scopes of the policies that hold, as `scopeKey` writes them. */
  readonly from: readonly string[];
  /** What holds, a sentence for each field: `port security off by the policy of server 101 (reason)`. */
  readonly says: readonly string[];
  /** Parts that are not carried out, each with why. The port is otherwise as it should be. */
  readonly refused: readonly ErrorReport[];
  /** What is to be said besides: what waits while port security is off, what stays that is not ours, what others changed. */
  readonly remarks: readonly string[];
}

/** What became of one port. */
export interface PortOutcome {
  readonly device: DeviceId;
  readonly port: PortName;
  /** `held`: a person holds the port as a backup had it, so nothing was changed for the sources. */
  readonly status: 'applied' | 'unchanged' | 'held' | 'skipped' | 'parked' | 'failed';
  /** One readable sentence. */
  readonly summary: string;
  /** Bindings that were added, committed and read back. */
  readonly added: readonly Statement[];
  readonly removed: readonly RemovedStatement[];
  readonly excluded: readonly Exclusion[];
  /** Bindings that stay until a person decides about them, beside whatever was done. */
  readonly parked?: Pick<ParkedRemovals, 'remove' | 'add' | 'reason' | 'fingerprint' | 'guards'>;
  /** Present when policies say anything of the port. */
  readonly policy?: PolicyReport;
  /** The change journal's entry, when something was decided about the port. */
  readonly journalId?: string;
  /** The log text of the commit that holds the change (or should), as `show system commit` lists it. */
  readonly commit?: string;
  readonly requirement?: Requirement;
  readonly error?: ErrorReport;
}

/** An outcome without changes. */
export function plainOutcome(
  device: DeviceId,
  port: PortName,
  status: PortOutcome['status'],
  summary: string,
  extra: Partial<PortOutcome> = {},
): PortOutcome {
  return { device, port, status, summary, added: [], removed: [], excluded: [], ...extra };
}
