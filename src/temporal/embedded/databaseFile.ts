import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The embedded Temporal server's database inside its folder. */
export function temporalDatabaseFile(folder: string): string {
  return join(folder, 'temporal.db');
}

/** Whether the embedded Temporal server has this database; a file without content is none. */
export function hasTemporalDatabase(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
