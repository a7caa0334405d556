import { join } from 'node:path';
import { folderProblem, unusable } from '../../primitives/dataFolder';
import { embeddedStoreFolder } from '../../store/engine/embeddedEngine';
import type { Configuration } from '../../config';

/** The folder of the embedded Temporal server. */
export function temporalFolder(configuration: Configuration): string {
  return join(configuration.store.directory, 'temporal');
}

/**
 * Checks the folders that a process with this role would work in, and changes nothing.
 * @throws PortwardenError `folder-unusable`
 */
export function checkFolders(configuration: Configuration): void {
  const { role, store, temporal } = configuration;
  const embeddedStore = (role === 'all' || role === 'worker') && store.databaseUrl === undefined;
  const embeddedTemporal = role === 'all' && temporal.address === undefined;
  const folders = [
    ...(embeddedStore || embeddedTemporal ? [store.directory] : []),
    ...(embeddedStore ? [embeddedStoreFolder(store.directory)] : []),
    ...(embeddedTemporal ? [temporalFolder(configuration)] : []),
  ];
  for (const folder of folders) {
    const problem = folderProblem(folder);
    if (problem !== undefined) throw unusable(folder, problem);
  }
}
