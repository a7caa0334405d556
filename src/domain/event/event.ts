import { isRange, parseIpOrRange, prefixLength, tryParseIp, type IpOrRange } from '../values/ip';
import { invalidField } from '../errors';

/** What the panel's listener reports. An event only says: look again. */
export type EventAction = 'ip_assigned' | 'ip_removed' | 'server_deleted';

/** The actions that exist, in the order the documentation lists them. */
export const EVENT_ACTIONS: readonly EventAction[] = ['ip_assigned', 'ip_removed', 'server_deleted'];

/** The panel's number of a server. */
export type ServerId = number & { readonly __brand: 'ServerId' };

/** A validated event. */
export interface PortSecurityEvent {
  readonly action: EventAction;
  readonly serverId: ServerId;
  /** The addresses and whole subnets that the event names, canonical, without repeats; empty for `server_deleted`. */
  readonly ips: readonly IpOrRange[];
}

const MAX_IPS = 256;
/** Nobody has larger subnets assigned; one that an event names by mistake would take too much with it. */
const SHORTEST_PREFIX = { ipv4: 16, ipv6: 32 } as const;

/** Reads a server id from a number or numeric text; throws a RangeError naming the rule. */
export function parseServerId(value: unknown): ServerId {
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : value;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1 || id > 2_147_483_647) {
    throw new RangeError('must be a server id: an integer from 1 to 2147483647');
  }
  return id as ServerId;
}

/**
 * Validates the plain JSON object that starts an event workflow, from the webhook, the CLIs or the UI's form.
 * Unknown fields are ignored. `ip` and `ips` may both be given; both are ignored for `server_deleted`.
 * @throws PortwardenError `invalid-event` naming the field and its rule.
 */
export function parseEvent(input: unknown): PortSecurityEvent {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidField('invalid-event', 'body', 'must be a JSON object {action, serverId, ip?}');
  }
  const { action, serverId, ip, ips } = input as Record<string, unknown>;
  if (!EVENT_ACTIONS.includes(action as EventAction))
    throw invalidField('invalid-event', 'action', `must be one of ${EVENT_ACTIONS.join(', ')}`);
  const known = action as EventAction;
  const id = field('serverId', () => parseServerId(serverId));
  if (known === 'server_deleted') return { action: known, serverId: id, ips: [] };
  return { action: known, serverId: id, ips: parseEventIps(ip, ips) };
}

function parseEventIps(ip: unknown, ips: unknown): IpOrRange[] {
  const single = ip === undefined || ip === null || ip === '' ? [] : [ip];
  if (ips !== undefined && ips !== null && !Array.isArray(ips))
    throw invalidField('invalid-event', 'ips', 'must be an array of addresses');
  const many: unknown[] = Array.isArray(ips) ? ips : [];
  if (many.length > MAX_IPS) throw invalidField('invalid-event', 'ips', `must name at most ${MAX_IPS} addresses`);
  const parsed = [
    ...single.map((value) => field('ip', () => parseEventIp(value))),
    ...many.map((value, index) => field(`ips[${index}]`, () => parseEventIp(value))),
  ];
  return [...new Set(parsed)];
}

function parseEventIp(value: unknown): IpOrRange {
  if (typeof value !== 'string') throw new RangeError('must be an address as text');
  const named = parseIpOrRange(value);
  // `10.0.48.5/24` may mean the one address with its network's length: nobody may lose a whole subnet for it.
  if (isRange(named) && tryParseIp(value.split('/')[0] ?? '') !== tryParseIp(named.split('/')[0] ?? ''))
    throw new RangeError('must be a single address without a prefix length, or a whole subnet by its first address');
  const shortest = named.includes(':') ? SHORTEST_PREFIX.ipv6 : SHORTEST_PREFIX.ipv4;
  if (isRange(named) && prefixLength(named) < shortest)
    throw new RangeError(`must be an address, or a subnet with a prefix of at least /${shortest}`);
  return named;
}

function field<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalidField('invalid-event', name, error instanceof Error ? error.message : 'is invalid');
  }
}
