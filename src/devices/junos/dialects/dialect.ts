import { keyOfBinding, type StaticBinding } from '../staticBinding';
import type { PortwardenError } from '../../../domain/errors';
import type { IpAddress } from '../../../domain/values/ip';
import type { PortPlan } from '../../../domain/change/plan';
import type { PortName } from '../../../domain/values/port';
import type { Edit, Leaf, PathStep } from '../edit';
import type { XmlElement } from '../../../clients/netconf/xml';
import type { DialectName } from '../settings';

/** One static binding statement as configured. */
export interface StaticStatement {
  readonly element: 'static-ip' | 'static-ipv6';
  /** The key exactly as the switch spells it: deletes must repeat it. */
  readonly key: string;
  readonly ip: IpAddress;
  /** Canonical when it parses, else as spelled; empty when missing. */
  readonly mac: string;
  readonly vlanName: string;
  /** False when this statement itself is deactivated. */
  readonly active: boolean;
  /** The group or interface range it is inherited from; absent when it is the switch's own. */
  readonly origin?: string;
}

/** One `interface` node of the binding hierarchy. */
export interface InterfaceNode {
  /** As spelled; may be `all`, a wildcard or an interface range. */
  readonly name: string;
  /** The logical interfaces it stands for; empty for `all` and for wildcards. */
  readonly ports: readonly PortName[];
  readonly path: readonly PathStep[];
  /** False when the node or anything above it is deactivated. */
  readonly active: boolean;
  readonly origin?: string;
  /** Names of the children that are not bindings: the operator's settings. */
  readonly settings: readonly string[];
  readonly statements: readonly StaticStatement[];
  /** Whether it says that nothing filters its ports (non-ELS: `dhcp-trusted`; ELS: the group's `overrides trusted`). */
  readonly isTrusted: boolean;
  /** ELS only: the VLAN and group that the node is in. */
  readonly vlanName?: string;
  readonly group?: string;
}

/** A setting of a VLAN; non-ELS switches have the first two. `no-dhcp-snooping` and `no-dhcpv6-snooping` switch off what the others go by. */
export type VlanKnob =
  | 'ip-source-guard'
  | 'arp-inspection'
  | 'ipv6-source-guard'
  | 'neighbor-discovery-inspection'
  | 'no-dhcp-snooping'
  | 'no-dhcpv6-snooping';

/** A setting around the bindings that decides whether they do anything. Read and reported; only policies of ports change anything of it. */
export interface Knob {
  readonly kind: VlanKnob | 'dhcp-trusted' | 'interface-all' | 'trusted-group' | 'untrusted-group' | 'dhcp-snooping';
  /** The VLAN, interface, or VLAN and group (`VLAN GROUP`) it is set on. */
  readonly subject: string;
  readonly statement: string;
}

/** A group of ports of a VLAN (ELS). */
export interface PortGroup {
  readonly vlanName: string;
  readonly name: string;
  /** Whether `overrides trusted` and its members are all that is in it. */
  readonly isBare: boolean;
}

/** What a dialect reads out of the committed configuration. */
export interface BindingState {
  readonly interfaces: readonly InterfaceNode[];
  readonly groups: readonly PortGroup[];
  readonly knobs: readonly Knob[];
  /** Paths (in words) of deactivated containers: nothing below them does anything. */
  readonly inactivePaths: readonly string[];
  /** Things that were not understood and are left alone. */
  readonly remarks: readonly string[];
}

/** What a dialect needs to know besides its own hierarchy. */
export interface ParseContext {
  readonly unit: number;
  /** Member interfaces of the interface ranges, by range name. */
  readonly interfaceRanges: ReadonlyMap<string, readonly PortName[]>;
}

/** The edits that carry out one port's plan, or why they cannot be made. */
export type PortEdits = {
  readonly port: PortName;
  /** Deletes of deactivated statements that the plan adds again; they must be loaded before `edits`. */
  readonly revive: readonly Edit[];
  readonly edits: readonly Edit[];
  readonly failure?: PortwardenError;
};

/** A place in the dialect's hierarchy that portwarden owns, as found in a diff. */
export interface OwnedPlace {
  /** The interface name in the path, as spelled. */
  readonly interfaceName: string;
  /** The words of the `interface` node. */
  readonly node: readonly string[];
  /** Absent when the place is the interface node itself. */
  readonly statement?: { readonly element: string; readonly key: string; readonly rest: readonly string[] };
}

/** One of the two hierarchies, as data plus small functions. */
export interface Dialect {
  readonly name: DialectName;
  readonly supportsIpv6: boolean;
  /** Whether a VLAN that the switch does not have may be named (non-ELS takes any name; ELS would create it). */
  readonly vlanMustExist: boolean;
  /** Top-level statement of the hierarchy. */
  readonly root: string;
  parse(configuration: XmlElement, context: ParseContext): BindingState;
  /** The leaves of a binding's statement, below its key. */
  leaves(binding: Pick<StaticBinding, 'mac' | 'vlanName'>): readonly Leaf[];
  /** Turns a plan into edits. `group` is portwarden's own group (ELS). */
  edits(plan: PortPlan, state: BindingState, group: string): PortEdits;
  /** What goes beside these changes, because their ports were the last that needed it. */
  closing(changes: readonly PortEdits[], state: BindingState, group: string): readonly PortEdits[];
  /** Reads the words of a changed path; undefined when it lies outside what portwarden owns. */
  ownedPlace(words: readonly string[]): OwnedPlace | undefined;
}

/** The active bindings that the switch enforces on a port, inherited ones included, without repeats. */
export function bindingsOf(state: BindingState, port: PortName): readonly StaticBinding[] {
  const found = new Map<string, StaticBinding>();
  for (const node of state.interfaces) {
    if (!node.active || !node.ports.includes(port)) continue;
    for (const { ip, mac, vlanName, active } of node.statements) {
      if (active) found.set(keyOfBinding({ ip, mac, vlanName }), { ip, mac, vlanName });
    }
  }
  return [...found.values()];
}

/** Where nothing filters a port: names of VLANs, or one empty name for all of them (non-ELS). */
export function trustedVlans(state: BindingState, port: PortName): readonly string[] {
  const nodes = state.interfaces.filter((node) => node.active && node.isTrusted && node.ports.includes(port));
  return [...new Set(nodes.map(({ vlanName }) => vlanName ?? ''))];
}

/** Every port with at least one active binding, in the order of the configuration. */
export function boundPorts(state: BindingState): readonly PortName[] {
  return [
    ...new Set(
      state.interfaces
        .filter((node) => node.active && node.statements.some((statement) => statement.active))
        .flatMap((node) => node.ports),
    ),
  ];
}
