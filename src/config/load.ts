import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Environment, fileErrorCode, type Role } from '../primitives/configuration/environment';
import { buildConfiguration, readSections } from './build';
import type { Configuration } from './configuration';
import { readDocument, shownName } from '../primitives/configuration/document';
import { configurationError, problemsOf, ruleOf } from './problems';
import { readReferences } from './references';
import { configurationSchema } from './schema';

/** Where a configuration is loaded from. Everything has a default taken from the process. */
export interface LoadOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Relative file names of variables start here, and `portwarden.yaml` is looked for here. */
  readonly cwd?: string;
  /** Decides which secrets must be there. Default `all`. */
  readonly role?: Role;
  /** The file, instead of PORTWARDEN_CONFIG or ./portwarden.yaml. */
  readonly file?: string;
}

/**
 * Loads and checks the configuration: the file and the environment.
 * @throws PortwardenError `invalid-configuration` listing every problem with file, line, option and rule; no
 *   value of an option or variable is ever repeated.
 */
export function loadConfiguration(options: LoadOptions = {}): Configuration {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? process.env;
  const named = options.file ?? (env['PORTWARDEN_CONFIG']?.trim() || undefined);
  const file = resolve(cwd, named ?? 'portwarden.yaml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const rule =
      named === undefined
        ? `is not there: copy portwarden.example.yaml to ${file} and edit it, or name another file by PORTWARDEN_CONFIG`
        : `cannot be read (${fileErrorCode(error)})`;
    throw configurationError([{ where: shownName(file, cwd), path: '', rule }]);
  }
  return parseConfiguration(text, { file, cwd, env, role: options.role ?? 'all' });
}

/** Like {@link loadConfiguration} for a text that was already read; `file` gives names and the base of relative paths. */
export function parseConfiguration(
  text: string,
  from: { readonly file: string; readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly role: Role },
): Configuration {
  const directory = dirname(from.file);
  const environment = new Environment(from.env, from.cwd);
  const sections = readSections(environment, from.role);
  const document = readDocument(text, shownName(from.file, from.cwd));
  if (document.problems.length > 0) throw configurationError([...document.problems, ...environment.problems]);

  const { locate } = document;
  const references = readReferences(document.data, { role: from.role, env: environment, directory, locate });
  const parsed = configurationSchema.safeParse(document.data, { error: ruleOf });
  const built = parsed.success
    ? buildConfiguration(parsed.data, sections, { role: from.role, file: from.file, directory, references, locate })
    : undefined;
  const fromSchema = parsed.error?.issues.flatMap((issue) => problemsOf(issue, locate)) ?? [];
  const problems = [...fromSchema, ...references.problems, ...(built?.problems ?? []), ...environment.problems];
  if (problems.length > 0 || built === undefined) throw configurationError(problems);
  return built.configuration;
}
