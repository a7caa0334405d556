import { and, inArray, ne, sql } from 'drizzle-orm';
import {
  holderKey,
  RANDOM_OCTETS,
  virtualMacFrom,
  type VirtualMac,
  type VirtualMacCause,
} from '../domain/desired/virtualMac';
import { PortwardenError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import type { MacAddress } from '../domain/values/mac';
import type { Database } from './engine/database';
import { placements, virtualMacs } from './schema';
import type { VirtualMacRequest } from './virtualMacs';
import { logVirtualMac, toVirtualMac } from './virtualMacRows';

/** Class of the advisory locks on the virtual MACs of a server; the second key is its id. */
const HOLDER_LOCKS = 0x766d;
/** Of 2^40 virtual MACs two random ones are hardly ever the same. */
const TRIES = 20;

/** How virtual MACs are made. */
interface Making {
  readonly cause: VirtualMacCause;
  /** No new one is any of these. */
  readonly avoid: ReadonlySet<MacAddress>;
  /** Octets of a cryptographically secure generator. */
  readonly random: (octets: number) => Uint8Array;
}

/** See `VirtualMacRepository.allocate`; within a transaction of the caller. */
export async function allocate(
  tx: Database,
  requests: readonly VirtualMacRequest[],
  making: Making,
): Promise<readonly VirtualMac[]> {
  // In a fixed order, so that two allocations never wait for each other.
  const servers = [...new Set(requests.map(({ serverId }) => serverId))].sort((a, b) => a - b);
  for (const serverId of servers) await tx.execute(sql`SELECT pg_advisory_xact_lock(${HOLDER_LOCKS}, ${serverId})`);
  const live = await tx
    .select()
    .from(virtualMacs)
    .where(and(inArray(virtualMacs.serverId, servers), ne(virtualMacs.state, 'revoked')));
  const held = new Map(live.map((row) => [holderKey(row), toVirtualMac(row)]));
  for (const request of requests) {
    const key = holderKey(request);
    const has = held.get(key);
    if (has === undefined) held.set(key, await allocateOne(tx, request, making));
    else if (request.mac !== undefined && request.mac !== has.mac)
      throw taken(
        `${request.ip} of server ${request.serverId} has the virtual MAC ${has.mac} already; revoke it first`,
      );
  }
  return requests.flatMap((request) => held.get(holderKey(request)) ?? []);
}

async function allocateOne(
  tx: Database,
  { serverId, ip, mac: wanted, events }: VirtualMacRequest,
  { cause, avoid, random }: Making,
): Promise<VirtualMac> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const mac = wanted ?? virtualMacFrom(random(RANDOM_OCTETS));
    if (mac === undefined) continue;
    if (wanted === undefined && (avoid.has(mac) || (await isSeen(tx, mac)))) continue;
    if (wanted !== undefined && (await isSeen(tx, mac, serverId))) throw taken(`${mac} is bound for another server`);
    const [row] = await tx
      .insert(virtualMacs)
      .values({ mac, serverId, ip, state: 'pending', places: [] })
      .onConflictDoNothing({ target: virtualMacs.mac })
      .returning();
    if (row !== undefined) {
      const detail = `for ${ip} of server ${serverId}${wanted === undefined ? '' : ', as asked for'}`;
      await logVirtualMac(
        tx,
        row,
        [{ action: 'allocated', detail }],
        events === undefined ? cause : { ...cause, events },
      );
      return toVirtualMac(row);
    }
    if (wanted !== undefined) throw taken(`${mac} is, or was, the virtual MAC of an address; none is given twice`);
  }
  throw new PortwardenError('internal', 'no virtual MAC was found that nobody has');
}

/** Whether a pass has read the MAC back for any server, but for one that may have it. */
async function isSeen(tx: Database, mac: MacAddress, exceptFor?: ServerId): Promise<boolean> {
  const rows = await tx
    .select({ serverId: placements.serverId })
    .from(placements)
    .where(
      and(
        exceptFor === undefined ? undefined : ne(placements.serverId, exceptFor),
        sql`EXISTS (SELECT 1 FROM jsonb_path_query(${placements.ports}, '$[*].macs[*]') AS held(pair) WHERE held.pair->>'mac' = ${mac})`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}

function taken(message: string): PortwardenError {
  return new PortwardenError('virtual-mac-taken', message);
}
