import { parseIp, type IpAddress } from '../values/ip';
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
  /** The addresses the event names, canonical, without repeats; empty for `server_deleted`. */
  readonly ips: readonly IpAddress[];
}

const MAX_IPS = 256;

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

function parseEventIps(ip: unknown, ips: unknown): IpAddress[] {
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

function parseEventIp(value: unknown): IpAddress {
  if (typeof value !== 'string') throw new RangeError('must be an address as text');
  return parseIp(value);
}

function field<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalidField('invalid-event', name, error instanceof Error ? error.message : 'is invalid');
  }
}
