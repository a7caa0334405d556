import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { SwitchAttachment } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { VlanId } from '../../domain/values/vlan';
import { mapped, type PanelReader } from '../../clients/tenantos/reader';
import { extendedDetailsAnswer, networkDeviceAnswer, type NetworkDeviceAnswer } from '../../clients/tenantos/schemas';
import { abortable } from '../../primitives/concurrency';
import { DeviceDirectoryCache } from './deviceCache';
import { LoginsAhead } from './loginsAhead';
import { findPort, mapDevice, portVlanOf, type PanelDevice, type SwitchConnection } from './mapping';
import { panelLogin, type ConfiguredLogin, type PanelLogin } from './switchLogin';

/** What is known of the panel's switches beside what the panel says; each by the panel's number. */
export interface KnownSwitches {
  readonly deviceOf: (switchId: number) => DeviceId;
  readonly configuredLogin: (switchId: number) => ConfiguredLogin;
}

/** Reads the panel's switches: their ports, who is plugged in, and how to log in. */
export class SwitchesReader {
  private readonly devices: DeviceDirectoryCache;
  private readonly logins = new LoginsAhead();

  constructor(
    private readonly reader: PanelReader,
    private readonly known: KnownSwitches,
    directoryTtlMs: number,
  ) {
    this.devices = new DeviceDirectoryCache(directoryTtlMs);
  }

  /** The port that a connection names, and whether it can be managed; remembered for a short time. */
  async attachment(connection: SwitchConnection, signal: AbortSignal): Promise<SwitchAttachment> {
    const { switchId, portId, portName, automated } = connection;
    const device = await this.directoryOf(switchId, signal);
    const key = portId ?? portName;
    const listed = device === undefined || key === undefined ? undefined : findPort(device, key);
    const port = listed?.port ?? portName;
    return {
      device: this.known.deviceOf(switchId),
      portId: portId ?? listed?.portId ?? 0,
      automated,
      manageable: device !== undefined && this.isManageable(device),
      ...(port === undefined ? {} : { port }),
    };
  }

  /** Whether panel and configuration together have all that a login needs. */
  isManageable({ switchId, hasUser, hasPassword }: PanelDevice): boolean {
    const configured = this.known.configuredLogin(switchId);
    return (hasUser || configured.user) && (hasPassword || configured.secret);
  }

  /** A switch as it was asked for a short time ago, or is asked for now; undefined when the panel does not know it. */
  directoryOf(switchId: number, signal: AbortSignal): Promise<PanelDevice | undefined> {
    return abortable(
      this.devices.get(switchId, () => this.readDevice(switchId, signal)),
      signal,
    );
  }

  /**
   * A switch with its ports and who is plugged in, asked for afresh; throws `device-missing`. The login that the answer has
   * serves the session that follows.
   */
  async ports(switchId: number, signal: AbortSignal): Promise<PanelDevice> {
    const askedAt = performance.now();
    const device = await this.devices.refresh(switchId, () =>
      this.readDevice(switchId, signal, (answer) => {
        this.logins.put(answer, askedAt);
      }),
    );
    if (device === undefined) throw deviceMissing(switchId);
    return device;
  }

  /**
   * The servers whose connections name a port, asked for afresh.
   * @returns an empty list when nothing is plugged in or the switch has no such port.
   * @throws PortwardenError `device-missing` when the panel does not know the switch.
   */
  async portAssignments(switchId: number, port: number | PortName, signal: AbortSignal): Promise<readonly ServerId[]> {
    const device = await this.ports(switchId, signal);
    return findPort(device, port)?.serverIds ?? [];
  }

  /**
   * The access VLAN, else the native VLAN, of ports as the panel reads them from the switch: one call for all. Slow.
   * @returns what says undefined when the panel's release or the switch does not say, or the panel does not know the switch.
   */
  async portVlans(switchId: number, signal: AbortSignal): Promise<(port: PortName) => VlanId | undefined> {
    const path = `/networkDevices/${switchId}/extendedDetails`;
    const details = await this.reader.find(path, extendedDetailsAnswer, signal, 'slow');
    return (port) => (details === undefined ? undefined : portVlanOf(details, port));
  }

  /**
   * How to log in to a switch. The only method that gives a password. One that {@link ports} got seconds ago serves once; else
   * the panel is asked.
   * @throws PortwardenError `device-missing`; `device-not-configured` naming what is absent.
   */
  async login(switchId: number, signal: AbortSignal): Promise<PanelLogin> {
    const answer =
      this.logins.take(switchId) ??
      (await this.reader.find(`/networkDevices/${switchId}`, networkDeviceAnswer, signal));
    if (answer === undefined) throw deviceMissing(switchId);
    return panelLogin(answer, this.known.configuredLogin(switchId));
  }

  private async readDevice(
    switchId: number,
    signal: AbortSignal,
    onAnswer?: (answer: NetworkDeviceAnswer) => void,
  ): Promise<PanelDevice | undefined> {
    const path = `/networkDevices/${switchId}`;
    const answer = await this.reader.find(path, networkDeviceAnswer, signal);
    if (answer !== undefined) onAnswer?.(answer);
    return answer === undefined ? undefined : mapped(path, () => mapDevice(answer));
  }
}

/** The panel does not know a switch. */
export function deviceMissing(switchId: number): PortwardenError {
  return new PortwardenError('device-missing', `The panel does not know switch ${switchId}`, { details: { switchId } });
}
