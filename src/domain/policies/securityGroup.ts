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

/** The groups that rules name as their other side. */
export function remoteGroupsOf(groups: SecurityGroups): ReadonlySet<string> {
  return new Set([...groups.values()].flat().flatMap(({ remote }) => (remote?.kind === 'group' ? [remote.group] : [])));
}

/** The groups with a rule whose other side is one of these. */
export function groupsNaming(groups: SecurityGroups, remotes: ReadonlySet<string>): ReadonlySet<string> {
  const names = [...groups].filter(([, rules]) =>
    rules.some(({ remote }) => remote?.kind === 'group' && remotes.has(remote.group)),
  );
  return new Set(names.map(([name]) => name));
}
