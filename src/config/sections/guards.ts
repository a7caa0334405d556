import { z } from 'zod';
import type { GuardLimits } from '../../domain/change/guards';
import type { GuardSettings } from '../../domain/change/guardSettings';
import { parseDeviceId, type DeviceId } from '../../domain/values/device';
import { whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

/** The guards of the process, and how often what is parked is looked at again. */
export interface GuardConfiguration extends GuardSettings {
  readonly reviewMs: number;
}

const share = z
  .number({ error: 'must be a number from 0 to 1' })
  .min(0, { error: 'must be a number from 0 to 1' })
  .max(1, { error: 'must be a number from 0 to 1' });

const limits = {
  maxRemovedBindings: whole(0, 100_000, {
    description:
      'Bindings of one port that may go, at once or within 24 hours, because the panel no longer has their addresses though no event says so; more are parked until a person decides.',
    unit: 'bindings',
  }),
  maxRemovedShare: share.meta({
    description: 'The same as a share of what the port has; counts from two removals on.',
    unit: '0 to 1',
  }),
  maxBindingsPerPort: whole(1, 100_000, {
    description: 'Bindings of one port; what is there comes first, and further addresses are left out and listed.',
    unit: 'bindings',
  }),
  maxChangesPerCommit: whole(1, 1_000_000, {
    description:
      'Bindings that one commit may add and remove; with more, removals and replacements that no event names are parked.',
    unit: 'bindings',
  }),
  maxChangesPerHour: whole(1, 1_000_000, {
    description:
      'Bindings of one device that may be added and removed within an hour; beyond that, removals and replacements that no event names are parked.',
    unit: 'bindings',
  }),
};

const schema = z
  .strictObject({
    maxRemovedBindings: limits.maxRemovedBindings.default(10),
    maxRemovedShare: limits.maxRemovedShare.default(0.5),
    maxBindingsPerPort: limits.maxBindingsPerPort.default(4_000),
    maxChangesPerCommit: limits.maxChangesPerCommit.default(1_000),
    maxChangesPerHour: limits.maxChangesPerHour.default(2_000),
    brake: z
      .strictObject({
        ports: whole(1, 1_000_000, {
          description: 'Ports that may lose bindings within the time.',
          unit: 'ports',
        }).default(10),
        bindings: whole(1, 1_000_000, {
          description: 'Bindings that may go within the time.',
          unit: 'bindings',
        }).default(50),
        withinMinutes: whole(1, 1_440, { description: 'The time.', unit: 'minutes' }).default(60),
      })
      .prefault({})
      .meta({
        description:
          'When all devices together lose more than this though no event says so, the site brakes: whatever nobody named is parked until a person releases the brake.',
      }),
    devices: z
      .record(
        z.string(),
        z
          .strictObject(limits)
          .partial()
          .meta({ description: 'Limits of this device; those that are not named are those of the installation.' }),
      )
      .default({})
      .meta({
        description: 'What is different for single devices, such as `junos:3`.',
        key: 'device',
      }),
    reviewMinutes: whole(1, 1_440, {
      description: 'Time after which a parked change is looked at again: one whose cause is gone clears itself.',
      unit: 'minutes',
    }).default(15),
  })
  .meta({
    description:
      'When removals are parked until a person decides. What an event names is not counted; bindings that are assigned to no server behind the port are always parked.',
  });

type File = z.output<typeof schema>;

/** The section `guards`. */
export const guardsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file, _variables, context) => build(file, context),
});

function build({ devices, reviewMinutes, ...guards }: File, context: SectionContext): GuardConfiguration {
  return { ...guards, devices: buildDevices(devices, context), reviewMs: reviewMinutes * 60_000 };
}

function buildDevices(file: File['devices'], context: SectionContext): ReadonlyMap<DeviceId, Partial<GuardLimits>> {
  const devices = new Map<DeviceId, Partial<GuardLimits>>();
  for (const [text, own] of Object.entries(file)) {
    try {
      const given = Object.entries(own).filter(([, value]) => value !== undefined);
      devices.set(parseDeviceId(text), Object.fromEntries(given));
    } catch (error) {
      context.problem(['devices', text], error instanceof Error ? error.message : 'is no device');
    }
  }
  return devices;
}
