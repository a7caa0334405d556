import { types } from 'node:util';
import type { Logger as TemporalLogger, LogMetadata } from '@temporalio/common';
import pino, { type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** The log that is handed around. `child({workflowId, server, device, port})` adds fields to every line. */
export type Log = Logger;

/** How the log is written. */
export interface LogOptions {
  /** Lowest level that is written. */
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Readable lines instead of JSON. */
  readonly pretty?: boolean;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

const SECRET_FIELDS = [
  'password',
  'managementPassword',
  'passphrase',
  'token',
  'bearerToken',
  'apiKey',
  'authorization',
  'Authorization',
  'cookie',
  'privateKey',
  'secret',
  'databaseUrl',
];

/** The field names at any of the first levels of a log line whose values are never written. */
const REDACTED_PATHS: readonly string[] = SECRET_FIELDS.flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
  `*.*.*.${field}`,
]);

/**
 * Creates the process's log: one JSON object a line with `level` as text, `time` in ISO 8601 (UTC) and `msg`.
 * Fields that are named like secrets show `[secret]`.
 */
export function createLogger(options: LogOptions): Log {
  const output = options.destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...REDACTED_PATHS], censor: '[secret]' },
      serializers: { err: errorFields, error: errorFields },
    },
    options.pretty === true ? readable(output, process.stdout.isTTY && options.destination === undefined) : output,
  );
}

function readable(output: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss' });
  return { write: (line) => output.write(format(line)) };
}

/** Only what is known to be harmless is taken from an error: HTTP clients hang requests with their headers on it. */
function errorFields(error: unknown, depth = 0): unknown {
  if (!types.isNativeError(error)) return error;
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 3 ? {} : { cause: errorFields(error.cause, depth + 1) }),
  };
}

/** Lets Temporal's runtime, workers and workflow code write to the same log (`Runtime.install({ logger })`). */
export function temporalLogger(log: Log): TemporalLogger {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string, meta?: LogMetadata): void => {
    log[level](plainFields(meta), message);
  };
  return {
    log: (level, message, meta) => write(LEVELS[level], message, meta),
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  };
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal hands time stamps as bigint, which has no JSON form. */
function plainFields(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {}).map(([key, value]) => [
      key,
      typeof value === 'bigint' ? String(value) : (value as unknown),
    ]),
  );
}
