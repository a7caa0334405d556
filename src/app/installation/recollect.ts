import { embeddedStoreFolder, embeddedStoreState } from '../../store/engine/embeddedEngine';
import type { Configuration } from '../../config';
import { hasTemporalDatabase, temporalDatabaseFile } from '../../temporal/embedded/databaseFile';
import { checkFolders, temporalFolder } from './folders';
import { lost } from './judge';
import { readAccepted, readRecord, recordFile, type InstallationRecord } from './record';

/** What the data directory knew before anything was started. */
export interface Recollection {
  readonly record: InstallationRecord | undefined;
  readonly accepted: ReadonlySet<string>;
}

/**
 * Looks whether the folders can be used and the files that this installation had are still there, before anything is
 * made in their place. Changes nothing.
 * @throws PortwardenError `folder-unusable`, `store-lost`, `temporal-lost`
 */
export function recollect(configuration: Configuration): Recollection {
  checkFolders(configuration);
  const { directory, databaseUrl, acceptedLosses } = configuration.store;
  const accepted = new Set([...acceptedLosses, ...readAccepted(directory)]);
  const record = readRecord(directory);
  if (record === undefined) return { record, accepted };
  const { installation, since, temporal } = record;
  const says = `but ${recordFile(directory)} says that installation ${installation} has used it since ${since}`;
  const storeGone =
    databaseUrl === undefined && embeddedStoreState(directory) === 'absent' && !accepted.has(installation);
  const temporalFile = temporalDatabaseFile(temporalFolder(configuration));
  const temporalGone =
    configuration.temporal.address === undefined &&
    temporal !== undefined &&
    !hasTemporalDatabase(temporalFile) &&
    !accepted.has(temporal);
  const storeText = `the embedded store ${embeddedStoreFolder(directory)} is missing or empty`;
  const temporalText = `the embedded Temporal server's database ${temporalFile} is missing or empty`;
  if (storeGone && temporalGone)
    throw lost('store-lost', `${installation} ${temporal}`, `${storeText}, and ${temporalText}, ${says}`);
  if (storeGone) throw lost('store-lost', installation, `${storeText}, ${says}`);
  if (temporalGone) throw lost('temporal-lost', temporal, `${temporalText}, ${says}`);
  return { record, accepted };
}
