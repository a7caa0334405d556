import { z } from 'zod';
import type { Variable } from '../../primitives/configuration/environment';
import { hostName, whole } from '../../primitives/configuration/fields';
import { defineSection } from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';

/** The API process's settings. */
export interface ApiSettings {
  readonly host: string;
  readonly port: number;
  readonly eventsPerMinute: number;
  readonly readsPerMinute: number;
  readonly strangersPerMinute: number;
  readonly maxConnections: number;
  readonly bodyLimitBytes: number;
  readonly bearerToken: Secret;
}

const bearerToken: Variable = {
  name: 'PORT_SECURITY_EVENT_API_BEARER_TOKEN',
  requiredFor: ['all', 'api'],
  secret: true,
  meaning:
    "Bearer token of the webhook and the API: at least 16 printable ASCII characters without spaces. The same value is set on the panel's side.",
};

const schema = z
  .strictObject({
    host: hostName({
      description: 'Address that the HTTP API listens on. Anything but a loopback address belongs behind a TLS proxy.',
    }).default('127.0.0.1'),
    port: whole(0, 65_535, { description: 'TCP port of the HTTP API; 0 takes any free one.' }).default(8080),
    eventsPerMinute: whole(1, 10_000_000, {
      description: 'Events accepted from one address; more are answered with 429.',
      unit: 'events per minute',
    }).default(6000),
    readsPerMinute: whole(1, 10_000_000, {
      description: 'Other requests with the token from one address; they do not count against events.',
      unit: 'requests per minute',
    }).default(6000),
    strangersPerMinute: whole(1, 10_000_000, {
      description: 'Requests without a valid token from one address; they count against nothing else.',
      unit: 'requests per minute',
    }).default(600),
    maxConnections: whole(10, 100_000, {
      description:
        'Connections open at one time. When nearly as many are open, those that wait for nothing are closed.',
    }).default(1000),
    bodyLimitBytes: whole(1024, 10_485_760, {
      description: 'Largest request body; larger ones are answered with 413.',
      unit: 'bytes',
    }).default(65_536),
  })
  .meta({ description: 'The webhook and the public API. The bearer token comes from the environment.' });

/** The section `api`. */
export const apiSection = defineSection({
  schema: schema.prefault({}),
  variables: [bearerToken],
  readVariables: (environment, role) =>
    environment.requiredSecret(bearerToken, role, {
      holds: (value) => /^[\x21-\x7e]{16,}$/.test(value),
      text: 'must have at least 16 printable ASCII characters and no spaces',
    }),
  build: (file, token): ApiSettings => ({ ...file, bearerToken: token }),
});
