import { z } from 'zod';

const summary = z.looseObject({
  id: z.string(),
  at: z.string(),
  device: z.string().optional(),
  port: z.string().optional(),
  workflowId: z.string(),
  status: z.string(),
  summary: z.string(),
  commit: z.string().optional(),
  author: z.string().optional(),
  policies: z.array(z.string()).optional(),
});
const statement = z.looseObject({ text: z.string(), because: z.string().optional() });

/** A page of the journal, as the API answers. */
export const journalAnswer = z.looseObject({ entries: z.array(summary), next: z.string().optional() });

/** One entry whole, as the API answers. */
export const journalEntryAnswer = summary.extend({
  added: z.array(statement),
  removed: z.array(statement),
  commands: z.array(z.string()),
  commitSeconds: z.number().optional(),
  diff: z.string().optional(),
  events: z.array(z.string()).optional(),
  reason: z.string().optional(),
});

/** An entry of a list. */
export type JournalRow = z.infer<typeof summary>;

/** One entry whole. */
export type JournalEntryAnswer = z.infer<typeof journalEntryAnswer>;
