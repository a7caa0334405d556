import { isDeferred } from '../../domain/change/deferral';
import { errorReport } from '../../domain/errors';
import { portRequest } from '../../domain/servers/portRequest';
import type { PortName } from '../../domain/values/port';
import type { NotifyInput, ObservedSettings } from '../../protocol/activities';
import type { CoordinatorInput, CoordinatorSettings, CoordinatorState, RejectedPort } from '../../protocol/coordinator';
import type { EnlistRequest } from '../../protocol/requests';
import { Batch } from './batch';
import { commit } from './committing';
import { deferredText, describeCoordinator } from './describe';
import { DeviceQueue } from './deviceQueue';
import { gather, type Gathered } from './gathering';
import type { BatchRun, CoordinatorHost } from './host';
import { LastOutcomes } from './lastOutcomes';
import { notices, progressNotices } from './notices';
import { OpenRemovalsByPort } from './openRemovals';
import { RecordedClock } from './recordedClock';
import { dropRejected } from './rejecting';
import { returnFailed } from './returning';

/** While ports are deferred, what defers them is looked at so often though nobody says that it changed. */
const LOOK_AGAIN_MS = 60_000;

/** What a signal says to a coordinator. */
export type Said = (coordinator: Coordinator) => void;

const NO_WAIT = { ms: 0, isTimeOver: false } as const;

/**
 * The one who may change a device. Takes the due ports, reads their sources afresh, commits once, informs the waiting
 * events. A port whose sources fail goes back to the queue alone; a device that fails makes all wait.
 */
export class Coordinator {
  readonly queue: DeviceQueue;
  /** Ports whose parked change a person wants dropped. */
  readonly rejected: (PortName | RejectedPort)[];
  private readonly last: LastOutcomes;
  private readonly openRemovals: OpenRemovalsByPort;
  /** Whether what makes ports wait may be another thing than was seen last. */
  private mayHaveChanged = false;
  private batches: number;
  private running: CoordinatorState['running'];
  /** What was recorded last. */
  private latest: ObservedSettings | undefined;
  /** Whether no time has passed since, so that it serves the next batch. */
  private isFresh = false;
  /** Signals that were taken in and batches, of this run. */
  private doneInRun = 0;

  constructor(
    private readonly input: CoordinatorInput,
    private readonly host: CoordinatorHost,
    private readonly clock = new RecordedClock(host.startedAt),
  ) {
    this.queue = new DeviceQueue(input);
    this.rejected = [...(input.rejected ?? [])];
    this.openRemovals = new OpenRemovalsByPort(input.openRemovals);
    this.batches = input.batches ?? 0;
    this.last = new LastOutcomes(input.lastOutcomes);
  }

  /** Whether it is to be observed anew what makes ports wait. */
  get isStale(): boolean {
    return this.mayHaveChanged;
  }

  enlist(requests: readonly EnlistRequest[]): void {
    for (const { rejection, ...request } of requests) {
      const { port, waiter } = request;
      if (rejection === undefined) this.queue.enlist(request, this.clock.now, this.host.shownNow());
      else this.rejected.push({ port, ...rejection, ...(waiter === undefined ? {} : { waiter }) });
    }
  }

  /** A person approved the parked change of a port. */
  approve(port: PortName): void {
    this.queue.approve(port, this.clock.now, this.host.shownNow());
  }

  /** A person ended every back-off. */
  retryNow(): void {
    this.queue.retryNow(this.clock.now);
  }

  /** People paused or resumed something. What was observed when this is taken in is newer than that. */
  pausesChanged(): void {
    this.queue.retryDeferred(this.clock.now);
  }

  /** Whether a batch can start now. */
  isReady(): boolean {
    return this.queue.isReady(this.clock.now);
  }

  /** Whether nothing waits. */
  isIdle(): boolean {
    return this.queue.size === 0 && this.openRemovals.isEmpty(this.clock.now);
  }

  /** Whether somebody does not know yet that a port is deferred. */
  hasUntold(): boolean {
    return this.queue.hasUntold(this.clock.now);
  }

