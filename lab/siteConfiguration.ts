import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { RunningCloud } from './neutron/cloud';
import type { LabIdentity } from './proxmox/certificates';
import type { Scenario } from './scenarios/scenario';
import { LAB_SECRETS } from './world';

/** Where the parts of a world are reached, whichever process they run in. */
export interface ReachedWorld {
  readonly scenario: Scenario;
  readonly panel: { readonly url: string };
  readonly clusters: ReadonlyMap<
    string,
    { readonly urls: readonly string[]; readonly identity: Pick<LabIdentity, 'caPem'> | undefined }
  >;
  readonly switches: ReadonlyMap<number, { readonly port: number; readonly hostKeyFingerprint: string }>;
  readonly cloud: Pick<RunningCloud, 'section' | 'cloudsYaml'> | undefined;
}

/** What a site's configuration may say beyond what the lab itself needs; merged over it, section by section. */
export type SiteOverrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A site as an operator sets it up: a folder with portwarden.yaml, and the secrets in the environment. */
export interface Site {
  readonly directory: string;
  readonly configurationFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Writes the portwarden.yaml for a lab world into a folder. */
export function writeSite(world: ReachedWorld, directory: string, overrides: SiteOverrides = {}): Site {
  const sections: Record<string, Record<string, unknown>> = {
    api: { host: '127.0.0.1', port: 0 },
    panel: { url: world.panel.url },
    proxmox: {
      watch: { intervalSeconds: 0, graceSeconds: 0 },
      clusters: world.scenario.proxmox.map((cluster) => clusterSection(world, directory, cluster.name)),
    },
    vlans: { allowlist: '13,100,200', nameTemplate: 'VLAN.{id}' },
    switches: {
      defaults: { confirmedCommit: 'never' },
      overrides: Object.fromEntries(
        [...world.switches].map(([id, simulated]) => [
          String(id),
          { port: simulated.port, hostKeys: [simulated.hostKeyFingerprint] },
        ]),
      ),
    },
    temporal: { port: 0, uiPort: 0 },
    store: { directory: './data' },
    ...(world.cloud === undefined ? {} : { openstack: { ...world.cloud.section } }),
  };
  const cloudsFile = join(directory, 'clouds.yaml');
  if (world.cloud !== undefined) writeFileSync(cloudsFile, world.cloud.cloudsYaml, { mode: 0o600 });
  for (const [name, section] of Object.entries(overrides)) sections[name] = { ...sections[name], ...section };
  const configurationFile = join(directory, 'portwarden.yaml');
  writeFileSync(configurationFile, stringify(sections));
  return {
    directory,
    configurationFile,
    environment: {
      PORTWARDEN_CONFIG: configurationFile,
      PORT_SECURITY_EVENT_API_BEARER_TOKEN: LAB_SECRETS.bearerToken,
      TENANTOS_API_KEY: LAB_SECRETS.apiKey,
      PROXMOX_LAB_TOKEN: LAB_SECRETS.proxmoxToken,
      PROXMOX_LAB_FILTER_TOKEN: LAB_SECRETS.proxmoxFilterToken,
      ...(world.cloud === undefined ? {} : { OS_CLIENT_CONFIG_FILE: cloudsFile }),
    },
  };
}

function clusterSection(world: ReachedWorld, directory: string, name: string): Record<string, unknown> {
  const cluster = world.clusters.get(name);
  const provider = world.scenario.panel.externalProviders.find((candidate) => candidate.name === name);
  if (cluster === undefined || provider === undefined)
    throw new Error(`the scenario has no hypervisor ${name} in its panel`);
  const ca = join(directory, `${name}-ca.pem`);
  if (cluster.identity !== undefined) writeFileSync(ca, cluster.identity.caPem);
  return {
    name,
    panelProviderId: provider.id,
    hosts: cluster.urls,
    tokenEnv: 'PROXMOX_LAB_TOKEN',
    ...(cluster.identity === undefined ? {} : { ca }),
  };
}
