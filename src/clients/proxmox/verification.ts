import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import { tryParseIp, type IpAddress } from '../../domain/values/ip';
import type { ProxmoxReader } from './reader';
import { permissionMap, statusRow } from './schema';

/** A node as the cluster lists it. */
export interface ListedNode {
  readonly name: string;
  /** What its name resolves to. */
  readonly ip?: IpAddress;
  readonly online: boolean;
}

/**
 * Proves that a quorate part of the cluster answers. An API host that is cut off from the cluster is left for another.
 * @returns the nodes, of which the same answer tells.
 * @throws PortwardenError `proxmox-no-quorum`
 */
export async function verifyQuorum(reader: ProxmoxReader, signal?: AbortSignal): Promise<readonly ListedNode[]> {
  for (let host = 1; ; host += 1) {
    const rows = await reader.read('/cluster/status', z.array(statusRow), { signal });
    const cluster = rows.find((row) => row.type === 'cluster');
    const standalone = cluster === undefined && rows.some((row) => row.type === 'node');
    if (standalone || cluster?.quorate === true) return rows.flatMap(listedNode);
    reader.leaveHost();
    if (host >= reader.hostCount) {
      throw new PortwardenError('proxmox-no-quorum', `Proxmox cluster ${reader.cluster} has no quorum`, {
        details: { cluster: reader.cluster },
      });
    }
  }
}

function listedNode({ type, name, ip: text, online }: z.output<typeof statusRow>): ListedNode[] {
  const ip = text === undefined ? undefined : tryParseIp(text);
  return type === 'node' ? [{ name, online: online !== false, ...(ip === undefined ? {} : { ip }) }] : [];
}

/**
 * Proves that the token may see every guest: the guest list silently lacks those that it may not see.
 * @throws PortwardenError `proxmox-forbidden` naming the missing privilege
 */
export async function verifyPermissions(reader: ProxmoxReader, signal?: AbortSignal): Promise<void> {
  const permissions = await reader.read('/access/permissions', permissionMap, { signal });
  if (permissions['/vms']?.['VM.Audit'] !== true) throw lacksAudit(reader, '/vms');
  const hidden = Object.entries(permissions).find(
    ([path, held]) => /^\/vms\/\d+$/.test(path) && held['VM.Audit'] === undefined,
  );
  if (hidden !== undefined) throw lacksAudit(reader, hidden[0]);
}

/**
 * Proves that the token may see this guest if it exists: only then does a list that lacks it say that it is gone.
 * @throws PortwardenError `proxmox-forbidden`
 */
export async function verifyVisible(reader: ProxmoxReader, vmid: number, signal?: AbortSignal): Promise<void> {
  const path = `/vms/${vmid}`;
  const permissions = await reader.read('/access/permissions', permissionMap, { query: { path }, signal });
  if (permissions[path]?.['VM.Audit'] === undefined) throw lacksAudit(reader, path);
}

function lacksAudit({ cluster }: ProxmoxReader, path: string): PortwardenError {
  const privilege = 'VM.Audit';
  return new PortwardenError(
    'proxmox-forbidden',
    `Proxmox cluster ${cluster}: the API token lacks ${privilege} with propagation on ${path}; user and token both need it`,
    { details: { cluster, privilege, path } },
  );
}
