import type { Exclusion } from './outcome';
import type { ServerId } from '../event/event';
import type { NodeSubject } from '../servers/portRequest';
import type { IpAddress } from '../values/ip';
import type { PortRef } from '../values/port';

/**
 * A port where an address was read back for a server to which the panel does not assign it now, while the panel assigns it
 * to a server behind another port.
 */
export interface BoundElsewhere extends PortRef {
  readonly ip: IpAddress;
  readonly serverId: ServerId;
  /** For a guest: the node through whose uplink its traffic enters there. */
  readonly node?: NodeSubject;
}

/**
 * Warns of addresses that came to a port without having been taken from another one. The panel's word is enough to let
 * them through here; it is not enough to take them away there, where no event has named them.
 * @param wanted what the port's sources want.
 */
export function warnOfBound(
  isHere: (ref: PortRef) => boolean,
  wanted: ReadonlySet<IpAddress>,
  elsewhere: readonly BoundElsewhere[],
): readonly Exclusion[] {
  return [...wanted].flatMap((ip): Exclusion[] => {
    const others = elsewhere.filter((one) => one.ip === ip && !isHere(one));
    if (others.length === 0) return [];
    const where = others.map(({ device, port, serverId }) => `${device} ${port} for server ${serverId}`).join(' and ');
    const events = [...new Set(others.map(({ serverId }) => `\`portwarden event ip_removed ${serverId} --ip ${ip}\``))];
    const message = `${ip} is let through here, and still at ${where}, to which the panel does not assign it now. It stays there until an event takes it away: ${events.join(' and ')}`;
    return [{ ip, rule: 'bound-elsewhere', message }];
  });
}
