import { plainOutcome } from '../../domain/change/outcome';
import { errorReport } from '../../domain/errors';
import { portRequest } from '../../domain/servers/portRequest';
import type { PortName } from '../../domain/values/port';
import type { ObservedSettings } from '../../protocol/activities';
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
import { RecordedClock } from './recordedClock';
import { returnFailed } from './returning';

/** Events of history that a signal makes at most: itself and a workflow task. */
const EVENTS_PER_SIGNAL = 4;

/**
 * The one who may change a device. Takes the due ports, reads their sources afresh, commits once, informs the waiting
 * events. A port whose sources fail goes back to the queue alone; a device that fails makes all wait.
 */
export class Coordinator {
  readonly queue: DeviceQueue;
  /** Ports whose parked change a person wants dropped. */
  readonly rejected: PortName[];
  private readonly last: LastOutcomes;
  private readonly openRemovals: OpenRemovalsByPort;
  private isPaused: boolean;
  private batches: number;
  private running: CoordinatorState['running'];
  /** What was recorded last. */
  private latest: ObservedSettings | undefined;
  /** Whether no time has passed since, so that it serves the next batch. */
  private isFresh = false;
  /** Signals and batches of this run, and signals since the last observation. */
  private doneInRun = 0;
  private heardSince = 0;

  constructor(
    private readonly input: CoordinatorInput,
    private readonly host: CoordinatorHost,
    private readonly clock = new RecordedClock(host.startedAt),
  ) {
    this.queue = new DeviceQueue(input);
    this.rejected = [...(input.rejected ?? [])];
    this.openRemovals = new OpenRemovalsByPort(input.openRemovals);
    this.isPaused = input.paused ?? false;
    this.batches = input.batches ?? 0;
    this.last = new LastOutcomes(input.lastOutcomes);
  }

  get paused(): boolean {
    return this.isPaused;
  }

  /** A signal came, whatever it says. */
  heard(): void {
    this.doneInRun += 1;
    this.heardSince += 1;
  }

  enlist(requests: readonly EnlistRequest[]): void {
    for (const request of requests) this.queue.enlist(request, this.clock.now, this.host.shownNow());
  }

  /** A person approved the parked change of a port. */
  approve(port: PortName): void {
    this.queue.approve(port, this.clock.now, this.host.shownNow());
  }

  /** A person ended every back-off. */
  retryNow(): void {
    this.queue.retryNow(this.clock.now);
  }

  setPaused(paused: boolean): void {
    this.isPaused = paused;
    this.show();
  }

  /** Whether a batch can start now. */
  isReady(): boolean {
    return !this.isPaused && this.queue.isReady(this.clock.now);
  }

  /** Whether nothing waits, not even for an operator. */
  isIdle(): boolean {
    return !this.isPaused && this.queue.size === 0 && this.openRemovals.isEmpty(this.clock.now);
  }

  /**
   * Whether the run is to continue as new: early and between batches, because a run that is about to close refuses signals. Never
   * before it has done anything.
   */
  isLong(): boolean {
    if (this.latest === undefined || this.doneInRun === 0) return false;
    const { observed, historyLimit } = this.latest;
    return observed.continueAsNewSuggested || observed.historyLength > historyLimit;
  }

  /** Whether so many signals came since the last observation that the run may be long by now. */
  isUncertain(): boolean {
    return this.latest !== undefined && this.heardSince * EVENTS_PER_SIGNAL > this.latest.historyLimit / 2;
  }

  /** How long until a port is due, in milliseconds; undefined when none waits for a time. */
  untilDue(): number | undefined {
    const due = this.isPaused ? undefined : this.queue.nextDue();
    return due === undefined ? undefined : Math.max(due - this.clock.now, 1);
  }

  /** The coordinator has waited. @param ms for how long, when it was the timer that ended it. */
  waited(ms?: number): void {
    this.isFresh = false;
    if (ms !== undefined) this.clock.passed(ms);
  }

  /** Everything continue-as-new carries. */
  snapshot(): CoordinatorInput {
    return {
      device: this.input.device,
      ...this.queue.snapshot(),
      paused: this.isPaused,
      lastOutcomes: this.last.snapshot(),
      openRemovals: this.openRemovals.snapshot(),
      ...(this.rejected.length === 0 ? {} : { rejected: [...this.rejected] }),
      batches: this.batches,
    };
  }

