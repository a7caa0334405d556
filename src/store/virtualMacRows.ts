import type { VirtualMac, VirtualMacCause } from '../domain/desired/virtualMac';
import type { VirtualMacChange } from '../domain/desired/virtualMacProgress';
import { storable, type Database } from './engine/database';
import { virtualMacEvents, type virtualMacs } from './schema';

/** Writes what happened to a virtual MAC into its event log, in the transaction in which it happened. */
export async function logVirtualMac(
  tx: Database,
  { mac, serverId, ip }: Pick<VirtualMac, 'mac' | 'serverId' | 'ip'>,
  happened: VirtualMacChange['events'],
  { workflowId, by, events }: VirtualMacCause,
): Promise<void> {
  if (happened.length === 0) return;
  await tx.insert(virtualMacEvents).values(
    happened.map(({ action, detail }) => ({
      mac,
      serverId,
      ip,
      action,
      detail: storable(detail),
      workflowId: storable(workflowId),
      by: by === undefined ? null : storable(by),
      events: events?.map(storable) ?? null,
    })),
  );
}

/** A row as the domain has it. */
export function toVirtualMac(row: typeof virtualMacs.$inferSelect): VirtualMac {
  const { id, mac, serverId, ip, state, places, reason, allocatedAt, activatedAt, revokedAt, releasedAt } = row;
  return {
    id: id.toString(),
    mac,
    serverId,
    ip,
    state,
    places,
    ...(reason === null ? {} : { reason }),
    allocatedAt: allocatedAt.toISOString(),
    ...(activatedAt === null ? {} : { activatedAt: activatedAt.toISOString() }),
    ...(revokedAt === null ? {} : { revokedAt: revokedAt.toISOString() }),
    ...(releasedAt === null ? {} : { releasedAt: releasedAt.toISOString() }),
  };
}
