import { plainOutcome } from '../../domain/change/outcome';
import { errorReport } from '../../domain/errors';
import { portRequest } from '../../domain/servers/portRequest';
import type { PortName } from '../../domain/values/port';
import type { CoordinatorInput, CoordinatorSettings, CoordinatorState } from '../../protocol/coordinator';
import type { EnlistRequest } from '../../protocol/requests';
import { Batch } from './batch';
import { commit } from './committing';
import { describeCoordinator } from './describe';
import { DeviceQueue } from './deviceQueue';
import { gather, type Gathered } from './gathering';
import type { BatchRun, CoordinatorHost } from './host';
import { LastOutcomes } from './lastOutcomes';
import { notices } from './notices';
import { OpenRemovalsByPort } from './openRemovals';
import { returnFailed } from './returning';

/**
 * The one who may change a device. Takes the due ports, reads their sources afresh, commits once, informs the waiting
 * events. A port whose sources fail goes back to the queue alone; a device that fails makes all wait.
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
    this.queue = new DeviceQueue(input);
    this.openRemovals = new OpenRemovalsByPort(input.openRemovals);
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

  /**
   * Asks the worker for its settings, which may have changed since the last batch.
   * @throws what the step throws for a device that no driver serves: such a coordinator could only wait for ever.
   */
  async readSettings(): Promise<CoordinatorSettings> {
    const settings = await this.host.steps.coordinatorSettings({ device: this.input.device });
    this.openRemovals.keepFor(settings.giveUpAfterMs);
    return settings;
  }

  /** A person drops the parked change of a port. */
  async reject(port: PortName): Promise<void> {
    const { device } = this.input;
    try {
      const dropped = await this.host.steps.dropParked({ device, port });
      this.openRemovals.forget(port);
      const summary = dropped ? 'A person rejected the parked change' : 'Nothing was parked';
      this.last.add(plainOutcome(device, port, 'skipped', summary), this.host.now());
    } catch (error) {
      this.host.log('the parked change could not be dropped', { port, error: this.host.reportFailure(error) });
    }
  }

  /**
   * Runs one batch over the due ports, with the settings that rule now; none when it was paused meanwhile. Every port gets
   * an outcome or goes back. Never throws but for cancellation, and for a device that no driver serves any more.
   */
  async runBatch(): Promise<void> {
    const settings = await this.readSettings();
    const entries = this.isReady() ? this.queue.take(this.host.now(), settings.batchPorts) : [];
    if (entries.length === 0) return;
    this.batches += 1;
    const batch = new Batch(entries);
    const run = this.runOf(batch, settings);
    const gathered = await gather(batch, run);
    await commit(batch, run, gathered.desired);
    batch.failAll(() => true, errorReport('internal', 'the steps of the batch said nothing about this port'));
    this.running = undefined;
    returnFailed(batch, run);
    this.settleRemovals(batch, gathered);
    this.lookAgainLater(batch, gathered);
    this.show();
    await this.notify(batch);
  }

  private runOf(batch: Batch, settings: CoordinatorSettings): BatchRun {
    const { host, queue, openRemovals, batches: number } = this;
    const begin = (step: string): void => {
      this.running = { batch: number, step, ports: batch.open().map(({ port }) => port) };
      this.show();
    };
    return { device: this.input.device, number, settings, host, queue, openRemovals, begin };
  }

  private settleRemovals(batch: Batch, { servers }: Gathered): void {
    for (const { outcome } of batch.outcomes) {
      const { port } = outcome;
      const named = this.openRemovals.with(port, batch.entry(port) ?? portRequest(port));
      const openDeletions = servers.find((one) => one.port === port)?.openDeletions;
      this.openRemovals.settle(outcome, named, openDeletions, this.host.now());
    }
  }

  /** Ports where something may go later, such as the bindings of a guest that has moved away. */
  private lookAgainLater(batch: Batch, { servers }: Gathered): void {
    for (const { outcome } of batch.outcomes) {
      const { againAfterMs } = servers.find(({ port }) => port === outcome.port) ?? {};
      const entry = batch.entry(outcome.port);
      if (againAfterMs !== undefined && entry !== undefined && outcome.status !== 'failed')
        this.queue.lookAgain(entry, this.host.now() + againAfterMs);
    }
  }

  private async notify(batch: Batch): Promise<void> {
    for (const { outcome } of batch.outcomes) this.last.add(outcome, this.host.now());
    this.show();
    const outcomes = batch.outcomes.filter(({ waiters }) => waiters.length > 0);
    const answered = batch.pass === undefined ? {} : { answered: { device: this.input.device, pass: batch.pass } };
    if (outcomes.length === 0 && batch.progress.length === 0 && batch.pass === undefined) return;
    try {
      for (const part of notices(outcomes, batch.progress, answered)) await this.host.steps.notifyWaiters(part);
    } catch (error) {
      const report = this.host.reportFailure(error);
      this.host.log('waiting events could not be informed; they will ask again', { error: report });
    }
  }
}
