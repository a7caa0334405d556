import { z } from 'zod';
import { seconds, whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** Retries and batch sizes. Plain data: it travels to workflows. */
export interface RetrySettings {
  readonly deviceBackoff: { readonly initialMs: number; readonly maximumMs: number; readonly giveUpAfterMs: number };
  /** From the end of one round of probes of devices that are away to the next; 0: none is probed. */
  readonly probeMs: number;
  readonly waitForOutcomeMs: number;
  readonly batchPorts: number;
  readonly batchBindings: number;
}

const schema = z
  .strictObject({
    deviceBackoff: z
      .strictObject({
        initialSeconds: seconds(1, 3600, 'Wait before the first new try.').default(15),
        maximumSeconds: seconds(1, 86_400, 'Longest wait between two tries; the wait doubles up to it.').default(900),
        giveUpAfterHours: z
          .number({ error: 'must be a number of hours from 0.01 to 720' })
          .min(0.01, { error: 'must be a number of hours from 0.01 to 720' })
          .max(720, { error: 'must be a number of hours from 0.01 to 720' })
          .default(24)
          .meta({ description: 'Age at which a waiting port ends as failed (`waited-too-long`).', unit: 'hours' }),
      })
      .prefault({})
      .meta({ description: 'How long a port waits whose device or sources cannot be reached.' }),
    probeSeconds: whole(0, 3600, {
      description:
        'From one probe of devices that could not be reached to the next: one that answers is tried at once, whatever its wait has grown to; 0 probes none.',
      unit: 'seconds',
    }).default(5),
    waitForOutcomeMinutes: whole(1, 10_080, {
      description: "How long an event waits for its port's outcome before it asks the coordinator again.",
      unit: 'minutes',
    }).default(30),
    batchPorts: whole(1, 1000, { description: 'Ports that one commit may change.', unit: 'ports' }).default(250),
    batchBindings: whole(1, 10_000, {
      description: "Desired bindings that one batch may hold; keeps payloads below Temporal's limits.",
      unit: 'bindings',
    }).default(2000),
  })
  .meta({ description: 'Retries and the size of batches.' });

/** The section `retries`. */
export const retriesSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file, _variables, context): RetrySettings => {
    const { initialSeconds, maximumSeconds, giveUpAfterHours } = file.deviceBackoff;
    if (maximumSeconds < initialSeconds)
      context.problem(['deviceBackoff', 'maximumSeconds'], 'must not be less than initialSeconds');
    return {
      deviceBackoff: {
        initialMs: initialSeconds * 1000,
        maximumMs: maximumSeconds * 1000,
        giveUpAfterMs: giveUpAfterHours * 3_600_000,
      },
      probeMs: file.probeSeconds * 1000,
      waitForOutcomeMs: file.waitForOutcomeMinutes * 60_000,
      batchPorts: file.batchPorts,
      batchBindings: file.batchBindings,
    };
  },
});
