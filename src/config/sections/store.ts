import { resolve } from 'node:path';
import { z } from 'zod';
import type { Variable } from '../../primitives/configuration/environment';
import { filePath } from '../../primitives/configuration/fields';
import { defineSection } from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';

/** Where facts are kept. */
export interface StoreSettings {
  /** Absolute path. */
  readonly directory: string;
  /** `postgresql://…`; absent: the embedded store. */
  readonly databaseUrl?: Secret;
  /** Id of the installation that the store must be of. */
  readonly installation?: string;
  /** Ids whose loss the operator accepts (PORTWARDEN_ACCEPT_LOSS). */
  readonly acceptedLosses: readonly string[];
}

const databaseUrl: Variable = {
  name: 'DATABASE_URL',
  requiredFor: [],
  secret: true,
  meaning:
    '`postgresql://…` of a PostgreSQL server. Absent: the embedded store in `store.directory`, which one process at a time may use.',
};

const acceptLoss: Variable = {
  name: 'PORTWARDEN_ACCEPT_LOSS',
  requiredFor: [],
  secret: false,
  meaning:
    'Ids, as `store-lost` and `temporal-lost` name them, that the next start goes on without; for containers. Elsewhere `portwarden store accept-loss` does it.',
};

const schema = z
  .strictObject({
    directory: filePath({
      description:
        "Folder of the embedded store and of the embedded Temporal server's database. Relative to this file.",
    }).default('./data'),
    installation: z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
        error: 'must be the id that the log line of the first start names',
      })
      .optional()
      .meta({
        description:
          'Id of the installation that the store must be of; the log line of the first start names it. With it a folder that is not mounted, or an empty database, is never taken for a first start.',
        whenAbsent: 'the data directory and the Temporal namespace remember it',
      }),
  })
  .meta({
    description: "Facts that outlive Temporal's retention. The variable DATABASE_URL switches to a PostgreSQL server.",
  });

/** The section `store`. */
export const storeSection = defineSection({
  schema: schema.prefault({}),
  variables: [databaseUrl, acceptLoss],
  readVariables: (environment) => {
    const url = environment.secret(databaseUrl.name);
    if (url?.present === true && !isDatabaseUrl(url.reveal()))
      environment.problem(databaseUrl.name, 'must be a URL such as postgresql://user:password@host:5432/portwarden');
    const acceptedLosses = (environment.text(acceptLoss.name) ?? '').split(/[\s,]+/).filter((id) => id !== '');
    return { url, acceptedLosses };
  },
  build: (file, { url, acceptedLosses }, context): StoreSettings => {
    if (context.role === 'worker' && url === undefined)
      context.warn('DATABASE_URL is not set: the embedded store is used, so this can be the only worker process');
    return {
      directory: resolve(context.directory, file.directory),
      ...(url === undefined ? {} : { databaseUrl: url }),
      ...(file.installation === undefined ? {} : { installation: file.installation }),
      acceptedLosses,
    };
  },
});

function isDatabaseUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}
