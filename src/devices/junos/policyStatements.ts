import type { PortPlan } from '../../domain/change/plan';
import type { Statement } from '../../domain/change/statement';

/** Which way the packets of a port's filter go, as the switch names it: `input` is what the server sends. */
export type FilterDirection = 'input' | 'output';

/** What a statement of a port stands for that is no binding: such ones have no address, and only policies bring them about. */
export type PolicyStatement =
  /** Nothing filters the port (ELS: in that VLAN; elsewhere the name is empty). */
  | { readonly kind: 'trusted'; readonly vlanName: string }
  /** A term of portwarden's filter of the port: accepts what meets all its conditions. */
  | { readonly kind: 'term'; readonly direction: FilterDirection; readonly conditions: readonly string[] }
  /** The port has portwarden's filter. */
  | { readonly kind: 'filter'; readonly direction: FilterDirection };

const SEPARATOR = '; ';

/** The statement with its key and words. */
export function policyStatement(meaning: PolicyStatement): Statement {
  return { key: keyOf(meaning), text: textOf(meaning) };
}

/** What a statement stands for when it is no binding; undefined for a binding. */
export function policyMeaning({ key }: Statement): PolicyStatement | undefined {
  const trust = /^trusted(?: (.*))?$/s.exec(key);
  if (trust !== null) return { kind: 'trusted', vlanName: trust[1] ?? '' };
  const [, direction, conditions] = /^filter (input|output)(?: accept (.*))?$/s.exec(key) ?? [];
  if (direction !== 'input' && direction !== 'output') return undefined;
  return conditions === undefined
    ? { kind: 'filter', direction }
    : { kind: 'term', direction, conditions: conditions.split(SEPARATOR) };
}

/** The part of a plan that is about bindings. */
export function bindingPlan(plan: PortPlan): PortPlan {
  const isBinding = (statement: Statement): boolean => policyMeaning(statement) === undefined;
  return { ...plan, add: plan.add.filter(isBinding), remove: plan.remove.filter(isBinding) };
}

/** What a plan adds and removes of policies' statements. */
export function policyChanges({ add, remove }: Pick<PortPlan, 'add' | 'remove'>): {
  readonly add: readonly PolicyStatement[];
  readonly remove: readonly PolicyStatement[];
} {
  const meanings = (statements: readonly Statement[]): readonly PolicyStatement[] =>
    statements.map(policyMeaning).filter((meaning) => meaning !== undefined);
  return { add: meanings(add), remove: meanings(remove) };
}

function keyOf(meaning: PolicyStatement): string {
  switch (meaning.kind) {
    case 'trusted':
      return meaning.vlanName === '' ? 'trusted' : `trusted ${meaning.vlanName}`;
    case 'term':
      return `filter ${meaning.direction} accept ${meaning.conditions.join(SEPARATOR)}`;
    case 'filter':
      return `filter ${meaning.direction}`;
  }
}

function textOf(meaning: PolicyStatement): string {
  switch (meaning.kind) {
    case 'trusted':
      return meaning.vlanName === ''
        ? 'trusted: port security off'
        : `trusted in ${meaning.vlanName}: port security off`;
    case 'term':
      return `filter ${meaning.direction}: accept ${meaning.conditions.join(', ')}`;
    case 'filter':
      return `filter ${meaning.direction} on the port: what no term accepts is dropped`;
  }
}
