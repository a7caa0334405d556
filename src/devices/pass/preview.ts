import type { CoverageEntry } from '../../domain/coverage';
import type { ErrorReport } from '../../domain/errors';
import type { Exclusion, PolicyReport } from '../../domain/change/outcome';
import type { PortPlan } from '../../domain/change/plan';
import type { ParkedRemovals } from '../../domain/change/removals';
import type { SettledKeep } from '../../domain/change/settleKeeps';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { NEW_VIRTUAL_MAC } from '../../domain/desired/virtualMac';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import { expectationOf, type Expectation } from './expectation';
import { sayNewMac, withoutNewMac } from './newMacs';
import { planWork } from './planning';
import { isChange, type HoldWork, type PortWork } from './portWork';
import type { PreviewRequest } from './request';
import { revokedIn } from './revoked';

/** A change in a device's own command form; empty lists when nothing changes. */
export interface PreviewCommands {
  /** The fewest commands that do it: what a pass would carry out. */
  readonly difference: readonly string[];
  /** The same result the long way: what the ports have is deleted, and what they shall have is set. */
  readonly replace: readonly string[];
}

/** What a pass over one port would find and do now. */
export interface PortPreview {
  readonly port: PortName;
  /** See {@link PortConvergence.effectivePort}: ports that share one share everything that follows. */
  readonly effectivePort: PortName;
  /** `parked`: nothing would be done, and a guard holds something back. `held`: nothing would be done, and a person holds the port. `failed`: the device would not take it as it is configured. */
  readonly status: 'change' | 'unchanged' | 'held' | 'parked' | 'failed';
  /** What the port shall have, in the device's own statements. */
  readonly desired: readonly Statement[];
  /** The same as bindings; lacks those with a new virtual MAC. */
  readonly bindings: readonly Binding[];
  /** Addresses that would get a new virtual MAC: a pass makes it, and what is shown says so in its place. */
  readonly newVirtualMacs: readonly IpAddress[];
  /** What it has. */
  readonly actual: readonly Statement[];
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  /** Those of them whose virtual MAC a person revoked. Absent: none. */
  readonly revoked?: readonly Statement[];
  readonly excluded: readonly Exclusion[];
  /** What policies say of the port, and what would become of that. Absent: nothing. */
  readonly policy?: PolicyReport;
  /** Bindings that policies want there besides. */
  readonly byPolicy?: readonly Statement[];
  /** What would stay until a person decides, with the guard or the doubt that holds it. */
  readonly parked?: ParkedRemovals;
  /** The hold that a person has on the port. Absent: none. */
  readonly hold?: HoldWork;
  /** A policy has the port take no bindings now. */
  readonly isSuspended?: true;
  /** What people keep there. */
  readonly keeps: readonly SettledKeep[];
  /** What is to be said of these keeps. */
  readonly remarks: readonly string[];
  /** What the device enforces of the port as it is now, and what not. */
  readonly coverage: readonly CoverageEntry[];
  readonly error?: ErrorReport;
  readonly commands: PreviewCommands;
}

/** What a pass would find and do now. */
export interface Preview {
  readonly ports: readonly PortPreview[];
  /** Of all ports together: what one commit would carry out. */
  readonly commands: PreviewCommands;
  readonly notes: readonly string[];
  /** How long committing that may take. */
  readonly expected: Expectation;
}

/**
 * The same translation, plan and guards as {@link converge}, and nothing else: no lock, no candidate, no commit. Pure.
 * @param state what was read of the device; the preview is true of that moment.
 * @param commitSeconds what the device's newest commits took.
 */
export function preview(state: DeviceState, request: PreviewRequest, commitSeconds: readonly number[]): Preview {
  const work = planWork(request, state);
  const plans = work.filter(isChange).map(({ plan }) => plan);
  const ports = work.flatMap(({ port: effectivePort, requested, plan, excluded, parked, verdict, ...shall }) =>
    requested.map((port): PortPreview => ({
      port,
      effectivePort,
      status: statusOf({ verdict, parked, hold: shall.hold }),
      desired: shall.desired.map((statement) => withoutNewMac(statement)),
      bindings: shall.bindings.filter(({ mac }) => mac !== NEW_VIRTUAL_MAC),
      newVirtualMacs: shall.newVirtualMacs,
      keeps: shall.keeps,
      remarks: shall.remarks,
      coverage: state.coverage(effectivePort),
      actual: state.statements(effectivePort),
      added: plan.add.map((statement) => withoutNewMac(statement)),
      removed: plan.remove,
      ...(revokedIn(plan).length === 0 ? {} : { revoked: revokedIn(plan) }),
      excluded,
      commands: commandsOf(state, verdict.kind === 'change' ? [plan] : []),
      ...(shall.policy === undefined ? {} : { policy: shall.policy.report, byPolicy: shall.policy.wants }),
      ...(parked === undefined ? {} : { parked }),
      ...(shall.hold === undefined ? {} : { hold: shall.hold }),
      ...(shall.policy?.isSuspended === true ? { isSuspended: true } : {}),
      ...(verdict.kind === 'failed' ? { error: verdict.error } : {}),
    })),
  );
  return {
    ports,
    commands: commandsOf(state, plans),
    notes: state.notes(plans),
    expected: expectationOf(state, plans, commitSeconds),
  };
}

function statusOf({
  verdict,
  parked,
  hold,
}: Pick<PortWork, 'verdict'> &
  Record<'parked', PortWork['parked'] | undefined> &
  Record<'hold', PortWork['hold'] | undefined>): PortPreview['status'] {
  if (verdict.kind !== 'unchanged') return verdict.kind;
  if (hold?.state === 'holding') return 'held';
  return parked?.guarded === true ? 'parked' : 'unchanged';
}

function commandsOf(state: DeviceState, plans: readonly PortPlan[]): PreviewCommands {
  return {
    difference: state.commands(plans).map((command) => sayNewMac(command)),
    replace: state.replaceCommands(plans).map((command) => sayNewMac(command)),
  };
}
