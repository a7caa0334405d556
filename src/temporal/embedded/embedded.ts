import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PortwardenError } from '../../domain/errors';
import { folderFailure, folderProblem, unusable, useFolder } from '../../primitives/dataFolder';
import { hasTemporalDatabase, temporalDatabaseFile } from './databaseFile';
import {
  endProcess,
  lastLogLines,
  signalProcess,
  spawnDevServer,
  type DevServerExit,
  type SearchAttributeType,
} from './devServerProcess';
import { pickPort } from './ports';
import { processIdentity, runsHere, type ProcessIdentity } from '../../primitives/processIdentity';
import { waitForTemporal } from './readiness';
import { clearState, readState, whileLocked, writeState, type ServerState } from './stateFile';

/** How the embedded Temporal server is to run. */
export interface EmbeddedTemporalOptions {
  /** The Temporal CLI. */
  readonly cliPath: string;
  /** Holds the database (temporal.db), the server's log and the record of the running server; created when missing. */
  readonly directory: string;
  /** Port of the gRPC frontend. Default 7233; 0: any free one. */
  readonly port?: number;
  /** Port of the web UI. Default: 1000 above the gRPC port; 0: any free one. */
  readonly uiPort?: number;
  /** Refuse to start when a given port is taken, instead of taking the next free one. Default false. */
  readonly exact?: boolean;
  readonly namespace: string;
  readonly searchAttributes: Readonly<Record<string, SearchAttributeType>>;
  /** Whether the web UI is served. */
  readonly ui: boolean;
  /** Told, in one line each, what a user wants to know: ports taken, a server adopted or ended. */
  readonly log: (line: string) => void;
  /** Keep the histories in memory only. Default false. */
  readonly inMemory?: boolean;
  /** Its database is there already: refuse to make another one in its place. Default false. */
  readonly databaseMustExist?: boolean;
  /** How long the server may take until it answers, in milliseconds. Default 30,000. */
  readonly readyTimeoutMs?: number;
}

/** A running Temporal server on loopback. */
export interface EmbeddedTemporal {
  /** host:port of the gRPC frontend. */
  readonly address: string;
  /** Address of the web UI, when it is served. */
  readonly uiUrl: string | undefined;
  readonly pid: number;
  /** True when the server was already running: left by a killed parent, or shared with a living one. */
  readonly adopted: boolean;
  /** Calls back once when the server ends without having been stopped. Returns a function that takes it back. */
  onExit(listener: (exit: DevServerExit) => void): () => void;
  /** Ends the server: gracefully, then by force, within 15 s. Leaves a server alone that another process owns. */
  stop(): Promise<void>;
  /** Kills the server at once, as a crash would; for tests of recovery. */
  kill(): void;
}

const DEFAULT_PORT = 7233;
const UI_PORT_OFFSET = 1_000;
const READY_MS = 30_000;
const STOP_GRACE_MS = 10_000;
/** A server that is up answers within this time; after a crash of its machine it would not be running at all. */
const LEFTOVER_MS = 5_000;
const SILENT_GRACE_MS = 2_000;
const PORT_RACES = 3;
const WATCH_MS = 500;