  /** Tells those who wait for deferred ports why and until when. */
  async tellDeferred(): Promise<void> {
    const untold = this.queue.takeUntold(this.clock.now);
    if (untold.length === 0) return;
    const progress = untold.map(({ port, deferral: { error, until }, waiters }) => ({
      progress: { device: this.input.device, port, message: deferredText(error, until), isDeferred: true },
      waiters,
    }));
    await this.tell(progressNotices(progress));
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

  /** How long until a port is due, in milliseconds; undefined when none waits for a time. */
  untilDue(): number | undefined {
    const due = this.queue.nextDue(this.clock.now);
    const wait = due === undefined ? undefined : Math.max(due - this.clock.now, 1);
    // Who ends a pause says so; where that is lost, it is seen a little later.
    return this.queue.hasDeferred(this.clock.now) ? Math.min(wait ?? LOOK_AGAIN_MS, LOOK_AGAIN_MS) : wait;
  }

  /** Everything continue-as-new carries, with the signals that were not taken in. */
  carried(): CoordinatorInput {
    this.takeIn(this.host.inbox.rest());
    return this.snapshot();
  }

  /** What it knows, but for signals that were not taken in. */
  snapshot(): CoordinatorInput {
    return {
      device: this.input.device,
      ...this.queue.snapshot(),
      lastOutcomes: this.last.snapshot(),
      openRemovals: this.openRemovals.snapshot(),
      ...(this.rejected.length === 0 ? {} : { rejected: [...this.rejected] }),
      batches: this.batches,
    };
  }

  /** The answer of the `state` query. */
  state(): CoordinatorState {
    const iso = (time: number): string => new Date(time).toISOString();
    const { pending, deferrals, deviceError } = this.queue.snapshot();
    const now = iso(this.host.shownNow());
    return {
      device: this.input.device,
      deferrals: deferrals.map(({ ports, except, error, until }) => ({
        ...(ports === undefined ? {} : { ports }),
        ...(except === undefined ? {} : { except }),
        reason: `${error.code}: ${error.message}`,
        ...(until === undefined ? {} : { until: iso(until) }),
      })),
      ...(this.running === undefined ? {} : { running: this.running }),
      pending: pending.map((entry) => {
        const deferral = this.queue.deferralOf(entry.port, this.clock.now);
        const known = isDeferred(entry.lastError) ? undefined : entry.lastError;
        const reason = deferral?.error ?? known ?? deviceError;
        const dueAt = this.queue.dueAt(entry.port, this.clock.now) ?? 0;
        const due = Number.isFinite(dueAt) ? this.clock.shown(dueAt) : undefined;
        return {
          port: entry.port,
          since: iso(entry.since),
          ...(due !== undefined && due > now ? { waitingUntil: due } : {}),
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

  /** The answer of the `state` query as it is once the signals were taken in that wait for that. */
  stateAfterSignals(): CoordinatorState {
    const { inbox } = this.host;
    if (inbox.isEmpty) return this.state();
    const after = new Coordinator(this.snapshot(), { ...this.host, show: () => undefined }, this.clock);
    after.takeIn(inbox.waiting);
    return { ...after.state(), ...(this.running === undefined ? {} : { running: this.running }) };
  }

  /** Shows the present state in the workflow's details. */
  show(): void {
    this.clock.compare(this.host.shownNow());
    this.host.show(describeCoordinator(this.state()));
  }

  /**
   * Records what the workflow sees of itself, asks the worker for its settings, which may have changed since the last batch, and takes in
   * the signals that had come when this began.
   * @param wait that has just ended: for how long, and whether its time is over; in a replay that is what was recorded.
   * @throws what the step throws for a device that no driver serves: such a coordinator could only wait for ever.
   */
  async observe(wait: { readonly ms: number; readonly isTimeOver: boolean } = NO_WAIT): Promise<CoordinatorSettings> {
    const latest = await this.record(wait.isTimeOver, wait.ms);
    this.takeIn(await this.host.inbox.upTo(latest.observed.signals));
    this.isFresh = true;
    return latest;
  }

  private async record(isTimeOver = false, waitedMs = 0): Promise<ObservedSettings> {
    const { steps, inbox } = this.host;
    const { received: signals } = inbox;
    const latest = await steps.coordinatorSettings({ device: this.input.device, signals, isTimeOver });
    this.latest = latest;
    this.mayHaveChanged = false;
    if (latest.observed.isTimeOver) this.clock.passed(waitedMs);
    this.clock.record(latest.observed.at);
    if (latest.deferrals !== undefined) this.queue.defer(latest.deferrals);
    this.openRemovals.keepFor(latest.giveUpAfterMs);
    return latest;
  }

  private takeIn(signals: readonly Said[]): void {
    this.doneInRun += signals.length;
    for (const said of signals) said(this);
  }

  /** A person drops the parked change of a port. Whoever brought that decision is told; one who is not asks again. */
  async reject(rejected: PortName | RejectedPort): Promise<void> {
    const { host, openRemovals } = this;
    const told = await dropRejected(rejected, { device: this.input.device, host, openRemovals, last: this.last });
    if (told.length > 0) await this.tell(told);
  }

  /**
   * Runs one batch over the due ports, with the settings that rule now; none when they are deferred by now, or when the run turns
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
    // A pass found out about a pause that came meanwhile.
    this.mayHaveChanged ||= batch.failed().some(({ error }) => isDeferred(error.report));
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
    const observe = (): Promise<unknown> => this.record();
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
    await this.tell(notices(outcomes, batch.progress, answered));
  }

  private async tell(parts: readonly NotifyInput[]): Promise<void> {
    try {
      for (const part of parts) await this.host.steps.notifyWaiters(part);
    } catch (error) {
      const report = this.host.reportFailure(error);
      this.host.log('waiting events could not be informed; they will ask again', { error: report });
    }
  }
}
