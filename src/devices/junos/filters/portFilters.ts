import { childAt, childrenOf, type XmlElement } from '../../../clients/netconf/xml';
import type { Statement } from '../../../domain/change/statement';
import { tryParsePortName, type PortName } from '../../../domain/values/port';
import { policyStatement, type FilterDirection } from '../policyStatements';
import { activeChildAt, activeChildren, isInactive, keyOf } from '../statementTags';
import { FILTER_PREFIX, filterName, parseTerm, type FilterTerm } from './filterTerm';

/** Both directions of a port's filters. */
export const DIRECTIONS: readonly FilterDirection[] = ['input', 'output'];

/** The filters that a port names. */
interface NamedFilters {
  readonly input?: string;
  readonly output?: string;
  /** Filters that stand in lists of them: never portwarden's. */
  readonly listed: readonly string[];
}

/** One of portwarden's filters as the switch has it. */
interface OwnFilter {
  readonly terms: readonly FilterTerm[];
  /** Names of terms that portwarden did not write, or that are deactivated: they are left alone. */
  readonly others: readonly string[];
}

/** What the switch has of filters of ports. */
export interface PortFilters {
  /** Layer 2 ports, which alone can have one (`family ethernet-switching`), with the filters that they name. */
  readonly named: ReadonlyMap<PortName, NamedFilters>;
  /** Portwarden's, by name. */
  readonly own: ReadonlyMap<string, OwnFilter>;
}

/** Reads what the ports name, and portwarden's filters as far as `firewall` was read. */
export function parsePortFilters(configuration: XmlElement): PortFilters {
  const named = new Map<PortName, NamedFilters>();
  for (const node of activeChildren(activeChildAt(configuration, 'interfaces'), 'interface')) {
    for (const unit of activeChildren(node, 'unit')) {
      const port = tryParsePortName(`${keyOf(node)}.${keyOf(unit)}`);
      const switching = activeChildAt(unit, 'family', 'ethernet-switching');
      if (port !== undefined && switching !== undefined) named.set(port, namedFilters(switching));
    }
  }
  const own = new Map<string, OwnFilter>();
  for (const filter of childrenOf(childAt(configuration, 'firewall', 'family', 'ethernet-switching'), 'filter'))
    if (keyOf(filter).startsWith(FILTER_PREFIX)) own.set(keyOf(filter), ownFilter(filter));
  return { named, own };
}

/** Whether the interfaces name one of portwarden's filters: then `firewall` has to be read too. */
export function namesOwnFilters({ named }: PortFilters): boolean {
  return [...named.values()].some(({ input, output }) =>
    [input, output].some((name) => name?.startsWith(FILTER_PREFIX) === true),
  );
}

/** What is in force of portwarden's filters of a port. */
export function filterStatements({ named, own }: PortFilters, port: PortName): readonly Statement[] {
  return DIRECTIONS.flatMap((direction) => {
    const name = filterName(port, direction);
    return [
      ...(own.get(name)?.terms ?? []).map(({ conditions }) => policyStatement({ kind: 'term', direction, conditions })),
      ...(named.get(port)?.[direction] === name ? [policyStatement({ kind: 'filter', direction })] : []),
    ];
  });
}

/** The filter of somebody else that a port has in a direction; undefined when it has none. */
export function foreignFilter({ named }: PortFilters, port: PortName, direction: FilterDirection): string | undefined {
  const filters = named.get(port);
  const name = filters?.[direction];
  return name !== undefined && name !== filterName(port, direction) ? name : filters?.listed[0];
}

function namedFilters(switching: XmlElement): NamedFilters {
  const filter = activeChildAt(switching, 'filter');
  const one = (direction: FilterDirection): string | undefined =>
    activeChildren(filter, direction)
      .map((element) => keyOf(element) || element.text.trim())
      .find((name) => name !== '');
  const [input, output] = [one('input'), one('output')];
  return {
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    listed: ['input-list', 'output-list'].flatMap((list) =>
      activeChildren(filter, list).map(({ text }) => text.trim()),
    ),
  };
}

function ownFilter(filter: XmlElement): OwnFilter {
  const terms: FilterTerm[] = [];
  const others: string[] = [];
  for (const element of childrenOf(filter, 'term')) {
    const term = isInactive(filter) ? undefined : parseTerm(element);
    if (term === undefined) others.push(keyOf(element));
    else terms.push(term);
  }
  return { terms, others };
}
