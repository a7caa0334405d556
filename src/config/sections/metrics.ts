import { z } from 'zod';
import { hostName, whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** Who may read the metrics, and where a separate worker serves its own. */
export interface MetricsSettings {
  readonly access: 'loopback' | 'token' | 'open';
  readonly workerHost: string;
  readonly workerPort?: number;
}

const schema = z
  .strictObject({
    access: z.enum(['loopback', 'token', 'open']).default('token').meta({
      description:
        "Who may read `GET /metrics`. `token`: only with the webhook's bearer token; `loopback`: callers on this machine without it, which a proxy on this machine that adds no forwarded header makes everybody behind it; `open`: everybody who reaches the port.",
    }),
    workerHost: hostName({
      description: 'Address that a separate worker (`npm run worker`) serves its own metrics on.',
    }).default('127.0.0.1'),
    workerPort: whole(1, 65_535, {
      description:
        "TCP port of a separate worker's metrics. With `access: token` the worker needs PORT_SECURITY_EVENT_API_BEARER_TOKEN too.",
      whenAbsent: 'a separate worker serves none',
    }).optional(),
  })
  .meta({ description: "Metrics for Prometheus. `npm start` serves all of them on the API's port." });

/** The section `metrics`. */
export const metricsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({ access, workerHost, workerPort }): MetricsSettings => ({
    access,
    workerHost,
    ...(workerPort === undefined ? {} : { workerPort }),
  }),
});
