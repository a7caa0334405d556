import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from './problems';
import { Secret } from '../primitives/secret';

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

/** Every fixed variable, in the order of the documentation. */
export const VARIABLES: readonly Variable[] = [
  {
    name: 'PORTWARDEN_CONFIG',
    requiredFor: [],
    secret: false,
    meaning: 'Path of the configuration file. Default: `./portwarden.yaml`.',
  },
  {
    name: 'PORT_SECURITY_EVENT_API_BEARER_TOKEN',
    requiredFor: ['all', 'api'],
    secret: true,
    meaning:
      "Bearer token of the webhook and the API: at least 16 printable ASCII characters without spaces. The same value is set on the panel's side.",
  },
  {
    name: 'TENANTOS_API_KEY',
    requiredFor: ['all', 'worker', 'doctor'],
    secret: true,
    meaning: 'API key of the panel.',
  },
  {
    name: 'DATABASE_URL',
    requiredFor: [],
    secret: true,
    meaning:
      '`postgresql://…` of a PostgreSQL server. Absent: the embedded store in `store.directory`, which one process at a time may use.',
  },
  {
    name: 'TEMPORAL_ADDRESS',
    requiredFor: [],
    secret: false,
    meaning:
      '`host:port` of a Temporal server; wins over `temporal.address`. Processes started with `npm run api` or `npm run worker` need one of the two.',
  },
  {
    name: 'PORTWARDEN_ACCEPT_LOSS',
    requiredFor: [],
    secret: false,
    meaning:
      'Ids, as `store-lost` and `temporal-lost` name them, that the next start goes on without; for containers. Elsewhere `portwarden store accept-loss` does it.',
  },
  {
    name: 'TEMPORAL_API_KEY',
    requiredFor: [],
    secret: true,
    meaning: 'API key for a Temporal server that asks for one.',
  },
];

/** Reads variables. A secret may also come from the file that `<NAME>_FILE` names, as container platforms mount them. */
export class Environment {
  readonly problems: Problem[] = [];

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly cwd: string,
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
    name: string,
    role: Role,
    rule: { readonly holds: (value: string) => boolean; readonly text: string },
  ): Secret {
    const needed = VARIABLES.some((variable) => variable.name === name && variable.requiredFor.includes(role));
    const before = this.problems.length;
    const secret = this.secret(name);
    if (secret === undefined) {
      if (needed) this.problem(name, `is required: set it, or ${name}_FILE`);
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
