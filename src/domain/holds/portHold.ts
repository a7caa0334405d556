import type { Decision } from '../change/keep';
import type { Statement } from '../change/statement';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/**
 * A person's word that a port has what a backup of it had, whatever the sources say, until its time is over or a person
 * releases it. It stands in the place of what the sources desire, so nothing takes it apart again meanwhile.
 */
export interface PortHold extends Decision {
  readonly id: string;
  readonly device: DeviceId;
  /** As the device names the port that has the statements. */
  readonly port: PortName;
  /** The names under which a coordinator is asked to look at it: servers stand under those of the panel. Never empty. */
  readonly askedAs: readonly PortName[];
  /** All that the port is to have, as the backup has it. */
  readonly statements: readonly Statement[];
  /** What the port had besides, and its author saw that it goes: nothing else is removed from the port. */
  readonly removes: readonly Statement[];
  /** What the restore brought: its release takes that away again where nobody else explains it. */
  readonly brought: readonly Statement[];
  /** The backup that the port was restored from, and when that was made (ISO 8601, UTC). */
  readonly backup: string;
  readonly backupAt: string;
  /** The workflow that made it: tried again, it makes no second one. */
  readonly workflowId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC: from then on it no longer holds, and what the sources want instead waits for a person. */
  readonly expiresAt: string;
  /** Who released it, why, and when: it holds no longer, and goes when a pass has brought the port to its sources. Absent: nobody. */
  readonly released?: Decision & { readonly at: string };
}

/** `holding`: nothing takes the port apart; `over`: its time has come, and the difference waits; `released`: the sources rule again. */
export type HoldPhase = 'holding' | 'over' | 'released';

/** How a hold stands. @param now Unix milliseconds. */
export function phaseOf({ expiresAt, released }: Pick<PortHold, 'expiresAt' | 'released'>, now: number): HoldPhase {
  if (released !== undefined) return 'released';
  return Date.parse(expiresAt) > now ? 'holding' : 'over';
}

/** Whose word it is, why, and until when, in words that follow a subject: "held by …". */
export function describeHold({ id, author, reason, backup, backupAt, expiresAt }: PortHold): string {
  return `held by ${author} because "${reason}" as backup ${backup} of ${backupAt} has it, until ${expiresAt} (hold ${id})`;
}
