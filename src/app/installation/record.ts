import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import { folderFailure } from '../../primitives/dataFolder';
import { isSystemError } from '../../primitives/systemError';

const record = z.object({
  /** Id of the installation; its store has the same. */
  installation: z.string().min(1),
  /** When this folder became the installation's, ISO 8601. */
  since: z.string().min(1),
  /** Id of the namespace in the embedded Temporal server's database, once there was one. */
  temporal: z.string().min(1).optional(),
});

/** What the data directory remembers of its installation, beside and outside of store and Temporal database. */
export type InstallationRecord = z.infer<typeof record>;

const losses = z.array(z.string());

/** The file that holds the record. */
export function recordFile(directory: string): string {
  return join(directory, 'installation.json');
}

/** Losses that an operator accepted, until the start that goes on without. */
export function acceptedFile(directory: string): string {
  return join(directory, 'accepted-losses.json');
}

/**
 * Reads the record; undefined when there is none.
 * @throws PortwardenError `folder-unusable` when there is one that cannot be understood: it may be the only one that knows
 */
export function readRecord(directory: string): InstallationRecord | undefined {
  return read(recordFile(directory), record);
}

/** Writes the record, whole or not at all. */
export function writeRecord(directory: string, value: InstallationRecord): void {
  write(recordFile(directory), value, 0o600);
}

/** Reads the accepted losses. @throws PortwardenError `folder-unusable` when the file cannot be understood. */
export function readAccepted(directory: string): readonly string[] {
  return read(acceptedFile(directory), losses) ?? [];
}

/** Notes accepted losses beside those that are noted already. Others than its writer may read the file. */
export function acceptLosses(directory: string, ids: readonly string[]): void {
  write(acceptedFile(directory), [...new Set([...readAccepted(directory), ...ids])], 0o644);
}

/** Removes the accepted losses: they have been gone on without. */
export function clearAccepted(directory: string): void {
  rmSync(acceptedFile(directory), { force: true });
}

function read<T>(file: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    throw folderFailure(dirname(file), error) ?? error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new PortwardenError(
      'folder-unusable',
      `${file} cannot be understood. Bring it back from a backup, or remove it: then it is as if it had never been there.`,
      { cause: error },
    );
  }
}

/** Synced before it gets its name, and the name synced too: after a power cut it is the old one or the new one. */
function write(file: string, value: unknown, mode: number): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    synced(draft, 'w', mode, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(draft, file);
    synced(dirname(file), 'r', mode);
  } catch (error) {
    throw folderFailure(dirname(file), error) ?? error;
  }
}

function synced(path: string, flags: 'r' | 'w', mode: number, text?: string): void {
  const descriptor = openSync(path, flags, mode);
  try {
    if (text !== undefined) writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
