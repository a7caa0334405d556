import type { DeviceId } from '../domain/values/device';
import { portRequest } from '../domain/servers/portRequest';
import type { PortName } from '../domain/values/port';
import { RepeatedWork } from '../primitives/repeatedWork';
import { messageOf } from '../primitives/systemError';
import type { Activities } from '../protocol/activities';
import type { Log } from '../telemetry/log';

/** What the end of what people said of ports needs. */
export interface PortExpiryOptions {
  readonly enlist: Activities['enlist'];
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. */
  readonly everyMs?: number;
}

/** Something that a person said of a port, whose time is over. */
export interface Ended {
  readonly device: DeviceId;
  /** Every name by which the port is asked for. */
  readonly ports: readonly PortName[];
  /** For the log, beside device and port. */
  readonly facts: { readonly device: DeviceId; readonly port: PortName };
}

/** How what ends is found, and what is said of it. */
export interface EndsOfPorts {
  /** Takes what is over now, and journals it: each once, whichever process asks. */
  take(now: Date): Promise<readonly Ended[]>;
  /** Default of {@link PortExpiryOptions.everyMs}. */
  readonly everyMs: number;
  readonly ended: string;
  readonly notAskedFor: string;
  readonly notLookedFor: string;
}

/**
 * Ends what people said of ports when its time is over, and has each port looked at. A pass knows by itself what is in force;
 * whatever this does not do, or does late, changes nothing. Several processes may do it.
 */
export class PortExpiry {
  private readonly repeated: RepeatedWork;

  constructor(
    private readonly ends: EndsOfPorts,
    private readonly options: PortExpiryOptions,
  ) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? ends.everyMs, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look, or by the next event of the port. */
  private async look(): Promise<void> {
    const { enlist, log } = this.options;
    const { ended, notAskedFor, notLookedFor } = this.ends;
    try {
      for (const { device, ports, facts } of await this.ends.take(new Date())) {
        log.warn(facts, ended);
        for (const port of ports)
          await enlist({ device, request: portRequest(port) }).catch((error: unknown) => {
            log.warn({ device, port: facts.port, reason: messageOf(error) }, notAskedFor);
          });
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, notLookedFor);
    }
  }
}
