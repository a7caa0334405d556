import { accessSync, constants, lstatSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PortwardenError } from '../domain/errors';

const MEBIBYTE = 1024 * 1024;
/** Below this neither the store nor Temporal's database can be worked with; a fresh store alone takes 40 MiB. */
const LEAST_FREE_BYTES = 16 * MEBIBYTE;

/**
 * What keeps a folder of ours from being used: it or something above it is a file, it may not be written, its disk is
 * full. Changes nothing; a folder that is missing is judged by what it would be made in.
 * @returns undefined when nothing is wrong
 */
export function folderProblem(path: string): string | undefined {
  const shown = (at: string): string => (at === path ? 'it' : at);
  for (let at = path; ; at = dirname(at)) {
    try {
      if (!statSync(at).isDirectory()) return `${shown(at)} is a file, not a folder`;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && isBrokenLink(at)) return `${shown(at)} is a symbolic link to nothing`;
      if ((code === 'ENOENT' || code === 'ENOTDIR') && dirname(at) !== at) continue;
      return reasonOf(error, shown(at));
    }
    try {
      accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK);
      return diskProblem(at);
    } catch (error) {
      return reasonOf(error, shown(at));
    }
  }
}

/**
 * Makes sure that a folder is there and can be worked in.
 * @throws PortwardenError `folder-unusable` with the path and the cause
 */
export function useFolder(path: string): void {
  const problem = folderProblem(path);
  if (problem !== undefined) throw unusable(path, problem);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw folderFailure(path, error) ?? error;
  }
}

/**
 * What a failure in a folder of ours comes from, when it comes from the folder or its disk and not from what is in it.
 * @returns `folder-unusable`, or undefined when folder and disk are sound
 */
export function folderFailure(path: string, error: unknown): PortwardenError | undefined {
  if (error instanceof PortwardenError) return error;
  const code = codeOf(error);
  if (code !== undefined && Object.hasOwn(REASONS, code)) return unusable(path, reasonOf(error, 'it'));
  const problem = folderProblem(path);
  return problem === undefined ? undefined : unusable(path, problem);
}

const REASONS: Readonly<Record<string, (where: string) => string>> = {
  EACCES: (where) => `user ${userName()} may not read and write ${where}`,
  EPERM: (where) => `user ${userName()} may not read and write ${where}`,
  EROFS: (where) => `${where} is on a file system that is mounted read-only`,
  ENOSPC: () => 'its disk is full',
  EDQUOT: (where) => `the quota of user ${userName()} for ${where} is used up`,
  ENOTDIR: (where) => `${where} is a file, or below one`,
  EEXIST: (where) => `${where} is a file, not a folder`,
  EIO: (where) => `the disk of ${where} reports errors`,
};

function reasonOf(error: unknown, where: string): string {
  const code = codeOf(error) ?? 'unknown error';
  return REASONS[code]?.(where) ?? `${where} cannot be used (${code})`;
}

function diskProblem(folder: string): string | undefined {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < LEAST_FREE_BYTES)
    return `its disk is full (${Math.floor(free / MEBIBYTE)} MiB free, at least ${LEAST_FREE_BYTES / MEBIBYTE} are needed)`;
  return files > 0 && ffree === 0 ? 'its disk is full (it has no free inode)' : undefined;
}

function isBrokenLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function userName(): string {
  return process.getuid === undefined ? 'of this process' : String(process.getuid());
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The error that names a folder and what is wrong with it. */
export function unusable(folder: string, cause: string): PortwardenError {
  return new PortwardenError('folder-unusable', `The folder ${folder} cannot be used: ${cause}.`, {
    details: { folder, cause },
  });
}
