import type { Given } from '../form/given';
import type { Names } from './names';

type Sections = Readonly<Record<string, unknown>>;

/** What a scenario has to say about portwarden.yaml. */
export interface OwnSettings {
  readonly configuration?: Readonly<Record<string, Sections>>;
  /** Further keys of a cluster's entry, by its name. */
  readonly hypervisor?: Readonly<Record<string, Sections>>;
  /** Further keys of a switch' entry under `switches.overrides`. */
  readonly switches?: Readonly<Record<string, Sections>>;
}

/** The settings of one scenario with the names to read them by. */
export interface NamedSettings {
  readonly title: string;
  readonly names: Names;
  readonly own: OwnSettings;
}

export function settingsOf(given: Given): OwnSettings {
  const ofThings = (things: Readonly<Record<string, { readonly settings?: Sections }>>): Record<string, Sections> =>
    Object.fromEntries(
      Object.entries(things).flatMap(([name, { settings }]) => (settings === undefined ? [] : [[name, settings]])),
    );
  return {
    configuration: given.configuration,
    hypervisor: ofThings(given.hypervisor),
    switches: ofThings(given.switches),
  };
}

/**
 * The one file for all: the site's own sections and what each scenario adds to them. @throws where two of them set the
 * same key differently.
 */
export function joinSettings(site: Sections, scenarios: readonly NamedSettings[]): Sections {
  return scenarios.reduce<Sections>((file, { title, names, own }) => {
    const clusters = new Map(Object.entries(own.hypervisor ?? {}).map(([name, keys]) => [names.text(name), keys]));
    const proxmox = (file['proxmox'] ?? {}) as {
      readonly clusters?: readonly (Sections & { readonly name: string })[];
    };
    const withClusters = {
      ...file,
      proxmox: {
        ...proxmox,
        clusters: (proxmox.clusters ?? []).map((cluster) =>
          merge(cluster, names.toWorld(clusters.get(cluster.name) ?? {}), `${title}: cluster`),
        ),
      },
    };
    const overrides = Object.fromEntries(
      Object.entries(own.switches ?? {}).map(([name, keys]) => [String(names.id('switch', name)), names.toWorld(keys)]),
    );
    return merge(
      merge(withClusters, { switches: { overrides } }, title),
      names.toWorld(own.configuration ?? {}),
      title,
    );
  }, site);
}

function merge(into: Sections, more: Sections, where: string): Sections {
  const merged: Record<string, unknown> = { ...into };
  for (const [key, value] of Object.entries(more)) {
    const before = merged[key];
    if (before === undefined) merged[key] = value;
    else if (Array.isArray(before) && Array.isArray(value))
      merged[key] = [...(before as unknown[]), ...(value as unknown[])];
    else if (isSection(before) && isSection(value)) merged[key] = merge(before, value, `${where} ${key}`);
    else if (before !== value)
      throw new Error(
        `${where} ${key}: is ${JSON.stringify(before)} for all scenarios already; say \`alone: true\` and set it in a step \`configure\``,
      );
  }
  return merged;
}

/** The same, but what is said later counts: for a scenario that runs alone. */
export function overrideSettings(site: Sections, more: Sections): Sections {
  const merged: Record<string, unknown> = { ...site };
  for (const [key, value] of Object.entries(more)) {
    const before = merged[key];
    merged[key] = isSection(before) && isSection(value) ? overrideSettings(before, value) : value;
  }
  return merged;
}

function isSection(value: unknown): value is Sections {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
