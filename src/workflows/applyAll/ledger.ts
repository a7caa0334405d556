import type { SettledPort } from '../../domain/applyAll/plan';
import { counted, doneOf, type RunCounts } from '../../domain/applyAll/progress';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { RunNews } from '../../protocol/applyAll';

/** What a run knows of one device while it works on it. */
interface DeviceEntry {
  /** Ports that its coordinator was asked for, each with what it waits for, when that was told. */
  open: Map<PortName, string | undefined>;
  /** Outcomes that came before it was known which ports are asked for. */
  readonly early: Map<PortName, SettledPort>;
  /** Done, and not known to the store yet. */
  readonly settled: Map<PortName, SettledPort>;
}

/** The ports that a run has asked for: what became of each counts once, in whatever order news and answers come. */
export class RunLedger {
  private readonly devices = new Map<DeviceId, DeviceEntry>();

  constructor(
    private done: RunCounts,
    carried: readonly SettledPort[] = [],
  ) {
    for (const one of carried) this.entry(one.device).settled.set(one.port, one);
  }

  get counts(): RunCounts {
    return this.done;
  }

  get doneCount(): number {
    return doneOf(this.done);
  }

  /** The device's coordinator is about to be asked: what comes from now on belongs to it. */
  asking(device: DeviceId): void {
    this.entry(device);
  }

  /** These ports of the device are asked for now, and no others. */
  asked(device: DeviceId, ports: readonly PortName[]): void {
    const entry = this.entry(device);
    const before = entry.open;
    const wanted = ports.filter((port) => !entry.settled.has(port));
    entry.open = new Map(wanted.map((port) => [port, before.get(port)]));
    const early = [...entry.early.values()];
    entry.early.clear();
    for (const outcome of early) this.settle(entry, outcome);
  }

  hear({ outcomes, waiting }: RunNews): void {
    for (const outcome of outcomes) {
      const entry = this.devices.get(outcome.device);
      if (entry === undefined) continue;
      if (entry.open.has(outcome.port)) this.settle(entry, outcome);
      else if (!entry.settled.has(outcome.port)) entry.early.set(outcome.port, outcome);
    }
    for (const { device, port, message } of waiting) {
      const open = this.devices.get(device)?.open;
      if (open?.has(port) === true) open.set(port, message);
    }
  }

  /** Whether nothing that was asked for on the device is open. */
  isAnswered(device: DeviceId): boolean {
    return (this.devices.get(device)?.open.size ?? 0) === 0;
  }

  /** Whether all that is asked for on the device waits for something else than its turn. */
  isWaiting(device: DeviceId): boolean {
    const open = [...(this.devices.get(device)?.open.values() ?? [])];
    return open.length > 0 && open.every((reason) => reason !== undefined);
  }

  /** What the store is to know of a device. */
  settledOf(device: DeviceId): readonly SettledPort[] {
    return [...(this.devices.get(device)?.settled.values() ?? [])];
  }

  /** The store knows these now. */
  recorded(device: DeviceId, settled: readonly SettledPort[]): void {
    const entry = this.entry(device);
    for (const { port } of settled) entry.settled.delete(port);
  }

  /** The run has nothing more to do on the device. */
  finished(device: DeviceId): void {
    if (this.settledOf(device).length === 0) this.devices.delete(device);
  }

  /** What the store does not know yet, of all devices. */
  unrecorded(): readonly SettledPort[] {
    return [...this.devices.values()].flatMap(({ settled }) => [...settled.values()]);
  }

  /** Ports that are asked for and open, those of them that wait, and the first reasons. */
  open(shown: number): { readonly inFlight: number; readonly waiting: number; readonly reasons: readonly string[] } {
    const all = [...this.devices.values()].flatMap(({ open }) => [...open.values()]);
    const reasons = all.filter((reason) => reason !== undefined);
    return { inFlight: all.length, waiting: reasons.length, reasons: [...new Set(reasons)].slice(0, shown) };
  }

  /** A port that was left alone because the run was stopped is asked for again when the run goes on. */
  private settle(entry: DeviceEntry, outcome: SettledPort): void {
    if (!entry.open.delete(outcome.port) || outcome.code === 'apply-all-stopped') return;
    entry.settled.set(outcome.port, outcome);
    this.done = counted(this.done, outcome.outcome);
  }

  private entry(device: DeviceId): DeviceEntry {
    const known = this.devices.get(device) ?? { open: new Map(), early: new Map(), settled: new Map() };
    this.devices.set(device, known);
    return known;
  }
}
