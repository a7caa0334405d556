import type { Configuration } from '../config';
import { PortwardenError } from '../domain/errors';
import { deviceId } from '../domain/values/device';
import { inspectConfiguredDevice, type DeviceFindings } from './inspectDevice';

/** Looks at every configured project of a cloud. Changes nothing. */
export type InspectCloud = (configuration: Configuration, name: string) => Promise<DeviceFindings>;

/**
 * Inspects the projects that are in a cloud of `clouds.yaml`, or the one of this name. A project that cannot be looked at is
 * a finding, so that the others are looked at too.
 * @throws PortwardenError `device-not-configured` when there is none.
 */
export const inspectConfiguredCloud: InspectCloud = async (configuration, name) => {
  const { projects } = configuration.openstack;
  const meant = projects.filter((project) => project.cloud === name || project.name === name);
  if (meant.length === 0) {
    const known = [...new Set(projects.flatMap((one) => [one.name, ...(one.cloud === undefined ? [] : [one.cloud])]))];
    throw new PortwardenError(
      'device-not-configured',
      `No cloud or project named ${name} is configured; there are: ${known.join(', ') || 'none'}`,
    );
  }
  const found: DeviceFindings[] = [];
  for (const project of meant) {
    const device = deviceId('neutron', project.name);
    try {
      found.push(await inspectConfiguredDevice(configuration, device));
    } catch (error) {
      if (!(error instanceof PortwardenError)) throw error;
      found.push({ text: `${device}\nCANNOT BE LOOKED AT: ${error.code}: ${error.message}\n`, healthy: false });
    }
  }
  return { text: found.map(({ text }) => text).join('\n'), healthy: found.every(({ healthy }) => healthy) };
};
