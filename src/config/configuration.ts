import type { Role } from '../primitives/configuration/environment';
import type { Settings } from './schema';

/** The whole configuration of a process: file and environment, validated, files read, times in milliseconds. */
export interface Configuration extends Settings {
  readonly role: Role;
  /** Absolute path of the file it was read from. */
  readonly file: string;
  /** Risky or doubtful settings, one readable sentence each. */
  readonly warnings: readonly string[];
}
