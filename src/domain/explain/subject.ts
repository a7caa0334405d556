import { invalidField } from '../errors';
import { parseServerId, type ServerId } from '../event/event';
import { parseDeviceId, type DeviceId } from '../values/device';
import { parseIp, type IpAddress } from '../values/ip';
import { parseMac, type MacAddress } from '../values/mac';
import { parsePortName, type PortName, type PortRef } from '../values/port';

/** What a preview can be of: whatever leads to ports. */
export type PreviewSubject =
  | { readonly of: 'server'; readonly serverId: ServerId }
  | { readonly of: 'port'; readonly device: DeviceId; readonly port: PortName }
  | { readonly of: 'device'; readonly device: DeviceId }
  /** Without a cluster: the one configured cluster. */
  | { readonly of: 'node'; readonly node: string; readonly cluster?: string };

/** What can be explained. */
export type ExplainSubject =
  | Exclude<PreviewSubject, { of: 'device' | 'node' }>
  | { readonly of: 'address'; readonly ip: IpAddress }
  | { readonly of: 'mac'; readonly mac: MacAddress };

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what a preview is asked about: `{server}`, `{device}`, `{device, port}` or `{node, cluster?}`, as the API, the
 * CLIs and the UI's form give it.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function parsePreviewSubject(input: unknown): PreviewSubject {
  const fields = fieldsOf(input, ['server', 'device', 'port', 'node', 'cluster']);
  const one = oneOf(fields, ['server', 'device', 'node']);
  if (one === 'server') return { of: 'server', serverId: read(fields, 'server', parseServerId) };
  if (one === 'device') return portOrDevice(fields);
  const node = read(fields, 'node', parseName);
  return fields['cluster'] === undefined
    ? { of: 'node', node }
    : { of: 'node', node, cluster: read(fields, 'cluster', parseName) };
}

/**
 * Reads what is to be explained: `{ip}`, `{mac}`, `{server}` or `{device, port}`.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function parseExplainSubject(input: unknown): ExplainSubject {
  const fields = fieldsOf(input, ['ip', 'mac', 'server', 'device', 'port']);
  const one = oneOf(fields, ['ip', 'mac', 'server', 'device']);
  if (one === 'ip') return { of: 'address', ip: read(fields, 'ip', ofText(parseIp)) };
  if (one === 'mac') return { of: 'mac', mac: read(fields, 'mac', ofText(parseMac)) };
  if (one === 'server') return { of: 'server', serverId: read(fields, 'server', parseServerId) };
  return portOnly(fields);
}

/**
 * Reads one port: `{device, port}`.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function parsePortSubject(input: unknown): PortRef {
  const fields = fieldsOf(input, ['device', 'port']);
  oneOf(fields, ['device']);
  const { device, port } = portOnly(fields);
  return { device, port };
}

function portOnly(fields: Fields): Extract<PreviewSubject, { of: 'port' }> {
  const subject = portOrDevice(fields);
  if (subject.of === 'device') throw invalidField('invalid-request', 'port', 'must be given with device');
  return subject;
}

function portOrDevice(fields: Fields): Extract<PreviewSubject, { of: 'port' | 'device' }> {
  const device = read(fields, 'device', ofText(parseDeviceId));
  return fields['port'] === undefined
    ? { of: 'device', device }
    : { of: 'port', device, port: read(fields, 'port', ofText(parsePortName)) };
}

function fieldsOf(input: unknown, known: readonly string[]): Fields {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalidField('invalid-request', 'body', `must be a JSON object with one of ${known.join(', ')}`);
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${known.join(', ')}`);
  return input as Fields;
}

/** Which of the fields is given; exactly one must be. */
function oneOf<Name extends string>(fields: Fields, names: readonly Name[]): Name {
  const given = names.filter((name) => fields[name] !== undefined);
  const [one] = given;
  if (one === undefined || given.length > 1)
    throw invalidField(
      'invalid-request',
      given.join(' and ') || names.join(' or '),
      `exactly one of ${names.join(', ')} must be given`,
    );
  return one;
}

function read<T>(fields: Fields, name: string, parse: (value: unknown) => T): T {
  try {
    return parse(fields[name]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidField('invalid-request', name, error.message);
  }
}

function ofText<T>(parse: (text: string) => T): (value: unknown) => T {
  return (value) => parse(typeof value === 'string' ? value : '');
}

/** A name of Proxmox, of a node or of a configured cluster: a DNS label, or several. */
function parseName(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value)) return value;
  throw new RangeError('must be a name of 1 to 63 letters, digits, dots and hyphens');
}
