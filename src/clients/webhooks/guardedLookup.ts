import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { PortwardenError } from '../../domain/errors';
import { addressRefusal, type TargetRules } from '../../domain/notifications/target';
import { tryParseIp } from '../../domain/values/ip';

/** Asks for all addresses of a name. */
export type ResolveAll = (
  host: string,
  options: LookupOptions & { readonly all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for sockets that hands over only addresses to which connections may be made. The very answer that was judged is what the
 * socket connects to, so a name that answers otherwise the next time changes nothing. A name of which one address is refused is refused.
 */
export function guardedLookup(
  isSecure: boolean,
  rules: TargetRules,
  resolve: ResolveAll = systemLookup,
): LookupFunction {
  return (host, options, answer) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const none = options.all === true ? [] : '';
      if (error !== null) {
        answer(error, none, 0);
        return;
      }
      const [first] = addresses;
      const refusal = refusalOf(addresses, isSecure, rules);
      if (refusal !== undefined || first === undefined)
        answer(refusal ?? new Error('the name has no address'), none, 0);
      else if (options.all === true) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };
}

/** Why no connection is made to one of the addresses; also where a host is an address and nothing is looked up. */
export function refusalOf(
  addresses: readonly { readonly address: string }[],
  isSecure: boolean,
  rules: TargetRules,
): PortwardenError | undefined {
  for (const { address } of addresses) {
    // A zone (fe80::1%eth0) belongs to link-local addresses only.
    const ip = tryParseIp(address);
    const rule = ip === undefined ? 'must lead to an address without a zone' : addressRefusal(ip, isSecure, rules);
    if (rule !== undefined) return new PortwardenError('notification-target-refused', `The endpoint ${rule}`);
  }
  return undefined;
}
