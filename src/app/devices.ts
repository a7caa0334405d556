import type { AnswerObserver } from '../clients/seenAnswer';
import type { Configuration } from '../config';
import type { SourceSubject } from '../domain/alarms/sourceState';
import { createDeviceDirectory, type DeviceDirectory } from '../devices/directory';
import type { HostKeys } from '../devices/driver';
import type { PortNaming } from '../sources/portNaming';
import { TenantosPanel } from '../sources/tenantos/panel';
import type { Log } from '../telemetry/log';
import { panelClientOptions, proxmoxClusterOptions } from './clientOptions';

/** The panel and the devices that it gives the logins of; each asks the other. */
export interface PanelAndDevices {
  readonly panel: TenantosPanel;
  readonly devices: DeviceDirectory;
}

/**
 * Opens both; nothing is asked of either before it is used, and a login is asked for anew for each session.
 * @param observerOf what is told of answers; absent: nobody is.
 */
export function openPanelAndDevices(
  configuration: Configuration,
  hostKeys: HostKeys,
  log: Log,
  observerOf?: (subject: SourceSubject) => AnswerObserver,
): PanelAndDevices {
  const devices = createDeviceDirectory(configuration, {
    panelLogin: (switchId, signal) => panel.switches.login(switchId, signal),
    hostKeys,
    hypervisor: (cluster) => {
      const found = configuration.proxmox.clusters.find(({ name }) => name === cluster);
      return found === undefined ? undefined : proxmoxClusterOptions(found);
    },
    vlanNameTemplate: configuration.vlans.nameTemplate,
    vlanAllowlist: configuration.vlans.allowlist,
    securityGroups: configuration.securityGroups,
    logOf: (device) => log.child({ device }),
    ...(observerOf === undefined ? {} : { observerOf: (device) => observerOf({ device }) }),
  });
  const panel: TenantosPanel = new TenantosPanel(
    panelClientOptions(configuration, {
      switchDevice: (switchId) => devices.panelSwitchDevice(switchId),
      configuredLogin: (switchId) => devices.configuredLogin(devices.panelSwitchDevice(switchId)),
      ...(observerOf === undefined ? {} : { observe: observerOf({ name: 'panel' }) }),
    }),
  );
  return { panel, devices };
}

/** How sources name ports: each device by its own rule. */
export function portNaming(
  devices: Pick<DeviceDirectory, 'naming' | 'panelSwitchDevice' | 'panelSwitchOf'>,
): PortNaming {
  return {
    toDevice: (device, port) => devices.naming(device).toDevice(port),
    toPanel: (device, port) => devices.naming(device).toPanel(port),
    panelSwitchDevice: (switchId) => devices.panelSwitchDevice(switchId),
    panelSwitchOf: (device) => devices.panelSwitchOf(device),
  };
}
