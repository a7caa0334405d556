import type { PortPlan } from '../../../domain/change/plan';
import { PortwardenError } from '../../../domain/errors';
import type { PortName } from '../../../domain/values/port';
import { pathWords, type Edit, type PathStep } from '../edit';
import { policyChanges, type FilterDirection } from '../policyStatements';
import { filterName, filterPath, termEdits, termLines, termOf, type FilterTerm } from './filterTerm';
import { DIRECTIONS, foreignFilter, type PortFilters } from './portFilters';

/**
 * What a plan does to portwarden's filters of its port.
 * @throws PortwardenError `policy-not-enforceable` where the port has somebody else's, or can have none.
 */
export function filterEdits(plan: PortPlan, filters: PortFilters): readonly Edit[] {
  const { add, remove } = policyChanges(plan);
  return DIRECTIONS.flatMap((direction) => {
    const terms = (meanings: typeof add): readonly FilterTerm[] =>
      meanings.flatMap((meaning) =>
        meaning.kind === 'term' && meaning.direction === direction ? [termOf(meaning.conditions)] : [],
      );
    const names = (meanings: typeof add): boolean =>
      meanings.some((meaning) => meaning.kind === 'filter' && meaning.direction === direction);
    const name = filterName(plan.port, direction);
    const [coming, going] = [terms(add), terms(remove)];
    return [
      ...(names(remove) ? [unapply(plan.port, direction, name)] : []),
      ...removed(name, going, coming, filters),
      ...coming.flatMap((term) => termEdits(name, term)),
      ...(names(add) ? [apply(plan.port, direction, name, filters)] : []),
    ];
  });
}

/** The filter itself goes with its last term. */
function removed(
  name: string,
  going: readonly FilterTerm[],
  coming: readonly FilterTerm[],
  { own }: PortFilters,
): readonly Edit[] {
  const present = own.get(name);
  const isLast =
    present?.others.length === 0 && present.terms.every((term) => going.some((gone) => gone.name === term.name));
  if (going.length === 0) return [];
  if (isLast && coming.length === 0)
    return [{ kind: 'delete', path: filterPath(name), gone: going.flatMap((term) => termLines(name, term)) }];
  return going.map((term) => ({
    kind: 'delete',
    path: [...filterPath(name), { element: 'term', key: term.name }],
    gone: termLines(name, term),
  }));
}

function apply(port: PortName, direction: FilterDirection, name: string, filters: PortFilters): Edit {
  const foreign = foreignFilter(filters, port, direction);
  if (foreign !== undefined)
    throw new PortwardenError(
      'policy-not-enforceable',
      `${port} has the filter ${foreign} of somebody else, and a port has one filter for each direction`,
    );
  if (!filters.named.has(port))
    throw new PortwardenError(
      'policy-not-enforceable',
      `${port} has no \`family ethernet-switching\`, and only such ports can have a filter of layer 2`,
    );
  return { kind: 'set', path: portFilter(port), leaves: [{ element: direction, value: name }] };
}

function unapply(port: PortName, direction: FilterDirection, name: string): Edit {
  const path = [...portFilter(port), { element: direction }];
  return { kind: 'delete', path, gone: [[...pathWords(path), name]] };
}

function portFilter(port: PortName): readonly PathStep[] {
  const [, physical = port, unit = '0'] = /^(.*)\.(\d+)$/.exec(port) ?? [];
  return [
    { element: 'interfaces' },
    { element: 'interface', key: physical, keyOnly: true },
    { element: 'unit', key: unit },
    { element: 'family' },
    { element: 'ethernet-switching' },
    { element: 'filter' },
  ];
}
