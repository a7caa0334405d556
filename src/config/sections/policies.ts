import { z } from 'zod';
import type { RangeLimits } from '../../domain/policies/addressPair';
import { whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** What port policies may say, on every kind of device. */
export interface PolicySettings {
  readonly widestRanges: RangeLimits;
}

const unit = 'bits of the prefix';

const schema = z
  .strictObject({
    widestRange: z
      .strictObject({
        ipv4: whole(8, 32, {
          description: 'Shortest IPv4 prefix; 32 allows single addresses only.',
          unit,
        }).default(24),
        ipv6: whole(32, 128, {
          description: 'Shortest IPv6 prefix; 128 allows single addresses only.',
          unit,
        }).default(64),
      })
      .prefault({})
      .meta({
        description:
          'The widest range that a policy may let through without `--wide-ranges`. Judged when a policy is set: policies that are in force stay as they are.',
      }),
  })
  .meta({ description: 'What port policies may say, on every kind of device.' });

/** The section `policies`. */
export const policiesSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({ widestRange }): PolicySettings => ({ widestRanges: widestRange }),
});
