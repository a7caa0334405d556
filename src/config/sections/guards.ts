import { z } from 'zod';
import type { GuardLimits } from '../../domain/change/guards';
import { whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables } from '../../primitives/configuration/section';

const schema = z
  .strictObject({
    maxRemovedBindings: whole(0, 100_000, {
      description:
        'Bindings of one port that may go because the panel no longer has their addresses though no event says so; more are parked until a person decides.',
      unit: 'bindings',
    }).default(10),
    maxRemovedShare: z
      .number({ error: 'must be a number from 0 to 1' })
      .min(0, { error: 'must be a number from 0 to 1' })
      .max(1, { error: 'must be a number from 0 to 1' })
      .default(0.5)
      .meta({ description: 'The same as a share of what the port has; counts from two removals on.', unit: '0 to 1' }),
  })
  .meta({
    description:
      'When removals are parked until a person decides. What an event names is not counted; bindings that are assigned to no server behind the port are always parked.',
  });

/** The section `guards`. */
export const guardsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file): GuardLimits => file,
});
