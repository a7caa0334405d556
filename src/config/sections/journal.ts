import { z } from 'zod';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** The change journal. */
export interface JournalSettings {
  /** How long entries are kept, in days. Absent: for good. */
  readonly retentionDays?: number;
}

const retention = z
  .strictObject({
    days: z.int().min(30).max(36_500).optional().meta({
      description: 'Entries that are older are taken out.',
      whenAbsent: 'all are kept for good',
    }),
  })
  .meta({ description: 'How long entries are kept.' });

const schema = z
  .strictObject({ retention: retention.prefault({}) })
  .meta({ description: 'The change journal: what was decided about ports.' });

/** The section `journal`. */
export const journalSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({ retention: { days } }): JournalSettings => (days === undefined ? {} : { retentionDays: days }),
});
