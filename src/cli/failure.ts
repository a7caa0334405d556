import { types } from 'node:util';
import { CommanderError } from 'commander';
import { errorEntry, isErrorCode, PortwardenError } from '../domain/errors';
import { EXIT, exitCodeOf } from '../domain/exitCode';

/** An error that another process reported, with its own words. */
export class RemoteError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string | undefined,
  ) {
    super(message);
    this.name = 'RemoteError';
  }
}

/** What a command's failure prints and how the process ends. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/** What a command threw, for people: code, message and what to do. Stack traces are for bugs only. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  if (error instanceof RemoteError) {
    const text = lines(error.code, error.message, error.remedy);
    return { text, exitCode: isErrorCode(error.code) ? exitCodeOf(error.code) : EXIT.failed };
  }
  if (error instanceof PortwardenError) {
    return { text: lines(error.code, error.message, errorEntry(error.code).remedy), exitCode: exitCodeOf(error.code) };
  }
  const shown = types.isNativeError(error) ? (error.stack ?? error.message) : String(error);
  return { text: lines('internal', shown, errorEntry('internal').remedy), exitCode: EXIT.failed };
}

function lines(code: string, message: string, remedy: string | undefined): string {
  return [`error ${code}: ${message}`, ...(remedy === undefined ? [] : [`  what to do: ${remedy}`]), ''].join('\n');
}