/**
 * Starts `temporal server start-dev` on loopback, or adopts the one that a killed portwarden left in this folder, and
 * returns when it answers.
 * @throws PortwardenError `port-in-use`, `temporal-cli-not-found`, `temporal-unavailable`, `store-locked`,
 *   `folder-unusable`, `temporal-damaged`, `temporal-lost`
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  useFolder(options.directory);
  try {
    return await adoptOrStart(options);
  } catch (error) {
    throw (error instanceof PortwardenError ? undefined : folderFailure(options.directory, error)) ?? error;
  }
}

async function adoptOrStart(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const readyMs = options.readyTimeoutMs ?? READY_MS;
  return whileLocked(options.directory, readyMs + STOP_GRACE_MS, async () => {
    const left = readState(options.directory);
    if (left !== undefined && runsHere(left.server)) {
      const unfit = unfitness(left, options);
      const silent =
        unfit === undefined ? await waitForTemporal(addressOf(left.port), left.namespace, LEFTOVER_MS) : undefined;
      if (unfit === undefined && silent === undefined) return adopt(left, options);
      if (unfit !== undefined) await endLeftover(left, options, unfit, STOP_GRACE_MS);
      else if (silent !== undefined) await endLeftover(left, options, silent, SILENT_GRACE_MS);
    }
    return startNew(options, readyMs);
  });
}

/** Why a running server cannot serve these options; undefined when it can. */
function unfitness(state: ServerState, options: EmbeddedTemporalOptions): string | undefined {
  if (state.namespace !== options.namespace) return `it serves the namespace ${state.namespace}`;
  if (options.ui && state.uiPort === undefined) return 'it has no UI';
  const lacking = Object.entries(options.searchAttributes).filter(
    ([name, type]) => state.searchAttributes[name] !== type,
  );
  if (lacking.length > 0) return `it lacks the search attributes ${lacking.map(([name]) => name).join(', ')}`;
  if (options.exact === true && (options.port ?? DEFAULT_PORT) !== state.port)
    return `it listens on port ${state.port}`;
  if (options.exact === true && options.ui && options.uiPort !== undefined && options.uiPort !== state.uiPort) {
    return `its UI listens on port ${state.uiPort}`;
  }
  return undefined;
}

function adopt(state: ServerState, options: EmbeddedTemporalOptions): EmbeddedTemporal {
  const shared = runsHere(state.owner) && state.owner.pid !== process.pid;
  options.log(
    shared
      ? `Temporal server ${state.server.pid} on port ${state.port} is already run by process ${state.owner.pid}: using it too`
      : `adopted the Temporal server ${state.server.pid} on port ${state.port}, left by an earlier run`,
  );
  if (!shared) writeState(options.directory, { ...state, owner: processIdentity() });
  return handleFor(state, options, { adopted: true, owned: !shared });
}

async function endLeftover(
  state: ServerState,
  options: EmbeddedTemporalOptions,
  reason: string,
  graceMs: number,
): Promise<void> {
  if (runsHere(state.owner) && state.owner.pid !== process.pid) {
    throw new PortwardenError(
      'store-locked',
      `Process ${state.owner.pid} runs a Temporal server in ${options.directory} that cannot be shared: ${reason}.`,
    );
  }
  options.log(`ending the Temporal server ${state.server.pid} of an earlier run: ${reason}`);
  if (!(await endProcess(state.server, graceMs))) {
    throw new PortwardenError(
      'store-locked',
      `The Temporal server ${state.server.pid} of an earlier run cannot be ended.`,
    );
  }
  clearState(options.directory, state.server);
}

async function startNew(options: EmbeddedTemporalOptions, readyMs: number): Promise<EmbeddedTemporal> {
  const logFile = join(options.directory, 'temporal-server.log');
  const dbFile = options.inMemory === true ? undefined : temporalDatabaseFile(options.directory);
  if (dbFile !== undefined) checkDatabase(dbFile, options.databaseMustExist === true);
  for (let race = 1; ; race += 1) {
    const ports = await pickPorts(options);
    const child = await spawnDevServer({
      cliPath: options.cliPath,
      ...ports,
      namespace: options.namespace,
      searchAttributes: options.searchAttributes,
      dbFile,
      logFile,
    });
    const { pid, started, scope } = child;
    const server: ProcessIdentity = { pid, started, scope };
    const state: ServerState = {
      server,
      owner: processIdentity(),
      ...ports,
      namespace: options.namespace,
      searchAttributes: { ...options.searchAttributes },
    };
    writeState(options.directory, state);
    let exit: DevServerExit | undefined;
    void child.ended.then((ended) => {
      exit = ended;
    });
    const failure = await waitForTemporal(addressOf(ports.port), options.namespace, readyMs, () =>
      exit === undefined
        ? undefined
        : `it ended with ${exit.signal ?? `code ${String(exit.code)}`}: ${lastLogLines(logFile)}`,
    );
    if (failure === undefined) return handleFor(state, options, { adopted: false, owned: true, ended: child.ended });
    await endProcess(server, 1_000);
    clearState(options.directory, server);
    const lostPort = /address already in use/.test(failure);
    if (lostPort && options.exact === true)
      throw new PortwardenError('port-in-use', `The Temporal server did not start: ${failure}`);
    if (!lostPort || race >= PORT_RACES) throw startFailure(failure, options.directory, logFile);
    options.log('a port was taken by another process meanwhile; trying other ports');
  }
}

