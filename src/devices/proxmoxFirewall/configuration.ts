import { z } from 'zod';
import { variableName } from '../../primitives/configuration/fields';
import { defineSection, noVariables, ROLES_WITH_SOURCES } from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';
import type { NamedCluster } from '../driver';
import { DEFAULT_FILTER_SETTINGS, type FilterSettings } from './settings';

/** One cluster whose guests are filtered. */
export interface FilteredCluster {
  /** Its name under `proxmox.clusters`: the part of the device's id after the colon. */
  readonly cluster: string;
  /** Absent: that of the cluster. `USER@REALM!TOKENID=UUID`. */
  readonly token?: Secret;
  readonly filters: FilterSettings;
}

/** The section `proxmoxFirewall`. */
export interface ProxmoxFirewallSettings {
  readonly clusters: readonly FilteredCluster[];
}

const switchOn = z
  .strictObject({
    nicFirewall: z.boolean().default(false).meta({
      description:
        '`firewall=1` of a NIC that has a filter, when nothing behind it is in doubt and the input policy of its guest is ACCEPT. Proxmox plugs the NIC anew: a short loss. The token needs `SDN.Use` on the bridge.',
    }),
    macFilter: z
      .boolean()
      .default(false)
      .meta({ description: 'The option *MAC filter* of the guest, where somebody switched it off.' }),
    ipFilter: z.boolean().default(false).meta({
      description:
        'The option *IP filter* of the guest, once each of its NICs with `firewall=1` has a filter that is not empty: one that comes later without any is cut off. Policies cannot switch port security off then.',
    }),
  })
  .prefault({})
  .meta({
    description:
      'What is switched on where it is off, besides filters. Never switched off again; `enable`, policies and rules of firewalls are never written.',
  });

const schema = z
  .strictObject({
    clusters: z
      .array(
        z
          .strictObject({
            cluster: z
              .string()
              .min(1, { error: 'must not be empty' })
              .meta({ description: 'Name of a cluster under `proxmox.clusters`; its hosts, CA and limits are used.' }),
            tokenEnv: variableName(
              'Environment variable with an API token that may change filters (`VM.Config.Network`): `USER@REALM!TOKENID=UUID`.',
            )
              .optional()
              .meta({
                description:
                  'Environment variable with an API token that may change filters (`VM.Config.Network`): `USER@REALM!TOKENID=UUID`.',
                whenAbsent: 'the token of the cluster',
              }),
            onlyPreview: z.boolean().default(DEFAULT_FILTER_SETTINGS.onlyPreview).meta({
              description:
                'Whether filters are only shown: `portwarden preview proxmoxFirewall:<cluster>` says what would be done with every guest, and nothing is written.',
            }),
            switchOn,
            panelManagesFirewalls: z.boolean().default(DEFAULT_FILTER_SETTINGS.panelManagesFirewalls).meta({
              description:
                'Whether the panel manages the firewalls of guests (Tenantos: *Enable Firewall Management (Proxmox)*): then nothing but the members of `ipfilter-netN` is changed, and policies cannot switch port security off there.',
            }),
          })
          .refine(
            ({ panelManagesFirewalls, switchOn }) =>
              !panelManagesFirewalls || !Object.values(switchOn).some((isSwitched) => isSwitched),
            { path: ['switchOn'], error: 'must switch nothing on where the panel manages the firewalls of guests' },
          )
          .meta({ description: 'One cluster whose guests are filtered: the device is `proxmoxFirewall:<cluster>`.' }),
      )
      .default([])
      .meta({ description: 'The clusters. None by default: nothing of the firewall of Proxmox is touched then.' }),
  })
  .meta({ description: "Filters on guests' NICs by the firewall of Proxmox, beside the bindings of switches." });

/** The section `proxmoxFirewall`. */
export const proxmoxFirewallSection = defineSection({
  schema: schema.prefault({}),
  roles: ROLES_WITH_SOURCES,
  readVariables: noVariables,
  build: (file, _variables, context): ProxmoxFirewallSettings => ({
    clusters: file.clusters.map(({ cluster, tokenEnv, ...filters }, index) => {
      const path = ['clusters', index];
      if (file.clusters.findIndex((one) => one.cluster === cluster) !== index)
        context.problem([...path, 'cluster'], 'is the cluster of an earlier entry');
      if (tokenEnv === undefined) return { cluster, filters };
      const token = context.secret([...path, 'tokenEnv'], tokenEnv);
      if (token.present && !/^[^\s@!=]+@[^\s@!=]+![^\s@!=]+=\S+$/.test(token.reveal()))
        context.problem([...path, 'tokenEnv'], `names ${tokenEnv}, whose value must be USER@REALM!TOKENID=UUID`);
      return { cluster, filters, token };
    }),
  }),
});

/** Where the section names clusters. */
export function clustersNamed({ clusters }: ProxmoxFirewallSettings): readonly NamedCluster[] {
  return clusters.map(({ cluster }, index) => ({ cluster, path: ['clusters', index, 'cluster'] }));
}
