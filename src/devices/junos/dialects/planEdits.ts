import { PortwardenError } from '../../../domain/errors';
import type { IpAddress } from '../../../domain/values/ip';
import type { PortPlan } from '../../../domain/change/plan';
import { bindingOf, keyOfBinding, type StaticBinding } from '../staticBinding';
import { bindingPlan } from '../policyStatements';
import { pathWords, type Edit, type Leaf, type PathStep } from '../edit';
import type { BindingState, InterfaceNode, PortEdits, StaticStatement } from './dialect';

/** What differs between the dialects when a plan becomes edits. */
export interface EditRules {
  /** The `interface` node that a new binding of a VLAN goes into. Asked once for each VLAN, however many bindings there are. */
  nodeFor(vlanName: string): TargetNode;
  leaves(binding: Pick<StaticBinding, 'mac' | 'vlanName'>): readonly Leaf[];
  elementFor?(ip: IpAddress): StaticStatement['element'];
  /** The group of portwarden's bindings: emptied interfaces in it are removed (ELS). */
  readonly ownGroup?: string;
  /** What the plan changes of the port's trust. @throws PortwardenError when it cannot be done. */
  trust(): TrustChange;
}

/** Where new bindings go. */
export interface TargetNode {
  readonly path: readonly PathStep[];
  /** They are to do nothing there for now. */
  readonly mayBeTrusted: boolean;
}

/** How a port becomes trusted or ceases to be. */
export interface TrustChange {
  /** Nodes whose bindings go elsewhere, as they are. */
  readonly moves: readonly { readonly from: InterfaceNode; readonly to: readonly PathStep[] }[];
  readonly edits: readonly Edit[];
}

/** Turns a port's plan into the fewest edits that carry it out, or says why it cannot be carried out. */
export function planEdits(plan: PortPlan, state: BindingState, rules: EditRules): PortEdits {
  try {
    return { port: plan.port, ...compute(plan, state, rules) };
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    return { port: plan.port, revive: [], edits: [], failure: error };
  }
}

function compute(plan: PortPlan, state: BindingState, rules: EditRules): { revive: Edit[]; edits: Edit[] } {
  const trust = rules.trust();
  for (const edit of trust.edits)
    if (edit.kind === 'set') refuseIneffective(state, { path: edit.path, mayBeTrusted: true }, plan);
  const moving = trust.moves.map(({ from }) => from);
  const nodes = state.interfaces.filter(
    (node) => node.active && node.ports.includes(plan.port) && !moving.includes(node),
  );
  const sets: Edit[] = [];
  const revive: Edit[] = [];
  const written = new Set<string>();
  const keptNodes = new Set<string>();
  const present = new PresentStatements();
  const targets = new Map<string, TargetNode>();
  for (const binding of bindingPlan(plan).add.map(bindingOf)) {
    const target = targets.get(binding.vlanName) ?? rules.nodeFor(binding.vlanName);
    if (!targets.has(binding.vlanName)) refuseIneffective(state, target, plan);
    targets.set(binding.vlanName, target);
    const element = rules.elementFor?.(binding.ip) ?? 'static-ip';
    const existing = present.of(nodesOf(state).get(wordsOf(target.path)), element, binding.ip);
    const path = [...target.path, { element, key: existing?.key ?? binding.ip }];
    if (existing !== undefined && !existing.active) revive.push({ kind: 'delete', path });
    sets.push({ kind: 'set', path, leaves: rules.leaves(binding) });
    written.add(wordsOf(path));
    keptNodes.add(wordsOf(target.path));
  }
  const deletes: Edit[] = [];
  const removed = new Set(plan.remove.map(({ key }) => key));
  for (const { from, to } of trust.moves) {
    refuseInherited(plan, from, from.statements);
    const inactive = from.statements.find(({ active }) => !active);
    if (inactive !== undefined || from.settings.length > 0) {
      throw new PortwardenError(
        'policy-not-enforceable',
        `${plan.port}: \`${wordsOf(from.path)}\` holds more than bindings, so the port cannot leave its group`,
      );
    }
    deletes.push({ kind: 'delete', path: from.path });
    for (const { element, key, ...binding } of from.statements) {
      const path = [...to, { element, key }];
      const goes = removed.has(keyOfBinding(binding));
      if (goes || written.has(wordsOf([...to, { element, key: binding.ip }]))) continue;
      sets.push({ kind: 'set', path, leaves: rules.leaves(binding).filter(({ value }) => value !== '') });
    }
  }
  for (const node of nodes) {
    const doomed = node.statements.filter((statement) => statement.active && removed.has(keyOfBinding(statement)));
    if (doomed.length === 0) continue;
    refuseInherited(plan, node, doomed);
    if (isEmptied(node, doomed, rules) && !keptNodes.has(wordsOf(node.path))) {
      deletes.push({ kind: 'delete', path: node.path });
      continue;
    }
    for (const { element, key } of doomed) {
      const path = [...node.path, { element, key }];
      if (!written.has(wordsOf(path))) deletes.push({ kind: 'delete', path });
    }
  }
  return { revive, edits: [...deletes, ...trust.edits, ...sets] };
}

