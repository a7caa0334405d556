import { PortwardenError } from '../../domain/errors';

/** Whether a guest's configuration was asked from a node that does not hold it (any more). */
export function isGuestElsewhere(error: unknown): boolean {
  if (!(error instanceof PortwardenError) || error.details['status'] !== 500) return false;
  return /Configuration file '[^']*' does not exist/.test(String(error.details['said']));
}

/** Statuses of throttling, and of a failed hop to the node: they say nothing about the guest that was asked for. */
const STATUSES_OF_THE_WAY: readonly unknown[] = [429, 596, 597, 599];

/**
 * Whether a guest's configuration was answered, but not with that: the answer is refused or no configuration, while
 * node, cluster and connection are there.
 */
export function isFaultOfOneGuest(error: unknown): error is PortwardenError {
  if (!(error instanceof PortwardenError) || STATUSES_OF_THE_WAY.includes(error.details['status'])) return false;
  return ['proxmox-failed', 'proxmox-forbidden', 'proxmox-invalid-answer'].includes(error.code);
}
