import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileErrorCode, type Environment, type Role } from './environment';
import { pathText, type PathSegment, type Problem } from './problems';
import { Secret } from '../primitives/secret';

const VARIABLE_OPTIONS = new Set(['tokenEnv', 'passwordEnv', 'passphraseEnv']);
const CERTIFICATE_OPTIONS = new Set(['ca', 'certificateFile']);
const FILE_OPTIONS = new Set(['privateKeyFile', 'keyFile', ...CERTIFICATE_OPTIONS]);

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
 * that one start reports all problems. The API and plain clients read only what the Temporal connection needs.
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
    if (path.length === 1 && path[0] !== 'temporal' && (from.role === 'api' || from.role === 'client')) return;
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    const option = path.at(-1);
    if (typeof value !== 'string' || value === '' || typeof option !== 'string') return;
    const problem = (rule: string): void =>
      void problems.push({ where: from.locate(path), path: pathText(path), rule });
    if (VARIABLE_OPTIONS.has(option) && /^[A-Z_][A-Z0-9_]*$/.test(value)) {
      const secret = from.env.secret(value);
      if (secret === undefined) problem(`names the environment variable ${value}, which is not set`);
      else secrets.set(pathText(path), secret);
    }
    if (FILE_OPTIONS.has(option)) {
      try {
        const text = readFileSync(resolve(from.directory, value), 'utf8');
        if (CERTIFICATE_OPTIONS.has(option) && !isCertificate(text))
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

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}
