import type { Keep } from '../../domain/change/keep';
import type { Exclusion } from '../../domain/change/outcome';
import { isEmptyPlan } from '../../domain/change/plan';
import { mergeRemovals, namedPresent, NO_REMOVALS } from '../../domain/change/removals';
import { settleKeeps } from '../../domain/change/settleKeeps';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import { reportError } from '../../domain/errors';
import { parkedByOver } from '../../domain/holds/overHold';
import { nothingOn, planHeld, presentForm, type TranslateOne } from '../../domain/holds/planHeld';
import { describeHold, type HoldPhase, type PortHold } from '../../domain/holds/portHold';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import { everythingOn } from '../policyCarrier';
import type { PortWork } from './portWork';
import type { PortTarget } from './request';
import { settleTargets } from './wishes';

/** A port with a hold, and what was asked about it. */
interface AskedHeldPort {
  readonly port: PortName;
  readonly asked: readonly PortTarget[];
  readonly state: DeviceState;
  readonly hold: PortHold;
}

/** How the device holds a binding on a port, one by one. */
export function translateOn(state: Pick<DeviceState, 'translate'>, port: PortName): TranslateOne {
  return (binding) => {
    const { statements, excluded } = state.translate(port, [binding]);
    const [why] = excluded;
    return { statements, ...(why === undefined ? {} : { why: why.message }) };
  };
}

/** Plans a held port: the hold stands in the place of what the sources want, and policies wait. Keeps stay. */
export function planHeldPort({
  port,
  asked,
  state,
  hold,
  keeps: ofPort,
}: AskedHeldPort & { readonly keeps: readonly Keep[] }): PortWork {
  const actual = state.statements(port);
  const translate = translateOn(state, port);
  const held = presentForm(hold.statements, actual, translate);
  const keeps = settleKeeps({
    actual,
    desired: held.statements,
    keeps: ofPort,
    named: [],
    translate: (binding) => translate(binding).statements,
  });
  const wanted = distinctStatements([...keeps.desired, ...keeps.kept]);
  const { plan, parked } = planHeld({
    port,
    actual,
    wanted,
    removes: hold.removes,
    retainIps: keeps.excluded.map(({ ip }) => ip),
    approved: asked.flatMap((target) => target.approvedFingerprint ?? []),
    approvedKeys: asked.flatMap((target) => target.approvedStatements ?? []),
  });
  const refusal = isEmptyPlan(plan) ? undefined : state.refusal(plan);
  return {
    port,
    requested: namesOf(asked),
    actual: everythingOn(state, port),
    desired: wanted,
    bindings: [],
    newVirtualMacs: [],
    plan,
    excluded: [...keeps.excluded, ...leftOutBy(hold, asked, wanted)],
    keeps: keeps.keeps,
    remarks: [
      `${port} is ${describeHold(hold)}`,
      ...held.missing,
      ...keeps.notes,
      ...withstood(hold, asked, wanted),
      ...(state.remarks?.(port) ?? []),
    ],
    verdict:
      refusal === undefined
        ? { kind: isEmptyPlan(plan) ? 'unchanged' : 'change' }
        : { kind: 'failed', error: reportError(refusal) },
    hold: { hold, state: 'holding' },
    ...(parked === undefined ? {} : { parked }),
  };
}

/**
 * Plans a port whose hold no longer holds. One that a person released, or that is no different from what the sources want,
 * ends with this pass. Otherwise all that would be done waits, until a person approves exactly that.
 * @param naturally what would be done without the hold.
 */
export function planWithout(
  { port, asked, state, hold, phase }: AskedHeldPort & { readonly phase: Exclude<HoldPhase, 'holding'> },
  naturally: (targets: readonly PortTarget[]) => PortWork,
): PortWork {
  const released = asked.map((target) => withBrought(target, hold));
  const natural = naturally(released);
  if (phase === 'released' || (isEmptyPlan(natural.plan) && natural.verdict.kind !== 'failed'))
    return { ...natural, hold: { hold, state: 'ends' } };
  const parked = parkedByOver(port, hold, natural);
  if (asked.some(({ approvedFingerprint }) => approvedFingerprint === parked.fingerprint)) {
    const { fingerprint } = natural.parked ?? {};
    const approved = naturally(
      fingerprint === undefined
        ? released
        : released.map((target) => ({ ...target, approvedFingerprint: fingerprint })),
    );
    return { ...approved, hold: { hold, state: 'ends' } };
  }
  const { requested, actual, desired, bindings, newVirtualMacs, excluded, keeps, remarks } = natural;
  return {
    ...{ port, requested, actual, desired, bindings, newVirtualMacs, excluded, keeps, remarks },
    plan: nothingOn(port, state.statements(port)),
    parked,
    verdict: { kind: 'unchanged' },
    hold: { hold, state: 'over' },
  };
}

/** What the restore brought goes with the hold where nobody explains it: whoever made the hold, or released it, said so. */
function withBrought(target: PortTarget, { brought }: PortHold): PortTarget {
  const keys = brought.map(({ key }) => key);
  return { ...target, approvedStatements: [...new Set([...(target.approvedStatements ?? []), ...keys])] };
}

function namesOf(asked: readonly PortTarget[]): readonly PortName[] {
  return [...new Set(asked.map(({ port }) => port))];
}

/** Addresses that sources want there and that the hold does not have so. */
function leftOutBy(hold: PortHold, asked: readonly PortTarget[], wanted: readonly Statement[]): readonly Exclusion[] {
  const { undisputed } = settleTargets(asked);
  const further = asked.flatMap(({ additional = [] }) => additional.map(({ ip }) => ({ ip })));
  const excluded = new Map<IpAddress, Exclusion>();
  for (const wish of [...undisputed, ...further]) {
    const { ip } = wish;
    const there = wanted.filter((one) => one.ip === ip);
    const isSo = there.some(
      ({ mac, vlan }) => !('mac' in wish) || (mac === wish.mac && (vlan ?? wish.vlan) === wish.vlan),
    );
    if (isSo) continue;
    const how = there.length === 0 ? 'is left out' : `stays as ${there.map(({ text }) => text).join(' and ')}`;
    excluded.set(ip, { ip, rule: 'held', message: `${ip} ${how}: ${hold.port} is ${describeHold(hold)}` });
  }
  return [...excluded.values()];
}

/** Removals that events name and the hold does not let through. */
function withstood(hold: PortHold, asked: readonly PortTarget[], wanted: readonly Statement[]): readonly string[] {
  const removals = asked.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS);
  const { named } = namedPresent(
    removals,
    wanted.flatMap(({ ip }) => ip ?? []),
  );
  const stays = new Set(wanted.flatMap(({ ip }) => ip ?? []));
  return named
    .filter((ip) => stays.has(ip))
    .map((ip) => `${ip} is named for removal, but stays while hold ${hold.id} holds`);
}
