import type { IpOrRange } from '../values/ip';

/** Ports of TCP or UDP, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The other side of what a rule lets through: addresses, or the addresses of the ports that have a group. */
export type RuleRemote =
  { readonly kind: 'range'; readonly range: IpOrRange } | { readonly kind: 'group'; readonly group: string };

/** What a security group lets through; the words are those of OpenStack, seen from the server. */
export interface SecurityRule {
  /** `ingress`: to the server. */
  readonly direction: 'ingress' | 'egress';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'any';
  /** Of the side that is called; of TCP and UDP only. Absent: all. */
  readonly ports?: PortRange;
  /** Absent: anybody. */
  readonly remote?: RuleRemote;
  /** Absent: both families, or that of the remote. */
  readonly family?: 4 | 6;
}

/** The groups that devices without groups of their own render, by name. */
export type SecurityGroups = ReadonlyMap<string, readonly SecurityRule[]>;
