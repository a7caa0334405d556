import { z } from 'zod';
import type { Variable } from '../../primitives/configuration/environment';
import { filePath, parsedText, parseServiceUrl, seconds, whole } from '../../primitives/configuration/fields';
import { defineSection, ROLES_WITH_SOURCES } from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';

/** How to reach the panel. */
export interface PanelSettings {
  /** Base address without a trailing slash. */
  readonly url: string;
  readonly apiKey: Secret;
  /** PEM text of the CA. */
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly maxAnswerBytes: number;
  /** The shortest prefix length of an IPv4 subnet that is bound address by address when it is assigned as a whole. */
  readonly expandSubnetsFrom: number;
}

const apiKey: Variable = {
  name: 'TENANTOS_API_KEY',
  requiredFor: ['all', 'worker', 'doctor'],
  secret: true,
  meaning: 'API key of the panel.',
};

const schema = z
  .strictObject({
    url: parsedText(parseServiceUrl, {
      description: 'Base address of the Tenantos panel, without `/api`. `http://` is accepted for loopback hosts only.',
    }),
    ca: filePath({
      description: "PEM file with the CA of the panel's certificate.",
      whenAbsent: 'the public CAs of Node',
    }).optional(),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the panel.').default(15),
    concurrency: whole(1, 64, { description: 'Requests sent to the panel at the same time.' }).default(8),
    maxAnswerMiB: whole(1, 500, {
      description:
        'Largest answer of the panel; larger ones are refused (`panel-invalid-answer`), and so is one with far more objects and arrays than its size explains. The list of 5,000 servers takes about 51 MiB.',
      unit: 'MiB',
    }).default(128),
    expandSubnetsFrom: whole(24, 32, {
      description:
        'IPv4 subnets that the panel assigns as a whole are bound address by address, without network, broadcast and gateway, when their prefix is at least this long. What is bound inside larger ones and inside IPv6 prefixes stays and is listed; nothing is bound anew there.',
      unit: 'prefix length',
    }).default(29),
  })
  .meta({ description: 'The Tenantos panel. The API key comes from the environment.' });

/** The section `panel`. */
export const panelSection = defineSection({
  schema,
  variables: [apiKey],
  roles: ROLES_WITH_SOURCES,
  readVariables: (environment, role) =>
    environment.requiredSecret(apiKey, role, {
      holds: (value) => /^[\x21-\x7e]+$/.test(value),
      text: 'must be printable ASCII without spaces',
    }),
  build: (file, key, context): PanelSettings => {
    const ca = context.file(['ca']);
    return {
      url: file.url.replace(/\/api$/, ''),
      apiKey: key,
      timeoutMs: file.timeoutSeconds * 1000,
      concurrency: file.concurrency,
      maxAnswerBytes: file.maxAnswerMiB * 1024 * 1024,
      expandSubnetsFrom: file.expandSubnetsFrom,
      ...(ca === undefined ? {} : { ca }),
    };
  },
});
