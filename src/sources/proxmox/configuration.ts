import { z } from 'zod';
import { parseVlanId, type VlanId } from '../../domain/values/vlan';
import {
  filePath,
  parsedText,
  parseServiceUrl,
  seconds,
  variableName,
  whole,
} from '../../primitives/configuration/fields';
import {
  defineSection,
  noVariables,
  ROLES_WITH_SOURCES,
  type SectionContext,
} from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';
import type { PanelEntryName } from '../hypervisorSource';
import { nodesOption, uplinksOption, UplinkSections, type ConfiguredUplink } from './uplinkConfiguration';

/** How to reach one Proxmox cluster, and where its nodes are plugged in. */
export interface ProxmoxClusterSettings {
  readonly name: string;
  /** Absent: the panel's provider is found by the host of its address. */
  readonly panelProviderId?: number;
  /** Base addresses without a trailing slash, in the order to try. */
  readonly hosts: readonly string[];
  /** `USER@REALM!TOKENID=UUID`. */
  readonly token: Secret;
  /** PEM text of the CA. */
  readonly ca?: string;
  /** SHA-256 certificate fingerprints, `AA:BB:…`, upper case. */
  readonly fingerprints: readonly string[];
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly nativeVlan?: VlanId;
  /** By node name. Port names are as configured, perhaps without a unit. */
  readonly uplinks: ReadonlyMap<string, readonly ConfiguredUplink[]>;
  /** By node name: which entry of the panel is the node itself. */
  readonly panelEntries: ReadonlyMap<string, PanelEntryName>;
}

/** How clusters are watched. */
export interface WatchSettings {
  /** From one look at a cluster to the next; 0: none is watched. */
  readonly intervalMs: number;
  /** Configurations of guests that one look reads, in turn. */
  readonly configurations: number;
  /** How long the bindings of a guest stay at the uplink that it has left. */
  readonly graceMs: number;
}

/** The section `proxmox` of the configuration. */
export interface ProxmoxSettings {
  readonly clusters: readonly ProxmoxClusterSettings[];
  readonly watch: WatchSettings;
}

const cluster = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
        error: 'must be a name of letters, digits, dots, hyphens and underscores',
      })
      .meta({ description: 'Name of the cluster in logs, metrics and stored placements. Do not rename it.' }),
    panelProviderId: whole(1, 2_147_483_647, {
      description: "The panel's id of this hypervisor (`GET /api/externalProviders`).",
      whenAbsent: 'found by the host of its address',
    }).optional(),
    hosts: z
      .array(parsedText(parseServiceUrl, { description: 'Base address of one API host.' }))
      .min(1, { error: 'must name at least one API host' })
      .meta({ description: 'API hosts of the cluster, tried in this order, such as `https://pve1.example.com:8006`.' }),
    tokenEnv: variableName('Environment variable with the API token: `USER@REALM!TOKENID=UUID`.'),
    ca: filePath({
      description: "PEM file with the cluster's CA (`/etc/pve/pve-root-ca.pem`).",
      whenAbsent: 'the public CAs of Node',
    }).optional(),
    fingerprints: z
      .array(parsedText(parseCertificateFingerprint, { description: "SHA-256 of a host's certificate, `AA:BB:…`." }))
      .prefault([])
      .meta({
        description:
          'Pinned host certificates, SHA-256, `AA:BB:…`. With `ca`, both must hold; without it, the pin replaces the CA.',
      }),
    timeoutSeconds: seconds(1, 300, 'Longest wait for one answer of the cluster.').default(15),
    concurrency: whole(1, 64, { description: 'Requests sent to the cluster at the same time.' }).default(4),
    nativeVlan: whole(1, 4094, {
      description: 'Native VLAN of the uplinks, for untagged NICs.',
      whenAbsent: 'untagged NICs resolve no VLAN',
    }).optional(),
    uplinks: uplinksOption,
    nodes: nodesOption,
  })
  .meta({ description: 'One Proxmox VE cluster.' });

