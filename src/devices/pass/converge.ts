import type { CommitIntent, IntendedChange } from '../../domain/change/commitIntent';
import { absentIps, isCarriedOut, removedBy } from '../../domain/change/plan';
import { NOTHING_LATELY } from '../../domain/change/passGuards';
import { PortwardenError } from '../../domain/errors';
import { phaseOf } from '../../domain/holds/portHold';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { MacAddress } from '../../domain/values/mac';
import { abortReason } from '../abort';
import {
  bindingsOfAll,
  type AnnouncedCommit,
  type ChangeSession,
  type Device,
  type DeviceState,
  type PreparedChange,
} from '../device';
import { everythingOn } from '../policyCarrier';
import type { Convergence } from './convergence';
import { withoutVirtualMac } from './additional';
import { planWork } from './planning';
import { isChange, type PortWork } from './portWork';
import { withoutNewMac } from './newMacs';
import { memoriesAfter, memoriesBefore } from './remember';
import { PassReport } from './report';
import type { ConvergeContext, ConvergeRequest, PlannedDifference } from './request';

/**
 * Brings the desired bindings onto the targets' ports, removes what may go, and proves it by reading back. The same
 * pass for every kind of device: begin → find out what earlier passes left → read → plan with guards and approvals →
 * prepare → back up → write the intent and ask the fence → ONE commit → read back → confirm → outcome per port. No plan,
 * no commit. Ports that the device rejects fail alone.
 * @throws PortwardenError for whole-device faults; then nothing is known to have changed
 *   (`device-unknown-outcome` when that is not certain).
 */
export async function converge(
  device: Device,
  request: ConvergeRequest,
  context: ConvergeContext,
): Promise<Convergence> {
  const { signal, onStep } = context;
  if (request.policies !== undefined && context.onRemember === undefined)
    throw new PortwardenError('internal', 'policies are carried out, and there is nobody to remember it');
  let session: ChangeSession | undefined;
  let failure: unknown;
  try {
    session = await device.beginChange({
      signal,
      onStep,
      logToken: request.logToken,
      ports: portsOf(request),
      ...(context.beforeFurtherWrite === undefined ? {} : { beforeFurtherWrite: context.beforeFurtherWrite }),
      ...(request.policies === undefined ? {} : { withPolicies: true }),
    });
    return await new Pass(device, session, request, context).run();
  } catch (error) {
    failure = error;
    const isUnknown = error instanceof PortwardenError && error.code === 'device-unknown-outcome';
    throw signal.aborted && !isUnknown ? abortReason(signal) : error;
  } finally {
    await session?.end(failure);
  }
}

class Pass {
  /** Commits of earlier passes of which it is not said yet what became. */
  private open: readonly CommitIntent[];
  /** Those of further addresses, by their holders. */
  private virtualMacs: ReadonlyMap<string, MacAddress> = new Map();

  constructor(
    private readonly device: Device,
    private readonly session: ChangeSession,
    private readonly request: ConvergeRequest,
    private readonly context: ConvergeContext,
  ) {
    this.open = request.openCommits ?? [];
  }

  async run(): Promise<Convergence> {
    let state = await this.session.read();
    let work = await this.plan(state);
    // What an earlier pass left may be undone while nobody looks: with nothing to commit, it is finished and read again.
    if (!work.some(isChange) && (await this.session.finishEarlier())) {
      state = await this.session.read();
      work = await this.plan(state);
    }
    await this.findOut(state);
    work = await this.admit(work, state);
    const report = new PassReport(work, state);
    const changing = this.withoutDeferred(work.filter(isChange), report);
    await this.remember(
      memoriesAfter(
        work.filter(({ verdict }) => verdict.kind === 'unchanged'),
        state,
      ),
    );
    report.note(...state.notes(changing.map(({ plan }) => plan)));
    if (changing.length > 0) {
      await this.change(changing, state, report);
      if (!report.hasCommitted) await this.session.finishEarlier();
      await this.findOut(state);
    }
    return report.result();
  }

