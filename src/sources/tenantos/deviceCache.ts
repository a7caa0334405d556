import type { PanelDevice } from './mapping';

interface Entry {
  readonly device: PanelDevice;
  readonly until: number;
}

/** Remembers for a short time which ports a switch has and whether it can be managed. It never holds a password. */
export class DeviceDirectoryCache {
  private readonly entries = new Map<number, Entry>();
  private readonly underWay = new Map<number, Promise<PanelDevice | undefined>>();

  /** @param ttlMs how long an entry may be used, in milliseconds. @param now a monotonic clock in milliseconds. */
  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The remembered entry, else one that is on its way, else a fresh one. Undefined (no such switch) is never remembered. */
  async get(switchId: number, load: () => Promise<PanelDevice | undefined>): Promise<PanelDevice | undefined> {
    const known = this.entries.get(switchId);
    if (known !== undefined && this.now() < known.until) return known.device;
    const underWay = this.ttlMs === 0 ? undefined : this.underWay.get(switchId);
    if (underWay === undefined) return this.refresh(switchId, load);
    try {
      return await underWay;
    } catch {
      // What failed, or was given up, is nobody's but his who asked for it.
      return this.refresh(switchId, load);
    }
  }

  /** A fresh entry, remembered from the moment it was asked for. */
  async refresh(switchId: number, load: () => Promise<PanelDevice | undefined>): Promise<PanelDevice | undefined> {
    const until = this.now() + this.ttlMs;
    const loading = load();
    this.underWay.set(switchId, loading);
    try {
      const device = await loading;
      if (device === undefined) this.entries.delete(switchId);
      else this.entries.set(switchId, { device, until });
      return device;
    } finally {
      if (this.underWay.get(switchId) === loading) this.underWay.delete(switchId);
    }
  }
}
