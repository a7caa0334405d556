import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import { sameStatement, type Statement } from './statement';

/**
 * A person's word that one statement of a port stays, whoever says otherwise. From then on it is desired: it is never
 * parked and never removed, and comes back when somebody else takes it away. What a restore pins (a hold) is to have the
 * same form and the same precedence, and a list of its own.
 */
export interface Keep {
  readonly id: string;
  readonly device: DeviceId;
  /** As the device names the port that holds the statement. */
  readonly port: PortName;
  readonly statement: Statement;
  readonly reason: string;
  /** Who says so. A claim: nothing proves it. */
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC: from then on the statement is an unknown one again. Absent: for good. */
  readonly expiresAt?: string;
}

/** Who decided something, and why. */
export interface Decision {
  readonly author: string;
  readonly reason: string;
}

/** A keep that ends within this time is shown as one that ends soon, in milliseconds. */
export const ENDS_SOON_MS = 7 * 86_400_000;

/** Whether a keep is in force. @param now Unix milliseconds. */
export function isInForce({ expiresAt }: Pick<Keep, 'expiresAt'>, now: number): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > now;
}

/** Whether a keep that is in force ends within {@link ENDS_SOON_MS}. */
export function endsSoon({ expiresAt }: Pick<Keep, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now + ENDS_SOON_MS;
}

/** Whether a keep is of a statement: the same one, or the same address, MAC and VLAN where the device renamed the VLAN. */
export function isOf({ statement: kept }: Pick<Keep, 'statement'>, statement: Statement): boolean {
  if (sameStatement(kept, statement)) return true;
  const { ip, mac, vlan } = kept;
  const isWhole = ip !== undefined && mac !== undefined && vlan !== undefined;
  return isWhole && statement.ip === ip && statement.mac === mac && statement.vlan === vlan;
}

/** Whose word it is, why, since when and until when, in words that follow a subject: "kept by …". */
export function describeKeep({ id, author, reason, createdAt, expiresAt }: Keep): string {
  const until = expiresAt === undefined ? '' : ` until ${expiresAt}`;
  return `kept by ${author} because "${reason}" since ${createdAt}${until} (keep ${id})`;
}
