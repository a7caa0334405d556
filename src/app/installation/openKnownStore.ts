import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { embeddedStoreFolder } from '../../store/engine/embeddedEngine';
import { openStore } from '../../store/openStore';
import type { Store } from '../../store/store';
import type { Configuration } from '../../config';
import type { Log } from '../../telemetry/log';
import { messageOf } from '../../primitives/systemError';
import { judge, type Memory, type Verdict } from './judge';
import { clearAccepted, recordFile, writeRecord } from './record';
import type { Recollection } from './recollect';

/** Where a Temporal namespace keeps whose it is (`NamespaceInfo.data`). */
const NAMESPACE_KEY = 'portwarden.installation';
const ANSWER_MS = 10_000;

/**
 * Opens the store if it is the one that this installation had (or a first one), and lets store, Temporal namespace and
 * data directory remember each other.
 * @throws PortwardenError `store-lost`, `temporal-lost`, and what `openStore` throws
 */
export async function openKnownStore(
  configuration: Configuration,
  { record, accepted }: Recollection,
  client: Client,
  log: Log,
): Promise<Store> {
  const { directory, databaseUrl, installation: pinned } = configuration.store;
  const { namespace: name, address } = configuration.temporal;
  const namespace = await describeNamespace(client, name, log);
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
      await markNamespace(client, name, installation, log);
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

async function describeNamespace(client: Client, name: string, log: Log): Promise<Memory['namespace']> {
  try {
    const { namespaceInfo } = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflowService.describeNamespace({ namespace: name }),
    );
    const id = namespaceInfo?.id;
    if (typeof id !== 'string' || id === '') return undefined;
    return { name, id, installation: namespaceInfo?.data?.[NAMESPACE_KEY] };
  } catch (error) {
    log.warn(
      { namespace: name, reason: messageOf(error) },
      'the Temporal namespace may not be described: its loss would not be noticed',
    );
    return undefined;
  }
}

/** Cloud and locked-down servers do not let a namespace be changed; then the store alone remembers. */
async function markNamespace(client: Client, name: string, installation: string, log: Log): Promise<void> {
  try {
    await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflowService.updateNamespace({
        namespace: name,
        updateInfo: { data: { [NAMESPACE_KEY]: installation } },
      }),
    );
  } catch (error) {
    log.info({ namespace: name, reason: messageOf(error) }, 'the Temporal namespace cannot remember the installation');
  }
}