const schema = z
  .strictObject({
    clusters: z.array(cluster).default([]).meta({ description: 'The Proxmox VE clusters whose VMs are automated.' }),
    watch: z
      .strictObject({
        intervalSeconds: seconds(0, 3600, 'From one look at a cluster to the next; 0 watches none.').default(10),
        configurations: whole(0, 500, {
          description: 'Configurations of guests that each look reads in turn, to find edits of MAC, tag and bridge.',
          unit: 'guests',
        }).default(20),
        graceSeconds: seconds(
          0,
          3600,
          'How long the bindings of a guest stay at the uplink that it has left, once they are proven at the new one.',
        ).default(30),
      })
      .prefault({})
      .meta({ description: 'How moves, restarts and edits of guests are noticed that nobody tells of.' }),
  })
  .meta({ description: 'Where virtual machines run.' });

type File = z.output<typeof schema>;

/** The section `proxmox`. */
export const proxmoxSection = defineSection({
  schema: schema.prefault({}),
  roles: ROLES_WITH_SOURCES,
  readVariables: noVariables,
  build: (file, _variables, context): ProxmoxSettings => ({
    clusters: buildClusters(file, context),
    watch: {
      intervalMs: file.watch.intervalSeconds * 1000,
      configurations: file.watch.configurations,
      graceMs: file.watch.graceSeconds * 1000,
    },
  }),
});

function buildClusters(file: File, context: SectionContext): readonly ProxmoxClusterSettings[] {
  const names = new Set<string>();
  const providers = new Set<number>();
  const uplinkSections = new UplinkSections(context);
  return file.clusters.map((cluster, index) => {
    const path = ['clusters', index];
    if (names.has(cluster.name)) context.problem([...path, 'name'], 'is the name of an earlier cluster');
    names.add(cluster.name);
    if (cluster.panelProviderId !== undefined) {
      if (providers.has(cluster.panelProviderId))
        context.problem([...path, 'panelProviderId'], 'is the provider id of an earlier cluster');
      providers.add(cluster.panelProviderId);
    }
    const token = context.secret([...path, 'tokenEnv'], cluster.tokenEnv);
    if (token.present && !/^[^\s@!=]+@[^\s@!=]+![^\s@!=]+=\S+$/.test(token.reveal())) {
      context.problem([...path, 'tokenEnv'], `names ${cluster.tokenEnv}, whose value must be USER@REALM!TOKENID=UUID`);
    }
    if (
      cluster.ca === undefined &&
      cluster.fingerprints.length === 0 &&
      cluster.hosts.some((host) => host.startsWith('https:'))
    ) {
      context.warn(
        `proxmox.clusters[${index}] (${cluster.name}) has neither ca nor fingerprints: only certificates of public CAs are accepted`,
      );
    }
    const ca = context.file([...path, 'ca']);
    return {
      name: cluster.name,
      hosts: cluster.hosts,
      token,
      fingerprints: cluster.fingerprints,
      timeoutMs: cluster.timeoutSeconds * 1000,
      concurrency: cluster.concurrency,
      uplinks: uplinkSections.uplinks(cluster, path),
      panelEntries: uplinkSections.panelEntries(cluster, path),
      ...(cluster.panelProviderId === undefined ? {} : { panelProviderId: cluster.panelProviderId }),
      ...(ca === undefined ? {} : { ca }),
      ...(cluster.nativeVlan === undefined ? {} : { nativeVlan: parseVlanId(cluster.nativeVlan) }),
    };
  });
}

/** Reads a SHA-256 certificate fingerprint into the form of Node's TLS (`AA:BB:…`). @throws RangeError. */
function parseCertificateFingerprint(text: string): string {
  const digits = text
    .trim()
    .toUpperCase()
    .replace(/^SHA-?256[:=]\s*/, '')
    .replaceAll(':', '');
  if (!/^[0-9A-F]{64}$/.test(digits)) {
    throw new RangeError('must be a SHA-256 certificate fingerprint: 32 bytes in hexadecimal, AA:BB:…');
  }
  return (digits.match(/../g) ?? []).join(':');
}
