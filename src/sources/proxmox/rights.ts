import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { permissionMap } from '../../clients/proxmox/schema';

/** A privilege that a token should have, and whether it does. */
export interface Right {
  readonly privilege: string;
  readonly path: string;
  readonly held: boolean;
  /** Nothing of the cluster is automated without it. */
  readonly isNeeded: boolean;
  /** What is lost without it. */
  readonly lost: string;
}

const WANTED: readonly Omit<Right, 'held'>[] = [
  {
    privilege: 'Sys.Audit',
    path: '/',
    isNeeded: true,
    lost: 'quorum is not shown, so the cluster is not believed; running tasks and the HA manager are not shown either',
  },
  { privilege: 'VM.Audit', path: '/vms', isNeeded: true, lost: 'guests are missing from lists without a word' },
  {
    privilege: 'Sys.Audit',
    path: '/nodes',
    isNeeded: false,
    lost: 'logs of migrations are not shown: a guest that moves is bound at all uplinks of the cluster until it is there',
  },
  {
    privilege: 'SDN.Audit',
    path: '/sdn',
    isNeeded: false,
    lost: 'vnets are hidden: NICs on them are vlan-unresolved; bridges with a staged change too',
  },
];

/** What the token of a reader may do, of what portwarden uses. */
export async function readRights(reader: ProxmoxReader, signal: AbortSignal): Promise<readonly Right[]> {
  const held = await reader.read('/access/permissions', permissionMap, { signal });
  return WANTED.map((right) => ({ ...right, held: held[right.path]?.[right.privilege] === true }));
}
