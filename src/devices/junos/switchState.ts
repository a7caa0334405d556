import type { Statement } from '../../domain/change/statement';
import { PortwardenError } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import { bindingsOf, type BindingState, type Dialect } from './dialects/dialect';
import { dhcpSecurity } from './dialects/dhcpSecurity';
import { secureAccessPort } from './dialects/secureAccessPort';
import { parseMembers, parseTrunks } from './interfaceModes';
import { namesOwnFilters, parsePortFilters, type PortFilters } from './filters/portFilters';
import { parseAggregates, parseInterfaceRanges } from './lag';
import { child, childText, type XmlElement } from '../../clients/netconf/xml';
import type { Operations } from './operations';
import type { DialectName, JunosSettings } from './settings';
import { statementOf } from './staticBinding';
import { activeChildAt, activeChildren, hasActive } from './statementTags';
import { parseVlanNames, vlanIdOf, vlansMeant, type VlanNames } from './vlanNames';

/** What the driver knows of a switch from its committed configuration. */
export interface SwitchState {
  readonly dialect: Dialect;
  readonly bindings: BindingState;
  readonly vlans: VlanNames;
  readonly aggregates: ReadonlyMap<PortName, PortName>;
  /** Logical interfaces that are trunks. */
  readonly trunks: ReadonlySet<PortName>;
  /** What VLANs logical interfaces are members of, as their own configuration spells them. */
  readonly members: ReadonlyMap<PortName, readonly string[]>;
  readonly filters: PortFilters;
  /** What it was told from. */
  readonly configuration: XmlElement;
}

/** Both dialects by name. */
const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  'secure-access-port': secureAccessPort,
  'dhcp-security': dhcpSecurity,
};

/** Top-level statements that exist in either dialect. */
const COMMON_ROOTS = ['interfaces', 'vlans'] as const;
const FILTER_ROOTS = ['firewall'] as const;

/**
 * Reads the committed configuration as far as bindings depend on it.
 * @param withFilters whether filters of ports are read in any case.
 * @throws PortwardenError `device-dialect-unknown` when neither dialect, or both, can be told from it.
 */
export async function readSwitchState(
  operations: Operations,
  settings: JunosSettings,
  withFilters: boolean,
): Promise<SwitchState> {
  const expected = settings.dialect === 'auto' ? settings.expectedDialect : settings.dialect;
  const early = expected === 'secure-access-port' ? readSwitchingOptions(operations, false) : undefined;
  early?.catch(() => undefined);
  const common = await readCommon(operations, withFilters);
  const known = settings.dialect === 'auto' ? dialectOf(common) : settings.dialect;
  if (known === 'dhcp-security') return parseSwitchState(common, dhcpSecurity, settings);
  const switching = (await early) ?? (await readSwitchingOptions(operations, known !== undefined));
  if (switching === undefined) return parseSwitchState(common, dhcpSecurity, settings);
  const configuration = { ...common, children: [...common.children, ...switching.children] };
  const dialect = known ?? dialectOf(configuration);
  if (dialect === undefined) {
    throw new PortwardenError(
      'device-dialect-unknown',
      'The configuration has neither `ethernet-switching-options` nor VLANs in the ELS form.',
    );
  }
  return parseSwitchState(configuration, DIALECTS[dialect], settings);
}

/** Filters are read when policies may concern them, and when a port has one of portwarden's. */
async function readCommon(operations: Operations, withFilters: boolean): Promise<XmlElement> {
  const common = await operations.readCommitted([...COMMON_ROOTS, ...(withFilters ? FILTER_ROOTS : [])]);
  if (withFilters || !namesOwnFilters(parsePortFilters(common))) return common;
  const { children } = await operations.readCommitted(FILTER_ROOTS);
  return { ...common, children: [...common.children, ...children] };
}

/** Parses a configuration of a known dialect. */
export function parseSwitchState(
  configuration: XmlElement,
  dialect: Dialect,
  settings: Pick<JunosSettings, 'unit'>,
): SwitchState {
  const interfaceRanges = parseInterfaceRanges(configuration);
  return {
    dialect,
    bindings: dialect.parse(configuration, { unit: settings.unit, interfaceRanges }),
    vlans: parseVlanNames(configuration),
    aggregates: parseAggregates(configuration),
    trunks: parseTrunks(configuration),
    members: parseMembers(configuration),
    filters: parsePortFilters(configuration),
    configuration,
  };
}

/**
 * Reads again what a change of bindings changes; the rest, which needs most of the bytes, is as it was before: the
 * candidate is locked.
 */
export async function readBindingsAgain(
  operations: Operations,
  before: SwitchState,
  settings: JunosSettings,
): Promise<SwitchState> {
  const { dialect, configuration } = before;
  const { children } = await operations.readCommitted([dialect.root]);
  const kept = configuration.children.filter(({ name }) => name !== dialect.root);
  return parseSwitchState({ ...configuration, children: [...kept, ...children] }, dialect, settings);
}

/** The active bindings of a port. */
export function statementsOnSwitch(state: SwitchState, port: PortName): readonly Statement[] {
  return bindingsOf(state.bindings, port).map((binding) =>
    statementOf(binding, vlanIdOf(state.vlans, binding.vlanName)),
  );
}

/** The VLANs that a port is a member of, or has bindings in, by their names there. */
export function vlansOfPort(state: SwitchState, port: PortName): readonly string[] {
  const bound = bindingsOf(state.bindings, port).map(({ vlanName }) => vlanName);
  const members = vlansMeant(state.vlans, state.members.get(port) ?? []);
  return [...new Set([...members, ...bound])].filter((name) => name !== '').sort();
}

/** Undefined when the switch does not know the statement: then it is an ELS switch. */
async function readSwitchingOptions(operations: Operations, mustWork: boolean): Promise<XmlElement | undefined> {
  try {
    return await operations.readCommitted([secureAccessPort.root]);
  } catch (error) {
    const refused = error instanceof PortwardenError && error.code === 'device-rejected';
    if (mustWork || !refused) throw error;
    return undefined;
  }
}

/**
 * The dialect that the content shows. ELS has `interface-mode`, `irb` interfaces and `dhcp-security`; the older
 * style `port-mode`, `vlan` interfaces and `ethernet-switching-options`. What is deactivated shows nothing, except that
 * only the older style knows `ethernet-switching-options` at all.
 */
function dialectOf(configuration: XmlElement): DialectName | undefined {
  const vlans = activeChildren(activeChildAt(configuration, 'vlans'), 'vlan');
  const interfaces = child(configuration, 'interfaces');
  const routed = (prefix: string): boolean =>
    vlans.some((vlan) => childText(vlan, 'l3-interface')?.startsWith(prefix) === true);
  const secured = vlans.some((vlan) => activeChildAt(vlan, 'forwarding-options', 'dhcp-security') !== undefined);
  const els = hasActive(interfaces, 'interface-mode') || secured || routed('irb.');
  const nonEls =
    hasActive(interfaces, 'port-mode') ||
    routed('vlan.') ||
    activeChildAt(configuration, secureAccessPort.root) !== undefined;
  if (els && nonEls) return undefined;
  if (els) return 'dhcp-security';
  return nonEls || child(configuration, secureAccessPort.root) !== undefined ? 'secure-access-port' : undefined;
}
