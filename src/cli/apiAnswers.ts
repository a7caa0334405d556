import { z } from 'zod';

const statement = z.looseObject({ key: z.string(), text: z.string() });
const report = z.looseObject({ code: z.string(), message: z.string() });

/** What the API answers to a preview, as far as the CLI shows it. */
export const previewAnswer = z.looseObject({
  summary: z.string(),
  notes: z.array(z.string()),
  devices: z.array(
    z.looseObject({
      device: z.string(),
      omitted: z.array(z.string()),
      commands: z.array(z.string()),
      notes: z.array(z.string()),
      expectedSeconds: z.number(),
      measuredCommits: z.number(),
      error: report.optional(),
      ports: z.array(
        z.looseObject({
          port: z.string(),
          status: z.string(),
          summary: z.string(),
          added: z.array(statement),
          removed: z.array(statement),
          excluded: z.array(z.looseObject({ ip: z.string(), rule: z.string(), message: z.string() })),
          parked: z.looseObject({ remove: z.array(statement) }).optional(),
        }),
      ),
    }),
  ),
});

const coverageEntries = z.array(
  z.looseObject({ code: z.string(), effect: z.string(), about: z.string(), message: z.string() }),
);

/** What the API answers about the coverage of a port, as far as the CLI shows it. */
export const coverageAnswer = z.looseObject({ summary: z.string(), entries: coverageEntries });

/** What the API answers to an explanation, as far as the CLI shows it. */
export const explanationAnswer = z.looseObject({
  summary: z.string(),
  notes: z.array(z.string()),
  coverage: coverageEntries.optional(),
  evidence: z.array(z.looseObject({ device: z.string(), port: z.string(), says: z.string() })).optional(),
  addresses: z.array(
    z.looseObject({
      ip: z.string().optional(),
      port: z.looseObject({ device: z.string(), port: z.string() }),
      state: z.string(),
      because: z.string(),
      rule: z.string().optional(),
      present: z.array(statement),
      sources: z.array(z.string()),
      since: z
        .looseObject({
          at: z.string(),
          journalId: z.string(),
          workflowId: z.string(),
          events: z.array(z.string()).optional(),
          commit: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** See {@link coverageAnswer}. */
export type CoverageAnswer = z.infer<typeof coverageAnswer>;

/** See {@link previewAnswer}. */
export type PreviewAnswer = z.infer<typeof previewAnswer>;

/** See {@link explanationAnswer}. */
export type ExplanationAnswer = z.infer<typeof explanationAnswer>;
