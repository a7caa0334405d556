import { z } from 'zod';
import type { Environment, Variable } from '../primitives/configuration/environment';
import { filePath, hostName, whole } from '../primitives/configuration/fields';
import { defineSection, type SectionContext } from '../primitives/configuration/section';
import { Secret } from '../primitives/secret';
import type { TemporalSettings } from './settings';

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/;

const address: Variable = {
  name: 'TEMPORAL_ADDRESS',
  requiredFor: [],
  secret: false,
  meaning:
    '`host:port` of a Temporal server; wins over `temporal.address`. Processes started with `npm run api` or `npm run worker` need one of the two.',
};

const apiKey: Variable = {
  name: 'TEMPORAL_API_KEY',
  requiredFor: [],
  secret: true,
  meaning: 'API key for a Temporal server that asks for one.',
};

const schema = z
  .strictObject({
    address: z.string().regex(ADDRESS, { error: 'must be host:port' }).optional().meta({
      description: '`host:port` of a Temporal server. The variable TEMPORAL_ADDRESS wins.',
      whenAbsent: 'the embedded server is started',
    }),
    namespace: z
      .string()
      .min(1, { error: 'must not be empty' })
      .default('default')
      .meta({ description: 'Temporal namespace.' }),
    taskQueue: z
      .string()
      .min(1, { error: 'must not be empty' })
      .default('portwarden')
      .meta({ description: 'Task queue of all workers of this installation.' }),
    port: whole(0, 65_535, { description: 'TCP port of the embedded server; 0 takes any free one.' }).default(7233),
    uiPort: whole(0, 65_535, { description: "TCP port of the embedded server's UI; 0 takes any free one." }).default(
      8233,
    ),
    uiUrl: z
      .string()
      .regex(/^https?:\/\/[^\s/]+(\/[^\s]*)?$/, { error: 'must be an http or https address' })
      .optional()
      .meta({
        description: "Address of the Temporal UI, for the links in the API's answers when `address` is set.",
        whenAbsent: "the embedded server's UI, else no links",
      }),
    tls: z
      .strictObject({
        ca: filePath({ description: "PEM file with the server's CA.", whenAbsent: 'the public CAs' }).optional(),
        certificateFile: filePath({ description: 'PEM file with the client certificate.' }).optional(),
        keyFile: filePath({ description: "PEM file with the client certificate's key." }).optional(),
        serverName: hostName({
          description: "Name that the server's certificate must have.",
          whenAbsent: 'the host of `address`',
        }).optional(),
      })
      .optional()
      .meta({ description: 'TLS to the server at `address`. `tls: {}` uses the public CAs.', whenAbsent: 'no TLS' }),
  })
  .meta({ description: 'The workflow engine.' });

/** The section `temporal`. Every role reads its files: every role connects to the server. */
export const temporalSection = defineSection({
  schema: schema.prefault({}),
  variables: [address, apiKey],
  readVariables,
  build: buildSettings,
});

interface Variables {
  readonly address: string | undefined;
  readonly apiKey: Secret | undefined;
}

function readVariables(environment: Environment): Variables {
  const given = environment.text(address.name);
  if (given !== undefined && !ADDRESS.test(given)) environment.problem(address.name, 'must be host:port');
  return { address: given, apiKey: environment.secret(apiKey.name) };
}

function buildSettings(file: z.output<typeof schema>, variables: Variables, context: SectionContext): TemporalSettings {
  const { tls, address: fileAddress, uiUrl, ...rest } = file;
  const address = variables.address ?? fileAddress;
  if (address === undefined && (context.role === 'api' || context.role === 'worker')) {
    context.problem(
      ['address'],
      'is required (or the variable TEMPORAL_ADDRESS) when API and worker run separately: only `npm start` starts the embedded server',
    );
  }
  if (address === undefined && tls !== undefined) {
    context.problem(
      ['tls'],
      'needs temporal.address (or the variable TEMPORAL_ADDRESS): the embedded server is reached without TLS',
    );
  }
  const ca = context.file(['tls', 'ca']);
  const certificate = context.file(['tls', 'certificateFile']);
  const key = context.file(['tls', 'keyFile']);
  if ((tls?.certificateFile === undefined) !== (tls?.keyFile === undefined)) {
    context.problem(['tls'], 'needs certificateFile and keyFile together');
  }
  return {
    ...rest,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    ...(address === undefined ? {} : { address }),
    ...(address === undefined || variables.apiKey === undefined ? {} : { apiKey: variables.apiKey }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(ca === undefined ? {} : { ca }),
            ...(certificate === undefined ? {} : { certificate }),
            ...(key === undefined ? {} : { key: new Secret(key, 'temporal.tls.keyFile') }),
            ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
          },
        }),
  };
}
