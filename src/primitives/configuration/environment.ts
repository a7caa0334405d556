import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from './problem';
import { Secret } from '../secret';

/**
 * What a process is started as: everything in one, one of the halves, a command that reads sources and switches
 * itself (`doctor`), or one that only talks to the running halves (`client`).
 */
export type Role = 'all' | 'api' | 'worker' | 'doctor' | 'client';

/** A variable that portwarden reads besides those that the file names itself. */
export interface Variable {
  readonly name: string;
  /** Roles that do not start without it. */
  readonly requiredFor: readonly Role[];
  readonly secret: boolean;
  readonly meaning: string;
}

/** Reads variables. A secret may also come from the file that `<NAME>_FILE` names, as container platforms mount them. */
export class Environment {
  readonly problems: Problem[] = [];

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    /** Relative file names of variables start here. */
    readonly cwd: string,
  ) {}

  /** Notes a problem of a variable. */
  problem(name: string, rule: string): void {
    this.problems.push({ where: 'environment', path: name, rule });
  }

  /** A plain variable; blank counts as absent. */
  text(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  /** A secret by its variable's name; undefined when neither it nor its `_FILE` is set. */
  secret(name: string): Secret | undefined {
    const direct = this.env[name];
    if (direct !== undefined && direct.trim() !== '') return new Secret(direct.trim(), name);
    const file = this.text(`${name}_FILE`);
    if (file === undefined) return undefined;
    try {
      const value = readFileSync(resolve(this.cwd, file), 'utf8').trim();
      if (value !== '') return new Secret(value, name);
      this.problem(`${name}_FILE`, 'names an empty file');
    } catch (error) {
      this.problem(`${name}_FILE`, `names a file that cannot be read (${fileErrorCode(error)})`);
    }
    return Secret.missing(name);
  }

  /** A secret that this role may require; its value must keep the rule. */
  requiredSecret(
    { name, requiredFor }: Variable,
    role: Role,
    rule: { readonly holds: (value: string) => boolean; readonly text: string },
  ): Secret {
    const before = this.problems.length;
    const secret = this.secret(name);
    if (secret === undefined) {
      if (requiredFor.includes(role)) this.problem(name, `is required: set it, or ${name}_FILE`);
      return Secret.missing(name);
    }
    if (this.problems.length === before && !rule.holds(secret.reveal())) this.problem(name, rule.text);
    return secret;
  }
}

/** `ENOENT` and the like; never the message, which may repeat a path given by mistake. */
export function fileErrorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}
