import { bindingPlan } from './policyStatements';
import { bindingOf, type StaticBinding } from './staticBinding';
import type { PortPlan } from '../../domain/change/plan';
import { ipVersion } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { InterfaceNode, Knob, VlanKnob } from './dialects/dialect';
import type { DialectName, JunosSettings } from './settings';
import type { SwitchState } from './switchState';

/** What decides whether bindings of one address family do anything. */
interface Family {
  readonly version: 4 | 6;
  readonly name: string;
  /** Either of them filters by the bindings. */
  readonly filters: readonly VlanKnob[];
  /** Switches off the table that the bindings fill. */
  readonly off: VlanKnob;
}

const IPV4: Family = {
  version: 4,
  name: 'IPv4',
  filters: ['ip-source-guard', 'arp-inspection'],
  off: 'no-dhcp-snooping',
};
const IPV6: Family = {
  version: 6,
  name: 'IPv6',
  filters: ['ipv6-source-guard', 'neighbor-discovery-inspection'],
  off: 'no-dhcpv6-snooping',
};

/** The address families that a dialect has bindings for. */
export function familiesOf(dialect: DialectName): readonly Family[] {
  return dialect === 'dhcp-security' ? [IPV4, IPV6] : [IPV4];
}

/** What an operator should know about the switch's settings around the ports that are about to change. */
export function knobNotes(
  state: SwitchState,
  plans: readonly PortPlan[],
  settings: Pick<JunosSettings, 'elsGroup'>,
): readonly string[] {
  const notes = plans.flatMap((plan) => [
    ...bindingPlan(plan)
      .add.map(bindingOf)
      .flatMap((binding) => [
        ...vlanNotes(state, binding),
        ...trustNotes(state, plan.port, binding.vlanName, settings.elsGroup),
      ]),
    ...nodeNotes(state, plan.port, plan.add.length > 0),
  ]);
  return [...new Set(notes)];
}

/** Whether the VLAN filters by the binding at all. */
function vlanNotes(state: SwitchState, { ip, vlanName }: StaticBinding): readonly string[] {
  const { name } = state.dialect;
  const family = familiesOf(name).find(({ version }) => version === ipVersion(ip)) ?? IPV4;
  const has = (kind: Knob['kind']): boolean =>
    state.bindings.knobs.some((knob) => knob.kind === kind && (knob.subject === vlanName || knob.subject === 'all'));
  return [
    ...(family.filters.some(has)
      ? []
      : [
          `VLAN ${vlanName} has neither ${family.filters.join(' nor ')}: its ${family.name} bindings filter nothing yet`,
        ]),
    ...(has(family.off)
      ? [`VLAN ${vlanName} has ${family.off}: snooping, whose table its ${family.name} bindings fill, is switched off`]
      : []),
    ...(name === 'dhcp-security' && !has('dhcp-snooping')
      ? [`VLAN ${vlanName} gets its first dhcp-security statement, which turns DHCP snooping on for it`]
      : []),
  ];
}

/** Whether the switch trusts the port (ELS: a group of the VLAN says so, else trunks are). */
function trustNotes(state: SwitchState, port: PortName, vlanName: string, ownGroup: string): readonly string[] {
  if (state.dialect.name !== 'dhcp-security') return [];
  const groups = state.bindings.interfaces
    .filter((node) => node.active && node.vlanName === vlanName && standsFor(node, port))
    .map((node) => node.group ?? '');
  const withTrust = (kind: Knob['kind'], names: readonly string[]): string | undefined =>
    names.find((group) =>
      state.bindings.knobs.some((knob) => knob.kind === kind && knob.subject === `${vlanName} ${group}`),
    );
  const trusted = withTrust('trusted-group', groups);
  if (trusted !== undefined)
    return [`${port} is in group ${trusted} of VLAN ${vlanName}, which is trusted: nothing filters it there`];
  if (!state.trunks.has(port) || withTrust('untrusted-group', [...groups, ownGroup]) !== undefined) return [];
  return [
    `${port} is a trunk, which many releases trust by default: its bindings in VLAN ${vlanName} filter only with \`overrides untrusted\` in a group that it is in`,
  ];
}

/** What the port's own `interface` node does to it (non-ELS). */
function nodeNotes(state: SwitchState, port: PortName, adds: boolean): readonly string[] {
  if (state.dialect.name !== 'secure-access-port') return [];
  const all = state.bindings.knobs.find((knob) => knob.kind === 'interface-all');
  const node = state.bindings.interfaces.find((candidate) => candidate.ports.includes(port) && candidate.active);
  const has = (setting: string): boolean => node?.settings.includes(setting) === true;
  const cancelsAll = all !== undefined && all.statement !== 'interface all' && node === undefined && adds;
  return [
    ...(has('dhcp-trusted') ? [`${port} is dhcp-trusted: source guard does not filter it`] : []),
    ...(adds && state.trunks.has(port) && !has('dhcp-trusted') && !has('no-dhcp-trusted')
      ? [`${port} is a trunk, which many releases trust by default: its bindings filter only with \`no-dhcp-trusted\``]
      : []),
    ...(cancelsAll ? [`${port} gets its first own statement, so \`${all.statement}\` no longer applies to it`] : []),
  ];
}

function standsFor(node: InterfaceNode, port: PortName): boolean {
  return node.ports.includes(port) || node.name === 'all';
}
