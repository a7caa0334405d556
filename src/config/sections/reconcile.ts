import { z } from 'zod';
import { RECONCILE_MODES, type ReconcileRule, type ReconcileSettings } from '../../domain/drift/reconcileSettings';
import { parseDeviceId, type DeviceId } from '../../domain/values/device';
import { seconds, whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

const rule = {
  mode: z.enum(RECONCILE_MODES).meta({
    description:
      'What is done about drift: `observe` reports it, `propose` parks the mend until a person approves it, `enforce` has the coordinator mend it within guards, pauses and change windows.',
  }),
  intervalMinutes: whole(0, 10_080, {
    description: 'From one reconcile to the next; 0: none by itself.',
    unit: 'minutes',
  }),
};

const schema = z
  .strictObject({
    mode: rule.mode.default('observe'),
    intervalMinutes: rule.intervalMinutes.default(60),
    settleSeconds: seconds(
      0,
      600,
      'A difference counts once it is still there after this time: what an event brings on its way is no drift.',
    ).default(20),
    devices: z
      .record(
        z.string(),
        z
          .strictObject(rule)
          .partial()
          .meta({ description: 'Of this device; what is not named is as for the installation.' }),
      )
      .default({})
      .meta({ description: 'What is different for single devices, such as `junos:3`.', key: 'device' }),
  })
  .meta({
    description:
      'How often each device is compared with what it shall have, port by port, and what is done about ports that somebody else changed, or whose event was lost.',
  });

type File = z.output<typeof schema>;

/** The section `reconcile`. */
export const reconcileSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({ mode, intervalMinutes, settleSeconds, devices }, _variables, context): ReconcileSettings => ({
    mode,
    everyMs: intervalMinutes * 60_000,
    settleMs: settleSeconds * 1000,
    devices: buildDevices(devices, context),
  }),
});

function buildDevices(file: File['devices'], context: SectionContext): ReadonlyMap<DeviceId, Partial<ReconcileRule>> {
  const devices = new Map<DeviceId, Partial<ReconcileRule>>();
  for (const [text, { mode, intervalMinutes }] of Object.entries(file)) {
    try {
      devices.set(parseDeviceId(text), {
        ...(mode === undefined ? {} : { mode }),
        ...(intervalMinutes === undefined ? {} : { everyMs: intervalMinutes * 60_000 }),
      });
    } catch (error) {
      context.problem(['devices', text], error instanceof Error ? error.message : 'is no device');
    }
  }
  return devices;
}
