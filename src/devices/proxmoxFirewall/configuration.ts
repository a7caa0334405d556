import { z } from 'zod';
import { variableName } from '../../primitives/configuration/fields';
import { defineSection, noVariables, ROLES_WITH_SOURCES } from '../../primitives/configuration/section';
import type { Secret } from '../../primitives/secret';
import type { NamedCluster } from '../driver';

/** One cluster whose guests are filtered. */
export interface FilteredCluster {
  /** Its name under `proxmox.clusters`: the part of the device's id after the colon. */
  readonly cluster: string;
  /** Absent: that of the cluster. `USER@REALM!TOKENID=UUID`. */
  readonly token?: Secret;
}

/** The section `proxmoxFirewall`. */
export interface ProxmoxFirewallSettings {
  readonly clusters: readonly FilteredCluster[];
}

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
          })
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
    clusters: file.clusters.map(({ cluster, tokenEnv }, index) => {
      const path = ['clusters', index];
      if (file.clusters.findIndex((one) => one.cluster === cluster) !== index)
        context.problem([...path, 'cluster'], 'is the cluster of an earlier entry');
      if (tokenEnv === undefined) return { cluster };
      const token = context.secret([...path, 'tokenEnv'], tokenEnv);
      if (token.present && !/^[^\s@!=]+@[^\s@!=]+![^\s@!=]+=\S+$/.test(token.reveal()))
        context.problem([...path, 'tokenEnv'], `names ${tokenEnv}, whose value must be USER@REALM!TOKENID=UUID`);
      return { cluster, token };
    }),
  }),
});

/** Where the section names clusters. */
export function clustersNamed({ clusters }: ProxmoxFirewallSettings): readonly NamedCluster[] {
  return clusters.map(({ cluster }, index) => ({ cluster, path: ['clusters', index, 'cluster'] }));
}