function isEmptied(node: InterfaceNode, doomed: readonly StaticStatement[], rules: EditRules): boolean {
  return (
    rules.ownGroup !== undefined &&
    node.group === rules.ownGroup &&
    node.settings.length === 0 &&
    doomed.length === node.statements.length
  );
}

function refuseInherited(plan: PortPlan, node: InterfaceNode, doomed: readonly StaticStatement[]): void {
  for (const statement of doomed) {
    const origin = statement.origin ?? node.origin;
    if (origin === undefined) continue;
    throw new PortwardenError(
      'device-inherited-binding',
      `${plan.port}: the binding of ${statement.ip} comes from ${origin} and cannot be removed on the port`,
      { details: { port: plan.port, ip: statement.ip, origin } },
    );
  }
}

function refuseIneffective(
  state: BindingState,
  { path, mayBeTrusted }: ReturnType<EditRules['nodeFor']>,
  plan: PortPlan,
): void {
  const words = wordsOf(path);
  const inactive = state.inactivePaths.find((candidate) => words === candidate || words.startsWith(`${candidate} `));
  if (inactive !== undefined) {
    throw new PortwardenError(
      'device-binding-ineffective',
      `${plan.port}: \`${inactive}\` is deactivated, so bindings below it would do nothing`,
      {
        details: { port: plan.port, statement: inactive },
      },
    );
  }
  const trusted = state.knobs.find(
    (knob) =>
      knob.kind === 'trusted-group' && words.startsWith(`${knob.statement.replace(/ overrides trusted$/, '')} `),
  );
  if (trusted !== undefined && !mayBeTrusted) {
    throw new PortwardenError(
      'device-binding-ineffective',
      `${plan.port}: \`${trusted.statement}\` leaves every port of the group unguarded`,
      {
        details: { port: plan.port, statement: trusted.statement },
      },
    );
  }
}

function wordsOf(path: readonly PathStep[]): string {
  return pathWords(path).join(' ');
}

/** The `interface` nodes of states by their paths: a plan for every port of a switch asks for them anew. */
const nodesByPath = new WeakMap<BindingState, ReadonlyMap<string, InterfaceNode>>();

function nodesOf(state: BindingState): ReadonlyMap<string, InterfaceNode> {
  const known =
    nodesByPath.get(state) ?? new Map([...state.interfaces].reverse().map((node) => [wordsOf(node.path), node]));
  nodesByPath.set(state, known);
  return known;
}

/** The statements of `interface` nodes by element and address, the first of each. */
class PresentStatements {
  private readonly byNode = new Map<InterfaceNode, ReadonlyMap<string, StaticStatement>>();

  of(node: InterfaceNode | undefined, element: string, ip: IpAddress): StaticStatement | undefined {
    if (node === undefined) return undefined;
    const known =
      this.byNode.get(node) ??
      new Map([...node.statements].reverse().map((statement) => [`${statement.element} ${statement.ip}`, statement]));
    this.byNode.set(node, known);
    return known.get(`${element} ${ip}`);
  }
}