  /**
   * Asks whether what confirmed absence would take may go, and plans again when the site brakes for it. What a person
   * approved is no loss, also where no guard would hold it any more.
   */
  private async admit(planned: readonly PortWork[], state: DeviceState): Promise<readonly PortWork[]> {
    if (lossesOf(planned).length === 0) return planned;
    const facts = { ...(this.request.facts ?? NOTHING_LATELY), brake: { since: '', reason: '' } };
    const { request, virtualMacs } = this;
    const held = planWork({ ...request, virtualMacs, facts }, state);
    const work = planned.map((one) => held.find((other) => other.port === one.port && isApproved(other)) ?? one);
    const losses = lossesOf(work);
    const braked = losses.length === 0 ? undefined : await this.context.onLosses?.(losses);
    return braked === undefined ? work : planWork({ ...request, virtualMacs, facts: braked }, state);
  }

  /** Further addresses get their virtual MACs here: whether they need one is told by what the port has. */
  private async plan(state: DeviceState): Promise<readonly PortWork[]> {
    const needed = withoutVirtualMac(withoutHeld(this.request, state), state);
    if (needed.length > 0) this.virtualMacs = await this.context.allocateVirtualMacs(needed);
    const work = planWork({ ...this.request, virtualMacs: this.virtualMacs }, state);
    if (work.some(({ newVirtualMacs }) => newVirtualMacs.length > 0))
      throw new PortwardenError('internal', 'an address that needs a virtual MAC did not get one');
    return work;
  }

  /** What may be changed now; of the others it is said why they wait. A port is meant by either of its names. */
  private withoutDeferred(changing: readonly PortWork[], report: PassReport): readonly PortWork[] {
    const { deferralOf, objectionTo } = this.request;
    return changing.filter(({ port, requested, plan }) => {
      const change = this.asPlanned(plan);
      const error =
        deferralOf?.([port, ...requested]) ??
        requested.map((name) => objectionTo?.(name, change)).find((one) => one !== undefined);
      if (error !== undefined) report.reject([{ port, code: error.code, message: error.message }]);
      return error === undefined;
    });
  }

  /** The difference in the words of a preview, which could not know the virtual MACs that this pass made. */
  private asPlanned({ add, remove }: PortWork['plan']): PlannedDifference {
    const made = [...this.virtualMacs.values()];
    return { added: add.map((statement) => withoutNewMac(statement, made)), removed: remove };
  }

  private async remember(changes: ReturnType<typeof memoriesAfter>): Promise<void> {
    if (changes.length > 0) await this.context.onRemember?.(changes);
  }

  /** What was remembered before the commit is enough to go on with, so a store that fails now stops nothing. */
  private async rememberProven(work: readonly PortWork[], state: DeviceState, report: PassReport): Promise<void> {
    try {
      await this.remember(memoriesAfter(work, state));
    } catch {
      report.note('What policies added and took could not be remembered exactly; the next pass does it');
    }
  }

  private async findOut(before: DeviceState): Promise<void> {
    if (this.open.length === 0) return;
    const findings = this.session.findOut(this.open, before);
    const settled = findings.filter(({ fate }) => fate !== 'open');
    this.open = this.open.filter(({ logToken }) => !settled.some((finding) => finding.logToken === logToken));
    if (settled.length > 0) await this.context.onOpenCommits(settled);
  }

  private async change(changing: readonly PortWork[], before: DeviceState, report: PassReport): Promise<void> {
    let remaining = changing;
    let isBackedUp = false;
    while (remaining.length > 0) {
      const prepared = await this.session.prepare(remaining);
      const accepted = remaining.filter(({ port }) => prepared.accepted.includes(port));
      report.reject(prepared.rejected);
      if (accepted.length === 0) return;
      report.accept(accepted, prepared.notes);
      if (!isBackedUp) {
        this.context.onStep('backup');
        await this.backUp(before);
        isBackedUp = true;
      }
      const refused = await this.commit(accepted, prepared, before, report);
      remaining = accepted.filter(({ port }) => refused.includes(port));
    }
  }

