import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { portKey } from './model';
import { ALLOWED_VLANS, NODES, SPARE_UPLINK, SWITCHES } from './scenario';

/** What an operator may change in the configuration while the site runs, and what it means. */
export interface SiteSettings {
  readonly allowlist: readonly number[];
  /** Uplinks of nodes that the configuration names, as `SWITCH PORT`; of the others the panel says them. */
  readonly uplinks: Readonly<Partial<Record<string, readonly string[]>>>;
  /** The switches on which further addresses of dedicated servers get virtual MACs. */
  readonly virtualMacs: readonly number[];
}

export const FIRST_SETTINGS: SiteSettings = { allowlist: ALLOWED_VLANS, uplinks: {}, virtualMacs: [] };

const AE = (number: number): string => portKey(SWITCHES.uplinks, `ae${number}.0`);

/** Uplinks that an operator may configure: a LAG of two ports, another port, and two nodes whose ports were exchanged. */
export const OTHER_UPLINKS: readonly SiteSettings['uplinks'][] = [
  { pve1: [AE(0), SPARE_UPLINK] },
  { pve3: [SPARE_UPLINK] },
  { pve1: [AE(1)], pve2: [AE(0)] },
];

/** Allowlists that an operator may configure: one VLAN is gone, or the one is added that nobody was to use. */
export const OTHER_ALLOWLISTS: readonly (readonly number[])[] = [
  [13, 100],
  [100, 200],
  [13, 100, 200, 66],
];

/** The switch ports of a node's uplink. */
export function uplinkOf({ uplinks }: SiteSettings, node: string | undefined): readonly string[] {
  const index = NODES.findIndex((name) => name === node);
  return index < 0 ? [] : (uplinks[NODES[index] ?? ''] ?? [AE(index)]);
}

interface SiteFile {
  readonly vlans: Record<string, unknown>;
  readonly proxmox: { readonly clusters: readonly Record<string, unknown>[] };
  readonly switches: { readonly overrides: Record<string, Record<string, unknown>> };
}

/** Writes the settings into a site's configuration, as an operator edits the file. */
export function writeSettings(file: string, { allowlist, uplinks, virtualMacs }: SiteSettings): void {
  const site = parse(readFileSync(file, 'utf8')) as SiteFile;
  site.vlans['allowlist'] = allowlist.join(',');
  for (const cluster of site.proxmox.clusters)
    cluster['uplinks'] = Object.fromEntries(
      Object.entries(uplinks).map(([node, ports = []]) => [node, [{ ports: ports.map(shownPort) }]]),
    );
  for (const [id, options] of Object.entries(site.switches.overrides))
    options['additionalAddresses'] = virtualMacs.includes(Number(id)) ? 'virtual-mac' : 'same-mac';
  writeFileSync(file, stringify(site));
}

function shownPort(key: string): { readonly switch: number; readonly port: string } {
  const [id = '', port = ''] = key.split(' ');
  return { switch: Number(id), port: port.replace(/\.0$/, '') };
}
