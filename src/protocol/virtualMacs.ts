import type { VirtualMac } from '../domain/desired/virtualMac';
import { mayBeVirtual } from '../domain/desired/virtualMac';
import { invalidField } from '../domain/errors';
import { parseServerId, type ServerId } from '../domain/event/event';
import { parseIp, type IpAddress } from '../domain/values/ip';
import { parseMac, type MacAddress } from '../domain/values/mac';
import type { PortRef } from '../domain/values/port';

/** A person gives an address of a dedicated server a virtual MAC. */
export interface AssignVirtualMacInput {
  readonly server: ServerId;
  readonly ip: IpAddress;
  /** The MAC that it is to have, such as one that another system gave it; absent: a random one. */
  readonly mac?: MacAddress;
  /** Who asks, as they name themselves. */
  readonly by?: string;
}

/** A person takes a virtual MAC away. */
export interface RevokeVirtualMacInput {
  readonly mac: MacAddress;
  readonly reason?: string;
  readonly by?: string;
}

/** What became of a virtual MAC, readable in the UI. */
export interface VirtualMacResult {
  readonly summary: string;
  readonly virtualMac: VirtualMac;
  /** The ports that are looked at again for it. */
  readonly ports: readonly PortRef[];
}

/** The activities of the short workflows that change virtual MACs. */
export interface VirtualMacActivities {
  /** Makes, or finds, the virtual MAC of an address and asks the coordinators of its server's ports to look again. */
  assignVirtualMac(input: AssignVirtualMacInput): Promise<VirtualMacResult>;
  /** Revokes a virtual MAC and asks the coordinators of the ports where it may be bound to look again. */
  revokeVirtualMac(input: RevokeVirtualMacInput): Promise<VirtualMacResult>;
}

const LONGEST_TEXT = 200;

/**
 * Reads who is to get a virtual MAC: `{server, ip, mac?, by?}`, as the API, the CLIs and the UI's form give it.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readAssignInput(input: unknown): AssignVirtualMacInput {
  const { server, ip, mac, by } = fieldsOf(input, ['server', 'ip', 'mac', 'by']);
  return {
    server: read('server', () => parseServerId(server)),
    ip: read('ip', () => parseIp(text(ip))),
    ...(mac === undefined ? {} : { mac: read('mac', () => parseVirtualMac(text(mac))) }),
    ...(by === undefined ? {} : { by: read('by', () => label(by)) }),
  };
}

/**
 * Reads which virtual MAC is to go: `{mac, reason?, by?}`.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readRevokeInput(input: unknown): RevokeVirtualMacInput {
  const { mac, reason, by } = fieldsOf(input, ['mac', 'reason', 'by']);
  return {
    mac: read('mac', () => parseVirtualMac(text(mac))),
    ...(reason === undefined ? {} : { reason: read('reason', () => label(reason)) }),
    ...(by === undefined ? {} : { by: read('by', () => label(by)) }),
  };
}

/** Reads a MAC of the form that virtual ones have. @throws RangeError naming the rule. */
export function parseVirtualMac(written: string): MacAddress {
  const mac = parseMac(written);
  if (mayBeVirtual(mac)) return mac;
  throw new RangeError('must be a locally administered MAC that begins with 02');
}

function fieldsOf(input: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalidField('invalid-request', 'body', `must be a JSON object with ${known.join(', ')}`);
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${known.join(', ')}`);
  return input as Readonly<Record<string, unknown>>;
}

function read<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidField('invalid-request', field, error.message);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function label(value: unknown): string {
  const words = text(value).trim();
  if (words === '' || words.length > LONGEST_TEXT)
    throw new RangeError(`must be a text of 1 to ${LONGEST_TEXT} characters`);
  return words;
}
