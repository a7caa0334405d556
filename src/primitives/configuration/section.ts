import type { z } from 'zod';
import type { Secret } from '../secret';
import type { Environment, Role, Variable } from './environment';
import type { PathSegment, Problem } from './problem';

/** What a section is put together with. Paths start at the section. */
export interface SectionContext {
  readonly role: Role;
  /** The folder of the configuration file. */
  readonly directory: string;
  /** The secret in the variable that the option at this path names; missing when this role does not read it. */
  readonly secret: (path: readonly PathSegment[], name: string) => Secret;
  /** The text of the file that the option at this path names; undefined when this role does not read it. */
  readonly file: (path: readonly PathSegment[]) => string | undefined;
  /** Where the option at this path stands: `portwarden.yaml:12:5`. */
  readonly where: (path: readonly PathSegment[]) => string;
  /** Reports what is wrong beyond the single option's rule. */
  readonly problem: (path: readonly PathSegment[], rule: string) => void;
  /** Reports what is wrong in another file that this one relies on; `where` is a place in that. */
  readonly problemElsewhere: (problem: Problem) => void;
  /** Reports a risky or doubtful setting, in one sentence that names the option. */
  readonly warn: (sentence: string) => void;
}

/** A part of the configuration: its shape in the file with the documentation of each option, and what becomes of it. */
export interface Section<Settings> {
  readonly schema: z.ZodType;
  /** The variables that it reads besides those that the file names. */
  readonly variables: readonly Variable[];
  /** The roles that read the secrets and files that it names. Absent: every role. */
  readonly roles?: readonly Role[];
  /** Reads the variables, whatever the file says; the result puts the section together once the file fits the schema. */
  readonly read: (environment: Environment, role: Role) => (file: unknown, context: SectionContext) => Settings;
}

/** The parts of a section, by their exact types. */
export interface SectionParts<Schema extends z.ZodType, Variables, Settings> {
  readonly schema: Schema;
  readonly variables?: readonly Variable[];
  readonly roles?: readonly Role[];
  readonly readVariables: (environment: Environment, role: Role) => Variables;
  readonly build: (file: z.output<Schema>, variables: Variables, context: SectionContext) => Settings;
}

/** A section from its parts. */
export function defineSection<Schema extends z.ZodType, Variables, Settings>(
  parts: SectionParts<Schema, Variables, Settings>,
): Section<Settings> {
  const { schema, variables = [], roles, readVariables, build } = parts;
  return {
    schema,
    variables,
    ...(roles === undefined ? {} : { roles }),
    read: (environment, role) => {
      const values = readVariables(environment, role);
      // The file was parsed by the schema that the section gave: its part is that schema's output.
      return (file, context) => build(file as z.output<Schema>, values, context);
    },
  };
}

/** For a section without variables of its own. */
export const noVariables = (): undefined => undefined;

/** The roles that read panel, hypervisors and devices themselves. */
export const ROLES_WITH_SOURCES: readonly Role[] = ['all', 'worker', 'doctor'];
