import type { PanelDevice } from './mapping';

interface Entry {
  readonly device: PanelDevice;
  readonly until: number;
}

/** Remembers for a short time which ports a switch has and whether it can be managed. It never holds a password. */
export class DeviceDirectoryCache {
  private readonly entries = new Map<number, Entry>();

  /** @param ttlMs how long an entry may be used, in milliseconds. @param now a monotonic clock in milliseconds. */
  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The remembered entry, else a fresh one. Undefined (no such switch) is never remembered. */
  async get(switchId: number, load: () => Promise<PanelDevice | undefined>): Promise<PanelDevice | undefined> {
    const known = this.entries.get(switchId);
    return known !== undefined && this.now() < known.until ? known.device : this.refresh(switchId, load);
  }

  /** A fresh entry, remembered from the moment it was asked for. */
  async refresh(switchId: number, load: () => Promise<PanelDevice | undefined>): Promise<PanelDevice | undefined> {
    const until = this.now() + this.ttlMs;
    const device = await load();
    if (device === undefined) this.entries.delete(switchId);
    else this.entries.set(switchId, { device, until });
    return device;
  }
}