  /** The answer of the `state` query. */
  state(): CoordinatorState {
    const iso = (time: number): string => new Date(time).toISOString();
    const { pending, deviceError } = this.queue.snapshot();
    const now = iso(this.host.shownNow());
    return {
      device: this.input.device,
      paused: this.isPaused,
      ...(this.running === undefined ? {} : { running: this.running }),
      pending: pending.map((entry) => {
        const reason = entry.lastError ?? deviceError;
        const due = this.clock.shown(this.queue.dueAt(entry.port) ?? 0);
        return {
          port: entry.port,
          since: iso(entry.since),
          ...(due > now ? { waitingUntil: due } : {}),
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

  /** The answer of the `state` query as it is once these signals were taken in, which wait for that. */
  stateAfter(signals: readonly ((coordinator: Coordinator) => void)[]): CoordinatorState {
    if (signals.length === 0) return this.state();
    const after = new Coordinator(this.snapshot(), { ...this.host, show: () => undefined }, this.clock);
    for (const take of signals) take(after);
    return { ...after.state(), ...(this.running === undefined ? {} : { running: this.running }) };
  }

  /** Shows the present state in the workflow's details. */
  show(): void {
    this.clock.compare(this.host.shownNow());
    this.host.show(describeCoordinator(this.state()));
  }

  /**
   * Records the time and the length of the history, and asks the worker for its settings, which may have changed since the last batch.
   * @throws what the step throws for a device that no driver serves: such a coordinator could only wait for ever.
   */
  async observe(): Promise<CoordinatorSettings> {
    this.heardSince = 0;
    const latest = await this.host.steps.coordinatorSettings({ device: this.input.device });
    this.latest = latest;
    this.isFresh = true;
    this.clock.record(latest.observed.at);
    this.openRemovals.keepFor(latest.giveUpAfterMs);
    return latest;
  }

  /** A person drops the parked change of a port. */
  async reject(port: PortName): Promise<void> {
    const { device } = this.input;
    try {
      const dropped = await this.host.steps.dropParked({ device, port });
      this.openRemovals.forget(port);
      const summary = dropped ? 'A person rejected the parked change' : 'Nothing was parked';
      this.last.add(plainOutcome(device, port, 'skipped', summary), this.host.shownNow());
    } catch (error) {
      this.host.log('the parked change could not be dropped', { port, error: this.host.reportFailure(error) });
    }
  }

  /**
   * Runs one batch over the due ports, with the settings that rule now; none when it was paused meanwhile, or when the run turns
   * out to be long. Every port gets an outcome or goes back. Never throws but for cancellation, and for a device that no driver
   * serves any more.
   */
  async runBatch(): Promise<void> {
    const settings = this.isFresh && this.latest !== undefined ? this.latest : await this.observe();
    this.isFresh = false;
    const entries = this.isReady() && !this.isLong() ? this.queue.take(this.clock.now, settings.batchPorts) : [];
    if (entries.length === 0) return;
    this.batches += 1;
    this.doneInRun += 1;
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
    this.isFresh = false;
  }

  private runOf(batch: Batch, settings: CoordinatorSettings): BatchRun {
    const { host, queue, clock, openRemovals, batches: number } = this;
    const begin = (step: string): void => {
      this.running = { batch: number, step, ports: batch.open().map(({ port }) => port) };
      this.show();
    };
    const observe = (): Promise<unknown> => this.observe();
    return { device: this.input.device, number, settings, host, clock, observe, queue, openRemovals, begin };
  }

  private settleRemovals(batch: Batch, { servers }: Gathered): void {
    for (const { outcome } of batch.outcomes) {
      const { port } = outcome;
      const named = this.openRemovals.with(port, batch.entry(port) ?? portRequest(port));
      const openDeletions = servers.find((one) => one.port === port)?.openDeletions;
      this.openRemovals.settle(outcome, named, openDeletions, this.clock.now);
    }
  }

  /** Ports where something may go later, such as the bindings of a guest that has moved away. */
  private lookAgainLater(batch: Batch, { servers }: Gathered): void {
    for (const { outcome } of batch.outcomes) {
      const { againAfterMs } = servers.find(({ port }) => port === outcome.port) ?? {};
      const entry = batch.entry(outcome.port);
      if (againAfterMs !== undefined && entry !== undefined && outcome.status !== 'failed')
        this.queue.lookAgain(entry, this.clock.now + againAfterMs, this.host.shownNow() + againAfterMs);
    }
  }

  private async notify(batch: Batch): Promise<void> {
    for (const { outcome } of batch.outcomes) this.last.add(outcome, this.host.shownNow());
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
