import { deviceRefusal } from '../devices/configuredDevice';
import { disputedSwitches } from '../devices/panelSwitches';
import { namedClusters } from '../devices/registry';
import type { DeviceId } from '../domain/values/device';
import type { SiteName } from '../domain/values/scope';
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
  checkDevices(configuration, problem);
  const isUnreadable = metrics.workerPort !== undefined && metrics.access === 'token' && !api.bearerToken.present;
  if (role === 'worker' && isUnreadable)
    problem(
      ['metrics', 'workerPort'],
      'needs the variable PORT_SECURITY_EVENT_API_BEARER_TOKEN, or metrics.access loopback or open: nobody could read these metrics',
    );
}

/** Devices and sites that sections name besides those that they define. */
function checkDevices(
  configuration: Configuration,
  problem: (path: readonly PathSegment[], rule: string) => void,
): void {
  const { sites, changeWindows, reconcile, notifications } = configuration;
  const check = (devices: readonly DeviceId[], path: readonly PathSegment[]): void => {
    for (const [index, device] of devices.entries()) {
      const refusal = deviceRefusal(device, configuration);
      if (refusal !== undefined) problem([...path, 'devices', index], refusal);
    }
  };
  for (const [site, devices] of sites) check(devices, ['sites', site]);
  for (const device of reconcile.devices.keys()) {
    const refusal = deviceRefusal(device, configuration);
    if (refusal !== undefined) problem(['reconcile', 'devices', device], refusal);
  }
  const checkScope = (
    one: { readonly devices: readonly DeviceId[]; readonly sites: readonly SiteName[] },
    path: readonly PathSegment[],
  ): void => {
    check(one.devices, path);
    for (const [place, site] of one.sites.entries())
      if (!sites.has(site))
        problem(
          [...path, 'sites', place],
          `must name a site of the section sites; there are: ${[...sites.keys()].join(', ') || 'none'}`,
        );
  };
  for (const list of ['windows', 'freezes'] as const)
    for (const [index, one] of changeWindows[list].entries()) checkScope(one, ['changeWindows', list, index]);
  for (const [index, one] of notifications.endpoints.entries()) checkScope(one, ['notifications', 'endpoints', index]);
}
