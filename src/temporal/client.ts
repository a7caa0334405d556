import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import { PortwardenError } from '../domain/errors';
import { SEARCH_ATTRIBUTES } from '../protocol/names';
import type { TemporalSettings } from './settings';
import { temporalConnectionOptions } from './connection';

/** A connected client and how to end it. */
export interface TemporalClient {
  readonly client: Client;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A person waits at a command line. */
const COMMAND_CONNECT_MS = 5_000;

/** Connects a client. @throws PortwardenError `temporal-unavailable`. */
export async function connectClient(
  address: string,
  settings: TemporalSettings,
  connectTimeout = CONNECT_TIMEOUT_MS,
): Promise<TemporalClient> {
  try {
    const connection = await Connection.connect({
      connectTimeout,
      ...temporalConnectionOptions({ ...settings, address }),
    });
    return { client: new Client({ connection, namespace: settings.namespace }), close: () => connection.close() };
  } catch (error) {
    throw unavailable(address, error);
  }
}

/**
 * Connects a command to the configured server, or to the embedded one of a service that runs on this machine.
 * @throws PortwardenError `temporal-unavailable`.
 */
export function connectCommand(settings: TemporalSettings): Promise<TemporalClient> {
  if (settings.address === undefined && settings.port === 0) {
    throw new PortwardenError(
      'invalid-configuration',
      "temporal.port is 0, so the embedded server's port is not known here: set TEMPORAL_ADDRESS to what the service printed",
    );
  }
  return connectClient(temporalConnectionOptions(settings).address, settings, COMMAND_CONNECT_MS);
}

/**
 * Keeps "there is no such workflow"; everything else that the client throws means that Temporal did not do it.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function reaching<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof PortwardenError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new PortwardenError('temporal-unavailable', `The Temporal server did not do it: ${message}`, {
      cause: error,
    });
  }
}

/** Undefined when there is no such workflow. */
export async function found<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Connects what workers run on. @throws PortwardenError `temporal-unavailable`. */
export async function connectWorkers(address: string, settings: TemporalSettings): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(temporalConnectionOptions({ ...settings, address }));
  } catch (error) {
    throw unavailable(address, error);
  }
}

/**
 * Registers the search attributes that the namespace lacks. Another process may do so at the same moment; whether
 * the server allowed it is told by what is still missing afterwards.
 * @throws PortwardenError `invalid-configuration` naming the commands that an administrator has to run.
 */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<void> {
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  const missing = async (): Promise<string[]> => {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return Object.keys(SEARCH_ATTRIBUTES).filter((name) => customAttributes[name] !== keyword);
  };
  const absent = await missing();
  if (absent.length === 0) return;
  try {
    const searchAttributes = Object.fromEntries(absent.map((name) => [name, keyword]));
    await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch {
    // Decided by what is missing now.
  }
  const still = await missing();
  if (still.length > 0) {
    const commands = still.map(
      (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
    );
    throw new PortwardenError(
      'invalid-configuration',
      `The Temporal namespace ${namespace} lacks search attributes. Run: ${commands.join(' && ')}`,
    );
  }
}

function unavailable(address: string, error: unknown): PortwardenError {
  const reason = error instanceof Error ? error.message : String(error);
  return new PortwardenError(
    'temporal-unavailable',
    `The Temporal server at ${address} cannot be reached (${reason})`,
    { cause: error },
  );
}
