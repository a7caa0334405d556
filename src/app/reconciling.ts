import { fleetOf, type FleetSources } from '../activities/looks/fleet';
import type { DeviceDirectory } from '../devices/directory';
import { reconcileRuleOf, type ReconcileSettings } from '../domain/drift/reconcileSettings';
import { PortwardenError } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What keeps the schedules of reconciles. */
export interface ReconcilingOptions {
  readonly sources: FleetSources;
  readonly devices: Pick<DeviceDirectory, 'requireDriver'>;
  readonly settings: ReconcileSettings;
  readonly log: Log;
  /** Makes these be the devices that are reconciled by themselves, each with how often, in milliseconds. */
  readonly keep: (devices: ReadonlyMap<DeviceId, number>) => Promise<void>;
  /** From the end of one look to the next, in milliseconds. Default five minutes. */
  readonly everyMs?: number;
}

const EVERY_MS = 300_000;

/**
 * Lets every device that is known be reconciled by a schedule of its own, also those that become known while it runs. Portwarden does
 * all else without it, so what goes wrong is logged and tried again; the age of the last reconcile shows it.
 */
export class Reconciling {
  private kept: string | undefined;
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: ReconcilingOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  private async look(): Promise<void> {
    const { sources, settings, keep, log } = this.options;
    try {
      const known = (await fleetOf(sources)).filter((device) => this.hasDriver(device));
      const devices = new Map(
        known.flatMap((device) => {
          const { everyMs } = reconcileRuleOf(settings, device);
          return everyMs === 0 ? [] : [[device, everyMs] as const];
        }),
      );
      const kept = JSON.stringify([...devices]);
      if (kept === this.kept) return;
      await keep(devices);
      this.kept = kept;
    } catch (error) {
      const reason = messageOf(error);
      log.warn({ reason }, 'the schedules that reconcile devices could not be made; they are tried again');
    }
  }

  private hasDriver(device: DeviceId): boolean {
    try {
      this.options.devices.requireDriver(device);
      return true;
    } catch (error) {
      if (error instanceof PortwardenError) return false;
      throw error;
    }
  }
}
