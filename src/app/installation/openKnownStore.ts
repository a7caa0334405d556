import { randomUUID } from 'node:crypto';
import { embeddedStoreFolder } from '../../store/engine/embeddedEngine';
import { openStore } from '../../store/openStore';
import type { Store } from '../../store/store';
import type { Configuration } from '../../config';
import type { Log } from '../../telemetry/log';
import { messageOf } from '../../primitives/systemError';
import { judge, type Memory, type Verdict } from './judge';
import { clearAccepted, recordFile, writeRecord } from './record';
import type { Namespace } from '../../temporal/namespace';
import type { Recollection } from './recollect';

/**
 * Opens the store if it is the one that this installation had (or a first one), and lets store, Temporal namespace and
 * data directory remember each other.
 * @throws PortwardenError `store-lost`, `temporal-lost`, and what `openStore` throws
 */
export async function openKnownStore(
  configuration: Configuration,
  { record, accepted }: Recollection,
  temporalNamespace: Namespace,
  log: Log,
): Promise<Store> {
  const { directory, databaseUrl, installation: pinned } = configuration.store;
  const { address } = configuration.temporal;
  const namespace = await describe(temporalNamespace, log);
  const memory: Memory = {
    pinned,
    record:
      record === undefined
        ? undefined
        : { file: recordFile(directory), installation: record.installation, since: record.since },
    namespace,
    accepted,
  };
  const inWords =
    databaseUrl === undefined ? `the embedded store ${embeddedStoreFolder(directory)}` : 'the database of DATABASE_URL';
  const fresh = randomUUID();
  const verdicts: Verdict[] = [];
  const store = await openStore({
    databaseUrl: databaseUrl?.reveal(),
    directory,
    log,
    admit: (found) => {
      const verdict = judge(found, memory, inWords, () => fresh);
      verdicts.push(verdict);
      return verdict;
    },
  });
  const verdict = verdicts.at(-1);
  if (verdict === undefined) return store;
  try {
    const { installation } = verdict;
    if (namespace !== undefined && namespace.installation !== installation)
      await mark(temporalNamespace, installation, log);
    const embedded = { store: databaseUrl === undefined, temporal: address === undefined };
    const temporal = embedded.temporal ? namespace?.id : undefined;
    const keepsRecord = embedded.store || embedded.temporal || record !== undefined;
    if (keepsRecord && (record?.installation !== installation || record.temporal !== temporal)) {
      const since = record?.installation === installation ? record.since : new Date().toISOString();
      writeRecord(directory, { installation, since, ...(temporal === undefined ? {} : { temporal }) });
    }
    logVerdicts(verdicts, log);
    forgetAccepted(directory, log);
    return store;
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

/** An acceptance that stays is harmless: it names what is gone by now, and new things have new ids. */
function forgetAccepted(directory: string, log: Log): void {
  try {
    clearAccepted(directory);
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'the accepted losses could not be removed');
  }
}

function logVerdicts(verdicts: readonly Verdict[], log: Log): void {
  const [first] = verdicts;
  const installation = verdicts.at(-1)?.installation;
  const givenUp = [...new Set(verdicts.flatMap((verdict) => verdict.givenUp))];
  if (givenUp.length > 0) log.warn({ installation, givenUp }, 'going on without what is lost, as an operator accepted');
  if (first?.origin === 'adopted')
    log.info({ installation }, 'this installation had no id yet; store and data directory remember it from now on');
  if (first?.origin === 'new')
    log.info(
      { installation },
      'a new installation; with store.installation set to its id it never starts on an empty store',
    );
}

async function describe(namespace: Namespace, log: Log): Promise<Memory['namespace']> {
  try {
    return await namespace.describe();
  } catch (error) {
    log.warn(
      { namespace: namespace.name, reason: messageOf(error) },
      'the Temporal namespace may not be described: its loss would not be noticed',
    );
    return undefined;
  }
}

/** A server that does not let a namespace be changed leaves it to the store alone to remember. */
async function mark(namespace: Namespace, installation: string, log: Log): Promise<void> {
  try {
    await namespace.rememberInstallation(installation);
  } catch (error) {
    log.info(
      { namespace: namespace.name, reason: messageOf(error) },
      'the Temporal namespace cannot remember the installation',
    );
  }
}
