import type { DeviceId } from '../../domain/values/device';
import { doneOf, remainingMs } from '../../domain/applyAll/progress';
import {
  DEVICES_AT_ONCE,
  type ApplyAllActivities,
  type ApplyAllInput,
  type CarriedRun,
  type RunBeginning,
  type RunNews,
  type RunProgress,
} from '../../protocol/applyAll';
import { RunLedger } from './ledger';

/** What a run needs of the workflow that it is in. */
export interface RunHost {
  readonly steps: Pick<ApplyAllActivities, 'runDevices' | 'askPorts'>;
  readonly workflowId: string;
  /** Waits until it holds, or for so many milliseconds. */
  readonly until: (holds: () => boolean, ms?: number) => Promise<unknown>;
  /** The time for texts, in Unix milliseconds: nothing is decided by it. */
  readonly shownNow: () => number;
}

/** Why a part of a run ends. */
export type PartEnd = 'done' | 'cancelled' | 'long';

/** Events of history that asking for a page of ports costs, and that one signal does, at most. */
const EVENTS_PER_ASK = 8;
const EVENTS_PER_SIGNAL = 4;
/** Devices that wait for something do not count as worked on; so many may, before no further one is begun. */
const MOST_AT_A_TIME = 200;
const SHOWN_REASONS = 5;
const FIRST_HISTORY_LIMIT = 2_000;

/**
 * A run of Apply All: asks the coordinators of some devices at a time for a page of ports each, waits for their outcomes, and goes
 * on with the next. Which ports are left stands in the store, so that nothing of a large run is carried.
 */
export class ApplyRun {
  private readonly ledger: RunLedger;
  private readonly working = new Set<DeviceId>();
  private paused: boolean;
  private cancelled = false;
  /** What ended a lane that should not have ended. */
  private failure: { readonly of: unknown } | undefined;
  private events = 0;
  private historyLimit = FIRST_HISTORY_LIMIT;
  private readonly partStartedAt: number;
  private readonly doneBefore: number;
  private pausedMs = 0;
  private pausedAt: number | undefined;

  constructor(
    private readonly input: ApplyAllInput,
    private readonly begun: RunBeginning,
    private readonly host: RunHost,
  ) {
    const { carried } = input;
    this.ledger = new RunLedger(carried?.counts ?? begun.counts, carried?.settled);
    this.paused = carried?.isPaused ?? false;
    this.partStartedAt = host.shownNow();
    this.doneBefore = this.ledger.doneCount;
    if (this.paused) this.pausedAt = this.partStartedAt;
  }

  pause(): void {
    this.paused = true;
    this.pausedAt ??= this.host.shownNow();
  }

  resume(): void {
    this.paused = false;
    if (this.pausedAt !== undefined) this.pausedMs += this.host.shownNow() - this.pausedAt;
    this.pausedAt = undefined;
  }

  /** Nothing new is begun from now on; what was asked for and has not begun is not done either, by the row in the store. */
  cancel(): void {
    this.cancelled = true;
  }

  hear(news: RunNews): void {
    this.ledger.hear(news);
  }

  /** A signal came, whatever it says. */
  heard(): void {
    this.events += EVENTS_PER_SIGNAL;
  }

  /** Goes on until all is done, the run is cancelled, or its history is long enough. */
  async part(): Promise<PartEnd> {
    const lanes: Promise<void>[] = [];
    let after: DeviceId | undefined;
    do {
      const page = await this.host.steps.runDevices({
        plan: this.input.plan,
        ...(after === undefined ? {} : { after }),
      });
      this.events += EVENTS_PER_ASK;
      for (const device of page.devices) {
        await this.host.until(() => this.isEnding || this.hasRoom());
        if (this.isEnding) break;
        this.working.add(device);
        lanes.push(this.begin(device));
      }
      after = page.next;
    } while (after !== undefined && !this.isEnding);
    await Promise.all(lanes);
    if (this.failure !== undefined) throw this.failure.of;
    if (this.cancelled) return 'cancelled';
    return this.isLong ? 'long' : 'done';
  }

  /** What the next part, or the end, is to know. */
  carried(): CarriedRun {
    return {
      counts: this.ledger.counts,
      settled: this.ledger.unrecorded(),
      isPaused: this.paused,
      begun: this.begun,
    };
  }

  progress(state?: RunProgress['state']): RunProgress {
    const { inFlight, waiting, reasons } = this.ledger.open(SHOWN_REASONS);
    const now = this.host.shownNow();
    const pausedMs = this.pausedMs + (this.pausedAt === undefined ? 0 : now - this.pausedAt);
    const { total, expectedSeconds, scope, startedAt } = this.begun;
    const left = remainingMs({
      total,
      done: this.ledger.doneCount,
      doneBefore: this.doneBefore,
      ranMs: now - this.partStartedAt - pausedMs,
      expectedMs: expectedSeconds * 1000,
    });
    const presently = state ?? (this.cancelled ? 'cancelling' : this.paused ? 'paused' : 'running');
    const isWaiting = inFlight > 0 && waiting === inFlight;
    return {
      plan: this.input.plan,
      scope,
      state: presently,
      total,
      done: doneOf(this.ledger.counts),
      counts: this.ledger.counts,
      inFlight,
      waiting,
      reasons,
      devices: [...this.working],
      author: this.input.author,
      reason: this.input.reason,
      startedAt,
      ...(left === undefined || presently !== 'running' || isWaiting
        ? {}
        : { expectedEnd: new Date(now + left).toISOString() }),
    };
  }

  private get isLong(): boolean {
    return this.events > this.historyLimit;
  }

  private get isEnding(): boolean {
    return this.cancelled || this.isLong || this.failure !== undefined;
  }

  private hasRoom(): boolean {
    const busy = [...this.working].filter((device) => !this.ledger.isWaiting(device)).length;
    return !this.paused && busy < DEVICES_AT_ONCE && this.working.size < MOST_AT_A_TIME;
  }

  private async begin(device: DeviceId): Promise<void> {
    try {
      await this.lane(device);
    } catch (error) {
      this.failure ??= { of: error };
    } finally {
      this.working.delete(device);
    }
  }

  /** Has one device's ports brought up to date, a page at a time. */
  private async lane(device: DeviceId): Promise<void> {
    for (;;) {
      await this.host.until(() => !this.paused || this.isEnding);
      if (this.isEnding) return;
      this.ledger.asking(device);
      const settled = this.ledger.settledOf(device);
      const { plan } = this.input;
      const page = await this.host.steps.askPorts({ plan, device, waiter: this.host.workflowId, settled });
      this.events += EVENTS_PER_ASK;
      this.historyLimit = page.historyLimit;
      this.ledger.recorded(device, settled);
      this.ledger.asked(device, page.ports);
      if (page.state === 'paused') this.pause();
      else if (page.state !== 'running') this.cancel();
      else if (page.ports.length === 0) return this.ledger.finished(device);
      else await this.host.until(() => this.ledger.isAnswered(device) || this.isEnding, page.waitForOutcomeMs);
    }
  }
}
