import { isOf, type Keep } from '../../domain/change/keep';
import { isAbout, withoutStatements, type Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { errorReport } from '../../domain/errors';
import { effectivePolicy, saysAnything, type EffectivePolicy } from '../../domain/policies/effectivePolicy';
import {
  changedSince,
  naturalOf,
  NO_MEMORY,
  type PortMemory,
  type RememberedPort,
} from '../../domain/policies/portMemory';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import type { CarriedPolicy } from '../policyCarrier';
import type { PoliciesOfDevice, PortTarget } from './request';

/** A port that policies concern, or concerned: what it has, what it would have without them, and what they make of it. */
export interface PortUnderPolicy {
  readonly port: PortName;
  readonly policy: EffectivePolicy;
  /** Absent: nothing is remembered. */
  readonly memory?: PortMemory;
  readonly bindings: RememberedPort;
  readonly enforcement: RememberedPort;
  /** What the port would have without policies. */
  readonly natural: { readonly bindings: readonly Statement[]; readonly enforcement: readonly Statement[] };
  readonly carried: CarriedPolicy;
  /** How bindings are translated: as if the port were enforced, or as it is now. */
  readonly isEnforced?: true;
  /**
   * Without a statement the port lets everything through now: what policies add does not begin its first one by itself,
   * because that would shut out all that the sources have not said yet.
   */
  readonly isOpen: boolean;
  /** The device shows no such port now: what is remembered of it stays as it is, because it may only be hidden. */
  readonly isMissing: boolean;
  readonly drift: readonly string[];
}

/** What is known of one port before its policies are looked at. */
export interface PolicyQuestion {
  readonly port: PortName;
  readonly targets: readonly PortTarget[];
  readonly state: DeviceState;
  readonly policies: PoliciesOfDevice | undefined;
  /** Of the port. */
  readonly keeps: readonly Keep[];
  readonly sources: readonly Binding[];
  /** A person approved what waits because of policies. */
  readonly isApproved: boolean;
}

/** Finds what policies say of a port; undefined when they say nothing and left nothing. */
export function underPolicy(question: PolicyQuestion): PortUnderPolicy | undefined {
  const { port, targets, state, policies, keeps, sources, isApproved } = question;
  if (policies === undefined) return undefined;
  const { device, at } = policies;
  const memory = policies.memories.get(port);
  const facts = state.policies?.facts(port);
  const serverIds = [...new Set(targets.flatMap((target) => target.serverIds ?? []))];
  const policy = effectivePolicy(policies.policies, { device, port, serverIds, ...facts }, at);
  if (!saysAnything(policy) && memory === undefined) return undefined;
  const present = { bindings: state.statements(port), enforcement: state.policies?.enforcement(port) ?? [] };
  const enforcementKeys = new Set(present.enforcement.map(({ key }) => key));
  const { bindings: ofBindings, enforcement: ofEnforcement } = memory ?? NO_MEMORY;
  const isKept = (statement: Statement): boolean => keeps.some((keep) => isOf(keep, statement));
  const bindings = {
    present: present.bindings,
    memory: { ...ofBindings, added: ofBindings.added.filter((one) => !isKept(one)) },
    enforcementKeys,
  };
  const enforcement = { present: present.enforcement, memory: ofEnforcement, enforcementKeys };
  const natural = { bindings: naturalOf(bindings), enforcement: naturalOf(enforcement) };
  const carried =
    state.policies === undefined || facts === undefined
      ? notCarried(port, state, natural.enforcement)
      : state.policies.carryOut(port, {
          policy,
          natural: natural.enforcement,
          sources,
          membersOf: (group) => policies.groups?.get(group) ?? { addresses: [] },
          isApproved,
        });
  const isAsRead = sameKeys(carried.enforcement, present.enforcement);
  return {
    port,
    policy,
    ...(memory === undefined ? {} : { memory }),
    bindings,
    enforcement,
    natural,
    carried,
    ...(carried.suspends === undefined && isAsRead ? {} : { isEnforced: true }),
    isOpen: state.isOpen?.(port) === true,
    isMissing: state.policies !== undefined && facts === undefined,
    drift: driftOf(memory, [...present.bindings, ...present.enforcement], state.policies?.mark?.(port)),
  };
}

/** Statements of the policy that are there anyway: they are explained by it, unless something names them for removal. */
export function explainedByPolicy(
  { natural, carried }: PortUnderPolicy,
  named: readonly IpAddress[],
): readonly Statement[] {
  const keys = new Set(natural.bindings.map(({ key }) => key));
  const going = new Set(named);
  return carried.bindings.filter((statement) => keys.has(statement.key) && !isAbout(statement, going));
}

/** Whether the policy takes what nobody stands for. */
export function isExclusive({ policy }: PortUnderPolicy): boolean {
  return policy.allowedAddressPairs?.exclusive === true;
}

/** A device that carries no policy out, or has no such port. */
function notCarried(port: PortName, state: DeviceState, enforcement: readonly Statement[]): CarriedPolicy {
  const error =
    state.policies === undefined
      ? errorReport('policy-unsupported', `${port} is on a device that carries out no port policies`)
      : errorReport('device-rejected', `There is no port ${port}, or the login may not see it: its policy waits`);
  return { enforcement, bindings: [], excluded: [], refused: [error], remarks: [] };
}

/** What somebody else changed on the port since our last change, in one sentence. */
function driftOf(memory: PortMemory | undefined, present: readonly Statement[], mark: string | undefined): string[] {
  if (memory?.proven === undefined) return [];
  const { bindings, enforcement, proven } = memory;
  const ours = new Set([...bindings.added, ...enforcement.added].map(({ key }) => key));
  const taken = new Set([...bindings.taken, ...enforcement.taken].map(({ statement }) => statement.key));
  const { came, went } = changedSince(proven, present);
  const changes = [
    ...came.filter(({ key }) => !ours.has(key)).map(({ text }) => `+${text}`),
    ...went.filter(({ key }) => !taken.has(key)).map(({ text }) => `-${text}`),
  ];
  if (changes.length === 0) return [];
  const since = proven.mark ?? 'our last change';
  return [
    `Changed by somebody else since ${since}${mark === undefined ? '' : ` (now ${mark})`}: ${changes.join(', ')}`,
  ];
}

function sameKeys(a: readonly Statement[], b: readonly Statement[]): boolean {
  return withoutStatements(a, b).length === 0 && withoutStatements(b, a).length === 0;
}
