import type { Activities, DesiredPortBindings, PortQuestion, PortServers } from '../../protocol/activities';
import { errorReport, type ErrorReport } from '../../domain/errors';
import { plainOutcome, type PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { CoordinatorInput, CoordinatorState, PendingPort } from '../../protocol/coordinator';
import type { EnlistRequest } from '../../protocol/requests';
import { Batch, type FaultOf } from './batch';
import { DeviceQueue } from './deviceQueue';
import { describeCoordinator } from './describe';
import { LastOutcomes } from './lastOutcomes';
import { portRequest, type NodeSubject } from '../../domain/servers/portRequest';
import { OpenRemovalsByPort } from './openRemovals';
import { nodesWithGuests, knownGuests, readNodes, type NodeReadings } from './nodeReadings';

/** The steps of a batch, as the workflow carries them out (activities), plus how their failures read. */
export type CoordinatorSteps = Pick<
  Activities,
  'gatherVmMacs' | 'fetchServerIps' | 'filterByVlan' | 'commitToSwitch' | 'notifyWaiters' | 'dropParked'
>;

/** What the coordinator needs from the workflow it runs in. */
export interface CoordinatorHost {
  readonly steps: CoordinatorSteps;
  /** Unix milliseconds, replay-safe. */
  readonly now: () => number;
  /** Turns a failed step into a report; rethrows what is not a failure of the step (cancellation). */
  readonly explain: (error: unknown) => ErrorReport;
  /** Shows the state where operators look (the workflow's details). */
  readonly show: (details: string) => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** How many of the events that wait for a port its journal entry names. */
const JOURNALED_EVENTS = 20;

/**
 * The one who may change a device. Takes the due ports, reads their sources afresh, commits once, tells the
 * waiting events. A port whose sources fail goes back to the queue alone; a device that fails makes all wait.
 */
export class Coordinator {
  readonly queue: DeviceQueue;
  private readonly last: LastOutcomes;
  private readonly openRemovals: OpenRemovalsByPort;
  private isPaused: boolean;
  private batches: number;
  private running: CoordinatorState['running'];

  constructor(
    private readonly input: CoordinatorInput,
    private readonly host: CoordinatorHost,
  ) {
    this.queue = new DeviceQueue(input.settings, input);
    this.openRemovals = new OpenRemovalsByPort(input.settings.giveUpAfterMs, input.openRemovals);
    this.isPaused = input.paused ?? false;
    this.batches = input.batches ?? 0;
    this.last = new LastOutcomes(input.lastOutcomes);
  }

  get paused(): boolean {
    return this.isPaused;
  }

  enlist(requests: readonly EnlistRequest[]): void {
    for (const request of requests) this.queue.enlist(request, this.host.now());
  }

  setPaused(paused: boolean): void {
    this.isPaused = paused;
    this.show();
  }

  /** Whether a batch can start now. */
  isReady(): boolean {
    return !this.isPaused && this.queue.isReady(this.host.now());
  }

  /** Whether nothing waits, not even for an operator. */
  isIdle(): boolean {
    return !this.isPaused && this.queue.size === 0 && this.openRemovals.isEmpty(this.host.now());
  }

  /** Everything continue-as-new carries. */
  snapshot(): CoordinatorInput {
    return {
      device: this.input.device,
      settings: this.input.settings,
      ...this.queue.snapshot(),
      paused: this.isPaused,
      lastOutcomes: this.last.snapshot(),
      openRemovals: this.openRemovals.snapshot(),
      batches: this.batches,
    };
  }

  /** The answer of the `state` query. */
  state(): CoordinatorState {
    const iso = (time: number): string => new Date(time).toISOString();
    const { pending, deviceError } = this.queue.snapshot();
    return {
      device: this.input.device,
      paused: this.isPaused,
      ...(this.running === undefined ? {} : { running: this.running }),
      pending: pending.map((entry) => {
        const reason = entry.lastError ?? deviceError;
        const due = this.queue.dueAt(entry.port) ?? 0;
        return {
          port: entry.port,
          since: iso(entry.since),
          ...(due > this.host.now() ? { waitingUntil: iso(due) } : {}),
          attempts: entry.attempts,
          waiters: entry.waiters.length,
          ...(reason === undefined ? {} : { reason: `${reason.code}: ${reason.message}` }),
        };
      }),
      ...(deviceError === undefined ? {} : { deviceError }),
      lastOutcomes: this.last.snapshot().map((entry) => ({ ...entry, at: iso(entry.at) })),
      batches: this.batches,
    };
  }

  /** Shows the present state in the workflow's details. */
  show(): void {
    this.host.show(describeCoordinator(this.state()));
  }

  /** A person drops the parked change of a port. */
  async reject(port: PortName): Promise<void> {
    try {
      const dropped = await this.host.steps.dropParked({ device: this.input.device, port });
      this.openRemovals.forget(port);
      this.last.add(
        plainOutcome(
          this.input.device,
          port,
          'skipped',
          dropped ? 'A person rejected the parked change' : 'Nothing was parked',
        ),
        this.host.now(),
      );
    } catch (error) {
      this.host.log('the parked change could not be dropped', { port, error: this.host.explain(error) });
    }
  }

  /** Runs one batch over the due ports. Never throws but for cancellation: every port gets an outcome or goes back. */
  async runBatch(): Promise<void> {
    const entries = this.queue.take(this.host.now());
    if (entries.length === 0) return;
    this.batches += 1;
    const batch = new Batch(entries);
    this.step('reading the guests of the nodes', entries);
    const inventories = await readNodes(batch, this.host);
    this.step('asking the panel', batch.open());
    const servers = await this.fetch(batch, inventories);
    this.step('resolving VLANs', batch.open());
    const desired = await this.filter(batch, servers, inventories);
    this.step('committing', batch.open());
    await this.commit(batch, desired);
    batch.failAll(() => true, errorReport('internal', 'the steps of the batch said nothing about this port'));
    this.running = undefined;
    for (const { entry, error } of batch.failed()) this.putBack(batch, entry, error);
    for (const { outcome } of batch.outcomes) {
      const named = this.openRemovals.with(outcome.port, batch.entry(outcome.port) ?? portRequest(outcome.port));
      this.openRemovals.settle(
        outcome,
        named,
        servers.find(({ port }) => port === outcome.port)?.openDeletions,
        this.host.now(),
      );
    }
    this.show();
    await this.notify(batch);
  }

  private async fetch(batch: Batch, inventories: NodeReadings): Promise<PortServers[]> {
    const ports = batch.open().map((entry): PortQuestion => ({
      port: entry.port,
      serverIds: entry.serverIds,
      ...this.openRemovals.with(entry.port, entry),
      nodes: nodesWithGuests(entry.nodes, inventories),
    }));
    if (ports.length === 0) return [];
    try {
      const result = await this.host.steps.fetchServerIps({ of: 'batch', device: this.input.device, ports });
      if (result.of !== 'batch') return [];
      for (const port of result.ports) {
        if (port.error !== undefined) batch.fail(port.port, port.error);
        else if (port.unreadNodes !== undefined && port.unreadNodes.length > 0)
          this.lookAgain(batch, port.port, port.unreadNodes);
        else if (port.unmet !== undefined) {
          const { requirement, message } = port.unmet;
          batch.settle(plainOutcome(this.input.device, port.port, 'skipped', message, { requirement }));
        }
      }
      return result.ports.filter((port) => batch.isOpen(port.port));
    } catch (error) {
      batch.failAll(() => true, this.host.explain(error));
      return [];
    }
  }

  private async filter(
    batch: Batch,
    servers: readonly PortServers[],
    inventories: NodeReadings,
  ): Promise<DesiredPortBindings[]> {
    if (servers.length === 0) return [];
    const ports = servers.map((port) => ({
      servers: port,
      inventories: knownGuests(batch.entry(port.port)?.nodes ?? [], port.guests, inventories),
    }));
    try {
      const result = await this.host.steps.filterByVlan({ device: this.input.device, ports });
      for (const { port, error } of result.failed) batch.fail(port, error);
      return this.capByBindings(batch, result.ports);
    } catch (error) {
      batch.failAll(() => true, this.host.explain(error));
      return [];
    }
  }

  /** The port is fed by nodes that the requests did not name: it waits for the next batch, which reads them too. */
  private lookAgain(batch: Batch, port: PortName, nodes: readonly NodeSubject[]): void {
    const entry = batch.withdraw(port);
    if (entry !== undefined) this.queue.postpone({ ...entry, nodes: [...entry.nodes, ...nodes] });
  }

  /** Payloads and commits stay bounded: what does not fit waits for the next batch, in its place. */
  private capByBindings(batch: Batch, desired: readonly DesiredPortBindings[]): DesiredPortBindings[] {
    let bindings = 0;
    return desired.filter((port, index) => {
      bindings += port.desired.length;
      if (index === 0 || bindings <= this.input.settings.batchBindings) return true;
      const entry = batch.withdraw(port.port);
      if (entry !== undefined) this.queue.postpone(entry);
      return false;
    });
  }

  private async commit(batch: Batch, desired: readonly DesiredPortBindings[]): Promise<void> {
    if (desired.length === 0) return;
    const { device, settings } = this.input;
    const ports = desired.map((port) => {
      const { approved = false, waiters = [] } = batch.entry(port.port) ?? {};
      return { ...port, approved, ...(waiters.length === 0 ? {} : { events: waiters.slice(0, JOURNALED_EVENTS) }) };
    });
    try {
      const result = await this.host.steps.commitToSwitch({
        device,
        batch: this.batches,
        guards: settings.guards,
        ports,
      });
      this.queue.deviceAnswered();
      batch.pass = result.pass;
      for (const outcome of result.outcomes) {
        const unread = desired.find(({ port }) => port === outcome.port)?.unread;
        if (outcome.error?.retryable === true) batch.fail(outcome.port, outcome.error);
        else if (unread === undefined) batch.settle(outcome);
        else this.settleWithoutUnread(batch, outcome, unread);
      }
    } catch (error) {
      const report = this.host.explain(error);
      if (report.retryable) this.queue.backOffDevice(report, this.host.now());
      batch.failAll(() => true, report, report.retryable ? 'device' : 'sources');
    }
  }

  /**
   * Some guests of the port could not be read. What is certain is done; whoever asked for the others is told so. Those
   * who asked for the unread ones alone go on waiting, and without anybody waiting the port is looked at again too.
   */
  private settleWithoutUnread(
    batch: Batch,
    outcome: PortOutcome,
    { serverIds, error }: NonNullable<DesiredPortBindings['unread']>,
  ): void {
    const entry = batch.entry(outcome.port);
    const wanted = entry?.serverIds ?? [];
    const isSettled = outcome.status === 'applied' || outcome.status === 'unchanged';
    if (isSettled && wanted.length > 0 && wanted.every((id) => serverIds.includes(id))) {
      batch.fail(outcome.port, error, 'guests');
      return;
    }
    batch.settle(outcome);
    if (entry !== undefined)
      this.queue.putBack(
        { ...entry, serverIds, waiters: [], explainedIps: [], approved: false },
        error,
        this.host.now(),
        'guests',
      );
  }

  private putBack(batch: Batch, entry: PendingPort, fault: { report: ErrorReport; of: FaultOf }): void {
    const { report, of } = fault;
    const { device } = this.input;
    const now = this.host.now();
    if (!report.retryable) {
      batch.settle(
        plainOutcome(device, entry.port, 'failed', `${report.message.replace(/\.$/, '')}. ${report.remedy}`, {
          error: report,
        }),
      );
      return;
    }
    const gaveUp =
      of === 'device'
        ? now - entry.newest >= this.input.settings.giveUpAfterMs
        : this.queue.putBack(entry, report, now, of) === 'gave-up';
    if (gaveUp) {
      const error = errorReport(
        'waited-too-long',
        `Given up, waiting since ${new Date(entry.since).toISOString()}; last: ${report.code}: ${report.message}`,
      );
      batch.settle(plainOutcome(device, entry.port, 'failed', error.message, { error }));
      return;
    }
    if (of === 'device') this.queue.postpone({ ...entry, lastError: report });
    if (entry.lastError?.code !== report.code) {
      const due = new Date(this.queue.dueAt(entry.port) ?? now).toISOString();
      batch.report(
        { device, port: entry.port, message: `Waiting: ${report.code}: ${report.message} Next try at ${due}.` },
        entry.waiters,
      );
    }
  }

  private async notify(batch: Batch): Promise<void> {
    for (const { outcome } of batch.outcomes) this.last.add(outcome, this.host.now());
    this.show();
    const outcomes = batch.outcomes.filter(({ waiters }) => waiters.length > 0);
    const answered = batch.pass === undefined ? {} : { answered: { device: this.input.device, pass: batch.pass } };
    if (outcomes.length === 0 && batch.progress.length === 0 && batch.pass === undefined) return;
    try {
      await this.host.steps.notifyWaiters({ outcomes, progress: batch.progress, ...answered });
    } catch (error) {
      this.host.log('waiting events could not be told; they will ask again', { error: this.host.explain(error) });
    }
  }

  private step(step: string, entries: readonly PendingPort[]): void {
    this.running = { batch: this.batches, step, ports: entries.map((entry) => entry.port) };
    this.show();
  }
}
