import { PortwardenError } from '../../../domain/errors';
import type { PortPlan } from '../../../domain/change/plan';
import { policyChanges } from '../policyStatements';
import type { Edit, PathStep } from '../edit';
import type { BindingState, InterfaceNode } from './dialect';
import type { TrustChange } from './planEdits';

/** The group of portwarden whose ports nothing filters (ELS). A port is in it or in portwarden's other group, never in both. */
export function trustedGroup(ownGroup: string): string {
  return `${ownGroup.slice(0, 56)}-trusted`;
}

/** Whether a port is in portwarden's trusted group of a VLAN once the plan is carried out. */
export function isTrustedAfter(plan: PortPlan, state: BindingState, vlanName: string, ownGroup: string): boolean {
  const { add, remove } = policyChanges(plan);
  const isMeant = (meaning: (typeof add)[number]): boolean =>
    meaning.kind === 'trusted' && meaning.vlanName === vlanName;
  return (
    add.some(isMeant) || (!remove.some(isMeant) && membership(plan, state, vlanName, trustedGroup(ownGroup)).length > 0)
  );
}

/**
 * `overrides trusted` is a group's, so one port is trusted by a group of its own kind: its bindings move there with it, because
 * it is not established what one port in two groups of a VLAN does.
 * @param nodeIn the port's `interface` node in a group of a VLAN.
 */
export function trustMoves(
  plan: PortPlan,
  state: BindingState,
  ownGroup: string,
  nodeIn: (vlanName: string, group: string) => readonly PathStep[],
): TrustChange {
  const trusted = trustedGroup(ownGroup);
  const { add, remove } = policyChanges(plan);
  const coming = add.flatMap((meaning) => (meaning.kind === 'trusted' ? [meaning.vlanName] : []));
  const going = remove.flatMap((meaning) => (meaning.kind === 'trusted' ? [meaning.vlanName] : []));
  for (const vlanName of coming) refuseOtherGroups(plan, state, vlanName, [ownGroup, trusted]);
  for (const vlanName of going) refuseForeignTrust(plan, state, vlanName, trusted);
  return {
    moves: [
      ...coming.flatMap((vlanName) =>
        membership(plan, state, vlanName, ownGroup).map((from) => ({ from, to: nodeIn(vlanName, trusted) })),
      ),
      ...going.flatMap((vlanName) =>
        membership(plan, state, vlanName, trusted).map((from) => ({ from, to: nodeIn(vlanName, ownGroup) })),
      ),
    ],
    edits: coming.flatMap((vlanName): readonly Edit[] => {
      const node = nodeIn(vlanName, trusted);
      const isThere = state.knobs.some(
        ({ kind, subject }) => kind === 'trusted-group' && subject === `${vlanName} ${trusted}`,
      );
      return [
        ...(isThere
          ? []
          : [
              {
                kind: 'set',
                path: [...node.slice(0, -1), { element: 'overrides' }, { element: 'trusted' }],
                leaves: [],
              } as const,
            ]),
        { kind: 'set', path: node, leaves: [] },
      ];
    }),
  };
}

function membership(plan: PortPlan, state: BindingState, vlanName: string, group: string): readonly InterfaceNode[] {
  return state.interfaces.filter(
    (node) => node.vlanName === vlanName && node.group === group && node.ports.includes(plan.port),
  );
}

function refuseOtherGroups(plan: PortPlan, state: BindingState, vlanName: string, own: readonly string[]): void {
  const other = state.interfaces.find(
    (node) =>
      node.vlanName === vlanName && node.ports.includes(plan.port) && node.active && !own.includes(node.group ?? ''),
  );
  if (other === undefined) return;
  throw new PortwardenError(
    'policy-not-enforceable',
    `${plan.port} is in group ${other.group ?? ''} of VLAN ${vlanName}, which is not portwarden's, and a port in two groups of a VLAN is not relied on`,
  );
}

function refuseForeignTrust(plan: PortPlan, state: BindingState, vlanName: string, trusted: string): void {
  if (membership(plan, state, vlanName, trusted).length > 0) return;
  throw new PortwardenError(
    'policy-not-enforceable',
    `${plan.port} is trusted in VLAN ${vlanName} by a group that is not portwarden's`,
  );
}
