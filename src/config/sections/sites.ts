import { z } from 'zod';
import { parseDeviceId, type DeviceId } from '../../domain/values/device';
import { parseSiteName, type SiteName, type Sites } from '../../domain/values/scope';
import { parsedText } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

const site = z
  .strictObject({
    devices: z
      .array(parsedText(parseDeviceId, { description: 'A device.' }))
      .default([])
      .meta({ description: 'Its devices by their ids, such as `junos:3`.' }),
  })
  .meta({ description: 'One site.' });

const schema = z.record(z.string(), site).default({}).meta({
  description:
    'Named sets of devices, such as a building or a row: name → devices. What is paused, applied, reconciled or looked at by site is done for all of them. A device is in at most one site.',
  key: 'site',
});

/** The section `sites`. Whether its devices exist is checked together with the other sections. */
export const sitesSection = defineSection({
  schema,
  readVariables: noVariables,
  build: (file, _variables, context): Sites => build(file, context),
});

function build(file: z.output<typeof schema>, context: SectionContext): Sites {
  const siteOf = new Map<DeviceId, string>();
  const sites = new Map<SiteName, readonly DeviceId[]>();
  for (const [text, { devices }] of Object.entries(file)) {
    for (const [index, device] of devices.entries()) {
      const other = siteOf.get(device);
      if (other !== undefined)
        context.problem(
          [text, 'devices', index],
          `is ${device}, which is in ${other} already: a device is in one site`,
        );
      siteOf.set(device, text);
    }
    try {
      sites.set(parseSiteName(text), devices);
    } catch (error) {
      context.problem([text], error instanceof Error ? error.message : 'is no name');
    }
  }
  return sites;
}
