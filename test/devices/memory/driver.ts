import { z } from 'zod';
import { PortwardenError } from '../../../src/domain/errors';
import { deviceKeyOf, type DeviceId } from '../../../src/domain/values/device';
import { defineDriver } from '../../../src/devices/driver';
import { seconds } from '../../../src/primitives/configuration/fields';
import { defineSection, noVariables } from '../../../src/primitives/configuration/section';
import { gateName, type GateSite } from './gates';
import { GATE_COVERAGE, MemoryDevice } from './memoryDevice';

/** The driver of the kind `memory`. @param sites the sites that there are, by their names. */
export function memoryDriver(sites: ReadonlyMap<string, GateSite>) {
  const siteOf = (id: DeviceId): GateSite => {
    const site = sites.get(deviceKeyOf(id));
    if (site === undefined) throw new PortwardenError('device-not-configured', `there is no site ${id}`);
    return site;
  };
  return defineDriver({
    kind: 'memory',
    passActivity: 'writeGates',
    configuration: {
      name: 'gates',
      section: defineSection({
        schema: z
          .strictObject({ commitSeconds: seconds(1, 3600, 'Writing all gates of a site.').default(5) })
          .meta({ description: 'How sites of gates are changed.' })
          .prefault({}),
        readVariables: noVariables,
        build: ({ commitSeconds }) => ({ commitMs: commitSeconds * 1000 }),
      }),
    },
    coverage: GATE_COVERAGE,
    longestCommitMs: ({ commitMs }) => commitMs,
    naming: () => ({ toDevice: gateName, toPanel: (port) => port }),
    devices: () => ({
      open: (id) => new MemoryDevice(id, siteOf(id)),
      configuredLogin: () => ({ host: true, user: true, secret: true }),
      inspect: async (id) => ({ lines: [`${siteOf(id).gates.size} gates`], healthy: true }),
    }),
  });
}