/** A start that was killed before it had made its tables leaves a file that no later one can use, and nothing in it. */
function checkDatabase(dbFile: string, mustExist: boolean): void {
  if (hasTemporalDatabase(dbFile)) return;
  if (mustExist)
    throw new PortwardenError('temporal-lost', `The database ${dbFile} of the embedded Temporal server is gone.`, {
      details: { file: dbFile },
    });
  rmSync(dbFile, { force: true });
}

/** SQLite's words for a file that is none of its own any more (result codes 11, 26) and for a full disk (13). */
function startFailure(failure: string, directory: string, logFile: string): PortwardenError {
  const problem =
    folderProblem(directory) ?? (/database or disk is full/.test(failure) ? 'its disk is full' : undefined);
  if (problem !== undefined) return unusable(directory, problem);
  if (/file is not a database|database disk image is malformed/.test(failure)) {
    return new PortwardenError(
      'temporal-damaged',
      `The database ${temporalDatabaseFile(directory)} of the embedded Temporal server is damaged: ${failure}.`,
    );
  }
  return new PortwardenError(
    'temporal-unavailable',
    `The Temporal server did not start: ${failure}. Its log: ${logFile}`,
  );
}

async function pickPorts(options: EmbeddedTemporalOptions): Promise<{ port: number; uiPort: number | undefined }> {
  const exact = options.exact === true;
  const preferred = options.port ?? DEFAULT_PORT;
  const port = await pickPort({ preferred, exact, purpose: 'the Temporal server' });
  if (preferred !== 0 && port !== preferred)
    options.log(`port ${preferred} is taken: the Temporal server uses ${port}`);
  if (!options.ui) return { port, uiPort: undefined };
  const preferredUi = options.uiPort ?? (preferred === 0 ? 0 : Math.min(preferred + UI_PORT_OFFSET, 65_535));
  const uiPort = await pickPort({
    preferred: preferredUi,
    exact: exact && options.uiPort !== undefined,
    except: [port],
    purpose: 'the Temporal UI',
  });
  if (preferredUi !== 0 && uiPort !== preferredUi)
    options.log(`port ${preferredUi} is taken: the Temporal UI uses ${uiPort}`);
  return { port, uiPort };
}

interface Standing {
  readonly adopted: boolean;
  readonly owned: boolean;
  readonly ended?: Promise<DevServerExit>;
}

function handleFor(state: ServerState, options: EmbeddedTemporalOptions, standing: Standing): EmbeddedTemporal {
  const { server } = state;
  const listeners = new Set<(exit: DevServerExit) => void>();
  let stopping = false;
  let reported = false;
  const report = (exit: DevServerExit): void => {
    clearInterval(watch);
    process.removeListener('exit', endWithUs);
    if (stopping || reported) return;
    reported = true;
    clearState(options.directory, server);
    for (const listener of listeners) listener(exit);
  };
  const endWithUs = (): void => {
    if (standing.owned) signalProcess(server.pid, 'SIGTERM');
  };
  const watch = setInterval(() => {
    if (standing.ended === undefined && !runsHere(server)) report({ code: null, signal: null });
  }, WATCH_MS);
  watch.unref();
  void standing.ended?.then(report);
  process.once('exit', endWithUs);

  return {
    address: addressOf(state.port),
    uiUrl: state.uiPort === undefined ? undefined : `http://127.0.0.1:${state.uiPort}`,
    pid: server.pid,
    adopted: standing.adopted,
    onExit: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    stop: async () => {
      stopping = true;
      clearInterval(watch);
      process.removeListener('exit', endWithUs);
      if (!standing.owned) return;
      await endProcess(server, STOP_GRACE_MS);
      clearState(options.directory, server);
    },
    kill: () => {
      signalProcess(server.pid, 'SIGKILL');
    },
  };
}

function addressOf(port: number): string {
  return `127.0.0.1:${port}`;
}