  /** What was read of every port belongs to the configuration: nobody else could change it meanwhile. */
  private async backUp(before: DeviceState): Promise<void> {
    const configuration = this.device.redact(await this.session.configuration());
    await this.context.onBackup(
      configuration,
      this.device.readConfiguration === undefined ? undefined : bindingsOfAll(before),
    );
  }

  /** @returns the ports that may be tried again without those that the device refused; none when the commit took place. */
  private async commit(
    accepted: readonly PortWork[],
    prepared: PreparedChange,
    before: DeviceState,
    report: PassReport,
  ): Promise<readonly string[]> {
    const announced = this.session.announce(accepted);
    const { logToken, confirmed, commits = 1 } = announced;
    await this.remember(memoriesBefore(accepted));
    await this.context.beforeCommit(intentOf(announced, accepted, before));
    if (this.context.signal.aborted) throw abortReason(this.context.signal);
    const sent = performance.now();
    const result = await this.session.commit(announced, accepted);
    report.withdraw(result.refused);
    const seconds = (performance.now() - sent) / 1000 / commits;
    const taken = accepted.filter(({ port }) => !result.refused.some((refused) => refused.port === port));
    if (!result.committed && result.refused.length === 0)
      throw new PortwardenError('device-rejected', 'The device refuses the commit and blames no port for it.');
    if (!result.committed) return taken.map(({ port }) => port);
    report.note(...result.notes);
    const mismatched = taken.filter((item) => !isCarriedOut(item, everythingOn(result.state, item.port)));
    report.readBack(taken, mismatched, result.state, { logToken, diff: prepared.diff, confirmed, seconds });
    if (confirmed && mismatched.length > 0) {
      report.rolledBack(taken, announced.undoneAfterMinutes);
      return [];
    }
    if (confirmed) await this.session.confirm(announced, taken);
    await this.rememberProven(
      taken.filter((item) => !mismatched.includes(item)),
      result.state,
      report,
    );
    report.disturb(result.disturbed ?? []);
    return [];
  }
}

/** The ports that a pass has to do with: those that are asked for, and those of commits of which nobody knows what became. */
function portsOf({ targets, openCommits = [] }: ConvergeRequest): readonly PortName[] {
  const open = openCommits.flatMap(({ ports }) => ports.map(({ effectivePort }) => effectivePort));
  return [...new Set([...targets.map(({ port }) => port), ...open])];
}

/** The targets whose ports nobody holds: what sources want on the others is not made. */
function withoutHeld({ targets, portHolds }: ConvergeRequest, state: DeviceState): ConvergeRequest['targets'] {
  if (portHolds === undefined) return targets;
  const now = portHolds.at.getTime();
  const held = portHolds.holds.filter((hold) => phaseOf(hold, now) === 'holding');
  const ports = new Set(held.map(({ port }) => state.effectivePort(port)));
  return targets.filter(({ port }) => !ports.has(state.effectivePort(port)));
}

/** What confirmed absence would take. */
function lossesOf(work: readonly PortWork[]): readonly { readonly port: PortName; readonly ip: IpAddress }[] {
  return work.filter(isChange).flatMap(({ port, plan }) => absentIps(plan).map((ip) => ({ port, ip })));
}

/** Whether a person approved whatever a guard would hold on the port. */
function isApproved({ plan, parked }: PortWork): boolean {
  return parked === undefined && [...plan.because.values()].includes('approved');
}

/** What a commit of this work will do, to be written down before it is sent. */
function intentOf(
  { logToken, confirmed, previousToken }: AnnouncedCommit,
  work: readonly PortWork[],
  before: DeviceState,
): CommitIntent {
  return {
    logToken,
    confirmed,
    ...(previousToken === undefined ? {} : { previousToken }),
    ports: work.flatMap(({ port: effectivePort, requested, plan }) => {
      const commands = before.commands([plan]);
      return requested.map((port): IntendedChange => ({
        port,
        effectivePort,
        added: plan.add,
        removed: removedBy(plan),
        commands,
      }));
    }),
  };
}
