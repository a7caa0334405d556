import type { BrakeRelease, BrakeReleased } from '../api/guardRoutes';
import { portRequest } from '../domain/servers/portRequest';
import type { Store } from '../store/store';
import type { Coordinators } from '../temporal/coordinators';

/**
 * Ends the brake of the site. What it held is looked at again at once, or goes, where whoever releases it approves all
 * that waits for the brake alone; changes that another guard holds too wait on.
 * @returns undefined when no brake is on.
 */
export async function releaseBrake(
  { brakes, parked }: Pick<Store, 'brakes' | 'parked'>,
  coordinators: Pick<Coordinators, 'enlist' | 'approve'>,
  { by, reason, approve }: BrakeRelease,
): Promise<BrakeReleased | undefined> {
  const held = (await parked.list()).filter(({ guards }) => guards.includes('site-brake'));
  const brake = await brakes.release(by, reason, Date.now());
  if (brake === undefined) return undefined;
  for (const { device, port, guards } of held) {
    if (approve && guards.every((guard) => guard === 'site-brake')) await coordinators.approve(device, port);
    else await coordinators.enlist(device, portRequest(port));
  }
  return { brake, ports: held.length };
}
