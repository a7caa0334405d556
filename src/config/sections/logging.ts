import { z } from 'zod';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** The log. */
export interface LoggingSettings {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly pretty: boolean;
}

const schema = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .meta({ description: 'Lowest level that is written.' }),
    pretty: z.boolean().default(false).meta({ description: 'Readable lines instead of JSON.' }),
  })
  .meta({ description: 'The log on standard output.' });

/** The section `logging`. */
export const loggingSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file): LoggingSettings => file,
});
