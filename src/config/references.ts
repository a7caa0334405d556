import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isCertificate } from '../primitives/configuration/certificate';
import { fileErrorCode, type Environment, type Role } from '../primitives/configuration/environment';
import { pathText, type PathSegment, type Problem } from '../primitives/configuration/problem';
import { Secret } from '../primitives/secret';
import { NAMED_SECTIONS } from './schema';

/** An option that names a variable with a secret, such as `tokenEnv`. */
const NAMES_VARIABLE = /Env$/;
/** An option that names a file, such as `keyFile`; some must hold a certificate. */
const NAMES_FILE = /(?:File|^ca)$/;
const NAMES_CERTIFICATE = /^(?:ca|certificateFile)$/;

/** What the file's options refer to: variables and files, read once, with what was wrong about them. */
export interface References {
  readonly problems: readonly Problem[];
  /** The secret that the option at this path names; `missing` when this role does not read it. */
  secret(path: readonly PathSegment[], name: string): Secret;
  /** The text of the file that the option at this path names; undefined when this role does not read it. */
  file(path: readonly PathSegment[]): string | undefined;
}

/**
 * Reads every variable and file that the configuration names. Works on data that may still break the schema, so
 * that one start reports all problems. A role reads only what its sections need: the API knows no password of a switch.
 */
export function readReferences(
  data: unknown,
  from: {
    readonly role: Role;
    readonly env: Environment;
    readonly directory: string;
    readonly locate: (path: readonly PathSegment[]) => string;
  },
): References {
  const problems: Problem[] = [];
  const secrets = new Map<string, Secret>();
  const files = new Map<string, string>();

  const visit = (value: unknown, path: readonly PathSegment[]): void => {
    if (path.length === 1 && !isReadBy(String(path[0]), from.role)) return;
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    const option = path.at(-1);
    if (typeof value !== 'string' || value === '' || typeof option !== 'string') return;
    const problem = (rule: string): void =>
      void problems.push({ where: from.locate(path), path: pathText(path), rule });
    if (NAMES_VARIABLE.test(option) && /^[A-Z_][A-Z0-9_]*$/.test(value)) {
      const secret = from.env.secret(value);
      if (secret === undefined) problem(`names the environment variable ${value}, which is not set`);
      else secrets.set(pathText(path), secret);
    }
    if (NAMES_FILE.test(option)) {
      try {
        const text = readFileSync(resolve(from.directory, value), 'utf8');
        if (NAMES_CERTIFICATE.test(option) && !isCertificate(text))
          problem('names a file that holds no PEM certificate');
        else files.set(pathText(path), text);
      } catch (error) {
        problem(`names a file that cannot be read (${fileErrorCode(error)}): ${resolve(from.directory, value)}`);
      }
    }
  };
  visit(data, []);
  return {
    problems,
    secret: (path, name) => secrets.get(pathText(path)) ?? Secret.missing(name),
    file: (path) => files.get(pathText(path)),
  };
}

/** Whether a role reads the secrets and files that a section names. */
function isReadBy(section: string, role: Role): boolean {
  const roles = NAMED_SECTIONS.find(([name]) => name === section)?.[1].roles;
  return roles === undefined || roles.includes(role);
}
