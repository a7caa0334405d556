import { sampleDrops, type DropSources } from '../activities/evidence/sampleDrops';
import type { DeviceId } from '../domain/values/device';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What counting refused frames needs. */
export interface DropSamplingOptions {
  readonly sources: DropSources;
  readonly log: Log;
  /** From the end of one round to the next, in milliseconds. Default 5,000. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;
const AT_ONCE = 4;
/** The longest that one device is asked. */
const ASKED_MS = 15_000;
/** The shortest time between two askings of a device: each is a login. */
const APART_MS = 30_000;
const MOST_WAITING = 1_000;

/**
 * Reads the counters of devices that were changed or reconciled, beside the work: nothing waits for it, and nothing fails with it. What could not
 * be read is read at the next occasion.
 */
export class DropSampling {
  private readonly wanted = new Set<DeviceId>();
  private readonly asked = new Map<DeviceId, number>();
  private readonly stopping = new AbortController();
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: DropSamplingOptions) {
    this.repeated = new RepeatedWork(() => this.round(), options.everyMs ?? EVERY_MS);
  }

  /** The counters of a device are worth reading now. */
  readonly want = (device: DeviceId): void => {
    if (this.wanted.size < MOST_WAITING) this.wanted.add(device);
  };

  /** Ends it; askings that are under way are given up. */
  stop(): Promise<void> {
    this.stopping.abort();
    return this.repeated.stop();
  }

  /** Asks the devices whose time has come, some at once. Never throws. @param now Unix milliseconds. */
  async round(now = Date.now()): Promise<void> {
    for (const [device, at] of this.asked) if (now - at >= APART_MS) this.asked.delete(device);
    const due = [...this.wanted].filter((device) => !this.asked.has(device));
    const next = async (): Promise<void> => {
      for (let device = due.shift(); device !== undefined; device = due.shift()) {
        if (this.stopping.signal.aborted) return;
        this.wanted.delete(device);
        this.asked.set(device, now);
        await this.sample(device);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  private async sample(device: DeviceId): Promise<void> {
    const { sources, log } = this.options;
    try {
      await sampleDrops(sources, device, AbortSignal.any([this.stopping.signal, AbortSignal.timeout(ASKED_MS)]));
    } catch (error) {
      const reason = messageOf(error);
      log.debug({ device, reason }, 'what a device refused could not be counted');
    }
  }
}
