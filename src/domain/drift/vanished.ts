import type { GuardLimits } from '../change/guards';
import type { ServerId } from '../event/event';

/**
 * What may become of the bindings of a server that vanished from the panel without an event, once two looks in a row confirmed
 * it: `propose` leaves them to a person like every binding that nobody explains, `enforce` takes them as confirmed absence,
 * within the guards.
 */
export type VanishedMode = 'propose' | 'enforce';

/**
 * Whether servers of a device that the panel no longer has are taken as vanished: only as many as the guards of a port would
 * let go by absence. More of them at once is no intent, it is a panel that lost something, or an older state of it.
 * @param known servers that were last seen on the device, those that are gone among them.
 * @returns why not; undefined when they are.
 */
export function tooManyVanished(
  gone: readonly ServerId[],
  known: number,
  { maxRemovedBindings, maxRemovedShare }: Pick<GuardLimits, 'maxRemovedBindings' | 'maxRemovedShare'>,
): string | undefined {
  const which = `${gone.length} of ${known} servers of the device are gone from the panel at once`;
  if (gone.length > maxRemovedBindings) return `${which}; the limit is ${maxRemovedBindings}`;
  if (gone.length >= 2 && gone.length / Math.max(known, 1) > maxRemovedShare)
    return `${which}; the limit is ${Math.round(maxRemovedShare * 100)} %`;
  return undefined;
}
