import { disputedSwitches } from '../devices/panelSwitches';
import { namedClusters } from '../devices/registry';
import type { Environment, Role } from '../primitives/configuration/environment';
import { pathText, type PathSegment, type Problem } from '../primitives/configuration/problem';
import type { SectionContext } from '../primitives/configuration/section';
import type { Configuration } from './configuration';
import type { References } from './references';
import { NAMED_SECTIONS, type Settings } from './schema';

/** The sections with their variables read, ready to be put together. */
export type ReadSections = readonly (readonly [string, (file: unknown, context: SectionContext) => unknown])[];

/** Reads and checks the fixed variables, whatever the file says. */
export function readSections(environment: Environment, role: Role): ReadSections {
  return NAMED_SECTIONS.map(([name, section]) => [name, section.read(environment, role)]);
}

/**
 * Puts the process's configuration together: domain types, milliseconds, secrets, file contents, cross-checks.
 * What is wrong goes into `problems`; then the configuration must not be used.
 * @param file what the file says, as the schema gives it.
 */
export function buildConfiguration(
  file: Readonly<Record<string, unknown>>,
  sections: ReadSections,
  from: {
    readonly role: Role;
    readonly file: string;
    readonly directory: string;
    readonly references: References;
    readonly locate: (path: readonly PathSegment[]) => string;
  },
): { readonly configuration: Configuration; readonly problems: readonly Problem[] } {
  const { role, directory, references } = from;
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const problem = (path: readonly PathSegment[], rule: string): void => {
    problems.push({ where: from.locate(path), path: pathText(path), rule });
  };
  const settings = sections.map(([name, build]) => {
    const context: SectionContext = {
      role,
      directory,
      secret: (path, variable) => references.secret([name, ...path], variable),
      file: (path) => references.file([name, ...path]),
      where: (path) => from.locate([name, ...path]),
      problem: (path, rule) => {
        problem([name, ...path], rule);
      },
      problemElsewhere: (found) => problems.push(found),
      warn: (sentence) => warnings.push(sentence),
    };
    return [name, build(file[name], context)];
  });
  // Each section built its own settings under its own name: this is the type that the list of sections says.
  const built = Object.fromEntries(settings) as Settings;
  const configuration: Configuration = { role, file: from.file, warnings, ...built };
  checkTogether(configuration, problem);
  return { configuration, problems };
}

/** What concerns several sections. */
function checkTogether(
  configuration: Configuration,
  problem: (path: readonly PathSegment[], rule: string) => void,
): void {
  const { role, metrics, api } = configuration;
  for (const { switchId, sections } of disputedSwitches(configuration))
    problem(
      [sections[0] ?? ''],
      `and ${sections.slice(1).join(', ')} both name switch ${switchId} of the panel: one of them can drive it`,
    );
  const clusters = configuration.proxmox.clusters.map(({ name }) => name);
  for (const { section, cluster, path } of namedClusters(configuration))
    if (!clusters.includes(cluster))
      problem(
        [section, ...path],
        `must name a cluster of proxmox.clusters; there are: ${clusters.join(', ') || 'none'}`,
      );
  const isUnreadable = metrics.workerPort !== undefined && metrics.access === 'token' && !api.bearerToken.present;
  if (role === 'worker' && isUnreadable)
    problem(
      ['metrics', 'workerPort'],
      'needs the variable PORT_SECURITY_EVENT_API_BEARER_TOKEN, or metrics.access loopback or open: nobody could read these metrics',
    );
}
