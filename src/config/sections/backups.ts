import { z } from 'zod';
import type { BackupRule, BackupRules } from '../../domain/backups/backupRules';
import { parseDeviceId, type DeviceId } from '../../domain/values/device';
import { whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

/** Backups of devices' configurations: when they are made besides before every change, and how long they are kept. */
export interface BackupSettings extends BackupRules {
  /** Devices that are read at the same time. */
  readonly atOnce: number;
}

const HOUR_MS = 3_600_000;

const options = {
  everyHours: whole(0, 8_760, {
    description: 'Time from one backup to the next, besides those before every change; 0: those only.',
    unit: 'hours',
  }),
  keepCount: whole(1, 1_000_000, {
    description: 'Backups of one device that are kept; the oldest go. The newest is never one of them.',
    unit: 'backups',
  }),
  keepDays: whole(1, 36_500, {
    description: 'How long a backup is kept after another one took its place.',
    unit: 'days',
  }),
};

const schema = z
  .strictObject({
    everyHours: options.everyHours.default(24),
    keepCount: options.keepCount.default(2_000),
    keepDays: options.keepDays.default(365),
    atOnce: whole(1, 50, { description: 'Devices that are read at the same time.', unit: 'devices' }).default(4),
    devices: z
      .record(
        z.string(),
        z
          .strictObject(options)
          .partial()
          .meta({ description: 'What rules for this device; what is not named is as for all.' }),
      )
      .default({})
      .meta({ description: 'What is different for single devices, such as `junos:3`.', key: 'device' }),
  })
  .meta({
    description: 'Backups of the configurations of devices. A configuration that did not change is stored once.',
  });

type File = z.output<typeof schema>;

/** The section `backups`. */
export const backupsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({ atOnce, devices, ...all }, _variables, context): BackupSettings => ({
    atOnce,
    all: ruleOf(all),
    devices: buildDevices(devices, all, context),
  }),
});

function buildDevices(
  file: File['devices'],
  all: Omit<File, 'devices' | 'atOnce'>,
  context: SectionContext,
): ReadonlyMap<DeviceId, BackupRule> {
  const devices = new Map<DeviceId, BackupRule>();
  for (const [text, own] of Object.entries(file)) {
    try {
      const { everyHours = all.everyHours, keepCount = all.keepCount, keepDays = all.keepDays } = own;
      devices.set(parseDeviceId(text), ruleOf({ everyHours, keepCount, keepDays }));
    } catch (error) {
      context.problem(['devices', text], error instanceof Error ? error.message : 'is no device');
    }
  }
  return devices;
}

function ruleOf({ everyHours, keepCount, keepDays }: Omit<File, 'devices' | 'atOnce'>): BackupRule {
  return { ...(everyHours === 0 ? {} : { everyMs: everyHours * HOUR_MS }), keepCount, keepDays };
}
