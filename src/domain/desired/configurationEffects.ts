import type { SettingsChange } from './bindingSettings';
import type { Binding } from './binding';
import { addressesOf, type Statement } from '../change/statement';
import type { IpAddress } from '../values/ip';

/** What becomes of one address because of other settings. */
export interface AddressEffect {
  readonly ip: IpAddress;
  readonly effect: 'added' | 'moved' | 'replaced' | 'removed' | 'left-out';
  readonly before?: string;
  readonly now?: string;
}

/**
 * Says what other settings do to the addresses of a port: to those that are let through something that waits for a
 * person, to the others something that happens with the next pass.
 * @param desired what the port shall have under the other settings.
 */
export function configurationEffects(
  changes: readonly SettingsChange[],
  desired: readonly Binding[],
  present: readonly Statement[],
): readonly AddressEffect[] {
  const there = new Set(addressesOf(present));
  return changes.map(({ ip, before }) => {
    const now = desired.find((binding) => binding.ip === ip);
    return {
      ip,
      effect: effectOf(there.has(ip), before, now),
      ...(before === undefined ? {} : { before: textOf(before) }),
      ...(now === undefined ? {} : { now: textOf(now) }),
    };
  });
}

function effectOf(isPresent: boolean, before: Binding | undefined, now: Binding | undefined): AddressEffect['effect'] {
  if (now === undefined) return isPresent ? 'removed' : 'left-out';
  if (isPresent) return 'replaced';
  return before === undefined ? 'added' : 'moved';
}

function textOf({ mac, vlan }: Binding): string {
  return `${mac} in VLAN ${vlan}`;
}
