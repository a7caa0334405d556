import { judgeProbe, saysAway, UNPROBED, type ProbeRecord } from '../domain/reachability';
import type { ReconcileState } from '../domain/drift/reconcile';
import type { DeviceId } from '../domain/values/device';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { CoordinatorState } from '../protocol/coordinator';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** How devices that are away are watched. */
export interface ReturnWatchOptions {
  /** How the last reconcile of each device went. */
  readonly reconciles: () => Promise<readonly ReconcileState[]>;
  /** Whether a device answers; undefined when its kind cannot say without working with it. */
  readonly answers: (device: DeviceId, signal: AbortSignal) => Promise<boolean | undefined>;
  /** Ends the back-off of a device's coordinator, where one waits. */
  readonly retryNow: (device: DeviceId) => Promise<unknown>;
  /** Has a device reconciled now. */
  readonly reconcile: (device: DeviceId) => Promise<unknown>;
  readonly log: Log;
  /** From the end of one round of probes to the next, in milliseconds. */
  readonly everyMs: number;
}

const AT_ONCE = 32;
/** What is not probed by then is the first of the next round. */
const ROUND_MS = 10_000;
const READ_RECONCILES_MS = 15_000;

/**
 * Probes the devices that are away, and no others, so that one that comes back is converged at once, whatever its back-off has grown to.
 * It changes nothing by itself: the coordinator tries what waits, and a reconcile looks at the rest. Each worker does so; a
 * coordinator that is told twice tries once.
 */
export class ReturnWatch {
  private readonly records = new Map<DeviceId, ProbeRecord>();
  private waiting: ReadonlySet<DeviceId> = new Set();
  private unreconciled: ReadonlySet<DeviceId> = new Set();
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly stopping = new AbortController();
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: ReturnWatchOptions) {
    this.repeated = new RepeatedWork(() => this.round(), options.everyMs);
  }

  /** Ends it; probes that are under way are given up. */
  stop(): Promise<void> {
    this.stopping.abort();
    return this.repeated.stop();
  }

  /** What the coordinators say now: which devices they wait for. */
  surveyed(states: readonly CoordinatorState[]): void {
    const away = states.filter(({ deviceError, running }) => running === undefined && saysAway(deviceError));
    this.waiting = new Set(away.map(({ device }) => device));
  }

  /** One round of probes. Never throws. @param now Unix milliseconds. */
  async round(now = Date.now()): Promise<void> {
    await this.readReconciles(now);
    const away = new Set([...this.waiting, ...this.unreconciled]);
    for (const device of this.records.keys()) if (!away.has(device)) this.records.delete(device);
    // A record that is set anew goes to the end: who waits longest for a probe is the first.
    for (const device of away) if (!this.records.has(device)) this.records.set(device, UNPROBED);
    const queue = [...this.records.keys()];
    const until = Date.now() + ROUND_MS;
    const next = async (): Promise<void> => {
      for (let device = queue.shift(); device !== undefined && Date.now() < until; device = queue.shift())
        await this.probe(device, now);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  private async readReconciles(now: number): Promise<void> {
    if (now - this.readAt < READ_RECONCILES_MS) return;
    try {
      const states = await this.options.reconciles();
      this.unreconciled = new Set(states.filter(({ error }) => saysAway(error)).map(({ device }) => device));
      this.readAt = now;
    } catch (error) {
      this.options.log.debug({ reason: messageOf(error) }, 'how reconciles went could not be read');
    }
  }

  private async probe(device: DeviceId, now: number): Promise<void> {
    const { answers, log } = this.options;
    const answer = await answers(device, this.stopping.signal).catch(() => false);
    if (answer === undefined || this.stopping.signal.aborted) return;
    const { record, isBack } = judgeProbe(this.records.get(device) ?? UNPROBED, answer, now);
    this.records.delete(device);
    this.records.set(device, record);
    if (!isBack) return;
    try {
      await this.converge(device);
      log.info({ device, tries: record.tries }, 'a device that was away answers: what waits for it is tried now');
    } catch (error) {
      log.warn({ device, reason: messageOf(error) }, 'a device that was away answers, and nobody could be told');
    }
  }

  private async converge(device: DeviceId): Promise<void> {
    const { retryNow, reconcile } = this.options;
    if (this.waiting.has(device)) await retryNow(device);
    await reconcile(device);
  }
}
