import { tryParsePortName, type PortName } from '../../domain/values/port';
import { withUnit, withoutUnit } from './naming';
import { child, childAt, childrenOf, childText, type XmlElement } from '../../clients/netconf/xml';
import { isInactive, keyOf } from './statementTags';

const MEMBER_OPTIONS = ['gigether-options', 'ether-options', 'fastether-options'] as const;

/**
 * Which aggregate each member interface belongs to (`interfaces ge-0/0/10 ether-options 802.3ad ae0`;
 * `gigether-options` on other models), read with inheritance, so interface ranges are expanded.
 */
export function parseAggregates(configuration: XmlElement): ReadonlyMap<PortName, PortName> {
  const members = new Map<PortName, PortName>();
  const interfaces = child(configuration, 'interfaces');
  for (const node of childrenOf(interfaces, 'interface').filter((candidate) => !isInactive(candidate))) {
    record(members, keyOf(node), aggregateOf(node));
  }
  for (const range of childrenOf(interfaces, 'interface-range').filter((candidate) => !isInactive(candidate))) {
    const bundle = aggregateOf(range);
    for (const port of rangeMembers(range)) if (!members.has(port)) record(members, port, bundle);
  }
  return members;
}

function record(members: Map<PortName, PortName>, member: string, bundle: string | undefined): void {
  if (bundle === undefined) return;
  const name = tryParsePortName(member);
  const aggregate = tryParsePortName(bundle);
  if (name !== undefined && aggregate !== undefined) members.set(name, aggregate);
}

function aggregateOf(node: XmlElement): string | undefined {
  for (const options of MEMBER_OPTIONS) {
    const aggregation = childAt(node, options, 'ieee-802.3ad');
    if (aggregation === undefined || isInactive(aggregation)) continue;
    const bundle = childText(aggregation, 'bundle')?.trim() ?? aggregation.text.trim();
    if (bundle !== '') return bundle;
  }
  return undefined;
}

/** The physical interfaces of an `interface-range`: its `member`s and `member-range A to B`s. */
export function rangeMembers(range: XmlElement): readonly PortName[] {
  const listed = childrenOf(range, 'member').map((member) => keyOf(member) || member.text.trim());
  const spans = childrenOf(range, 'member-range').flatMap((span) =>
    expandRange(keyOf(span), childText(span, 'end-range')?.trim() ?? keyOf(span)),
  );
  return [...listed, ...spans].map(tryParsePortName).filter((name) => name !== undefined);
}

/** The logical interfaces behind every interface range of the configuration, by range name. */
export function parseInterfaceRanges(configuration: XmlElement): ReadonlyMap<string, readonly PortName[]> {
  const ranges = childrenOf(child(configuration, 'interfaces'), 'interface-range');
  return new Map(ranges.map((range) => [keyOf(range), rangeMembers(range).map((port) => withUnit(port, 0))]));
}

function expandRange(from: string, to: string): readonly string[] {
  const first = /^(.*\D)(\d+)$/.exec(from);
  const last = /^(.*\D)(\d+)$/.exec(to);
  const low = Number(first?.[2]);
  const high = Number(last?.[2]);
  if (first === null || last === null || first[1] !== last[1] || high < low || high - low > 1_000) return [from, to];
  return Array.from({ length: high - low + 1 }, (_, index) => `${first[1]}${low + index}`);
}

/**
 * The logical interface whose bindings rule a port's traffic: the aggregate's when the port is a member of one.
 * @param unit the unit of a name without one.
 */
export function effectivePort(port: PortName, aggregates: ReadonlyMap<PortName, PortName>, unit: number): PortName {
  const aggregate = aggregates.get(withoutUnit(port));
  return withUnit(aggregate ?? port, unit);
}
