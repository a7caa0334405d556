import type { Refused } from '../../clients/proxmox/firewall';
import type { RefusedPort } from '../device';

/** Somebody else wrote what was to be written. */
export function conflictOf(what: string): Omit<RefusedPort, 'port'> {
  return { message: `somebody else changed it meanwhile: ${what}`, code: 'device-conflict' };
}

/** Why Proxmox did not do it, as the pass tells it. */
export function refusalOf({ kind, message }: Refused): Omit<RefusedPort, 'port'> {
  if (kind === 'forbidden') return { message, code: 'device-permission' };
  return kind === 'changed' ? conflictOf(message) : { message };
}
