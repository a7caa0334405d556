import { invalidField } from '../domain/errors';
import { parseServerId } from '../domain/event/event';
import { parseAddressPair, type AddressPair, type HostBitsReading } from '../domain/policies/addressPair';
import type { PolicyScope } from '../domain/policies/policy';
import type { NewPolicy } from '../domain/policies/storedPolicy';
import { parseDeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import type { ChangePolicyInput, EndPolicyInput, PreviewPolicyInput } from './policies';
import { COMMAND_FORMS } from './preview';
import { fieldsOf, listOf, readDecision, readExpiry, readField as read, textOf, type Fields } from './inputFields';

/*
 * Port policies as the API, the CLI and the UI's form give them. Readers throw a PortwardenError `invalid-request` that
 * names the field and its rule, and those of the address rules.
 */

const SCOPE_FIELDS = ['device', 'port', 'server', 'network'];
const DECISION_FIELDS = ['author', 'reason', 'version'];
const POLICY_FIELDS = [
  ...['portSecurity', 'allowedAddressPairs', 'securityGroups', 'exclusive', 'wideRanges', 'takenAddresses'],
  ...['as', 'expiresAt'],
];
const MOST_PAIRS = 200;
const MOST_GROUPS = 100;

/** Reads whose ports a policy is for: `{device, port}`, `{server}`, `{device, network}` or `{device}`. */
export function readPolicyScope(input: unknown): PolicyScope {
  return scopeOf(fieldsOf(input, SCOPE_FIELDS));
}

/** Reads a change of a policy: `{change: 'set' | 'unset', …scope, …fields, author, reason, version?}`. */
export function readChangePolicyInput(input: unknown): ChangePolicyInput {
  const { change } = fieldsOf(input, ['change', ...SCOPE_FIELDS, ...POLICY_FIELDS, ...DECISION_FIELDS]);
  switch (change) {
    case 'set':
      return readSet(input);
    case 'unset': {
      const fields = fieldsOf(input, ['change', ...SCOPE_FIELDS, ...DECISION_FIELDS]);
      return { change, scope: scopeOf(fields), ...readDecision(fields), ...readVersion(fields) };
    }
    default:
      throw invalidField('invalid-request', 'change', 'must be set or unset');
  }
}

/** Reads a proposed change: as {@link readChangePolicyInput}, with `form`. Whoever only looks need not say why. */
export function readPreviewPolicyInput(input: unknown): PreviewPolicyInput {
  const { form = 'difference', ...proposed } = fieldsOf(input, [
    ...['form', 'change', ...SCOPE_FIELDS, ...POLICY_FIELDS, ...DECISION_FIELDS],
  ]);
  const known = COMMAND_FORMS.find((one) => one === form);
  if (known === undefined) throw invalidField('invalid-request', 'form', `must be one of ${COMMAND_FORMS.join(', ')}`);
  return { proposed: readChangePolicyInput({ author: 'preview', reason: 'preview', ...proposed }), form: known };
}

/** Reads which version is to end: `{…scope, version}`. */
export function readEndPolicyInput(input: unknown): EndPolicyInput {
  const fields = fieldsOf(input, [...SCOPE_FIELDS, 'version']);
  const { expected } = readVersion(fields);
  if (expected === undefined) throw invalidField('invalid-request', 'version', 'must be the version that ends');
  return { scope: scopeOf(fields), version: expected };
}

/** The fields by which {@link readPolicyScope} finds the same scope. */
export function scopeFields(scope: PolicyScope): Readonly<Record<string, string | number>> {
  const { kind, ...fields } = scope;
  return kind === 'server' ? { server: scope.serverId } : fields;
}

/** A change as {@link readChangePolicyInput} reads it. */
export function changeFields(input: ChangePolicyInput): Readonly<Record<string, unknown>> {
  const { expected } = input;
  const version = expected === undefined ? {} : { version: expected };
  if (input.change === 'set') {
    const { scope, ...policy } = input.policy;
    return { change: input.change, ...scopeFields(scope), ...policy, ...version };
  }
  const { change, scope, author, reason } = input;
  return { change, ...scopeFields(scope), author, reason, ...version };
}

function readSet(input: unknown): ChangePolicyInput {
  const fields = fieldsOf(input, ['change', ...SCOPE_FIELDS, ...POLICY_FIELDS, ...DECISION_FIELDS]);
  const policy: NewPolicy = {
    scope: scopeOf(fields),
    ...readPortSecurity(fields),
    ...readPairs(fields),
    ...readGroups(fields),
    ...readFlag(fields, 'exclusive'),
    ...readFlag(fields, 'wideRanges'),
    ...readFlag(fields, 'takenAddresses'),
    ...readDecision(fields),
    ...readExpiry(fields['expiresAt']),
  };
  return { change: 'set', policy, ...readVersion(fields) };
}

function scopeOf({ device, port, server, network }: Fields): PolicyScope {
  if (server !== undefined) {
    if (device !== undefined || port !== undefined || network !== undefined)
      throw invalidField('invalid-request', 'server', 'goes without device, port and network');
    return { kind: 'server', serverId: read('server', () => parseServerId(server)) };
  }
  if (device === undefined)
    throw invalidField('invalid-request', 'device or server', 'must be given: whose ports the policy is for');
  const id = read('device', () => parseDeviceId(wordOf(device)));
  if (port !== undefined && network !== undefined)
    throw invalidField('invalid-request', 'port', 'goes without network: a policy is for one or the other');
  if (port !== undefined) return { kind: 'port', device: id, port: read('port', () => parsePortName(wordOf(port))) };
  if (network === undefined) return { kind: 'device', device: id };
  return { kind: 'network', device: id, network: read('network', () => parseNetwork(wordOf(network))) };
}

/** Reads the name or id by which a device knows a network. */
function parseNetwork(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(text)) return text;
  throw new RangeError("must be the device's name or id of a network: letters, digits, dots, colons, hyphens");
}

function readPortSecurity({ portSecurity }: Fields): Pick<NewPolicy, 'portSecurity'> {
  if (portSecurity === undefined) return {};
  if (portSecurity === 'on' || portSecurity === 'off') return { portSecurity };
  throw invalidField('invalid-request', 'portSecurity', 'must be on or off');
}

function readPairs({ allowedAddressPairs: pairs, as }: Fields): Pick<NewPolicy, 'allowedAddressPairs'> {
  const reading = readReading(as);
  if (pairs === undefined) return {};
  const list = listOf(pairs, 'allowedAddressPairs');
  if (list.length > MOST_PAIRS)
    throw invalidField('invalid-request', 'allowedAddressPairs', `must name at most ${MOST_PAIRS} pairs`);
  return { allowedAddressPairs: list.map((pair, index) => readPair(pair, `allowedAddressPairs[${index}]`, reading)) };
}

function readPair(input: unknown, at: string, reading: HostBitsReading | undefined): AddressPair {
  const { address, mac, vlan } = fieldsOf(input, ['address', 'mac', 'vlan'], at);
  const written = {
    address: wordOf(address),
    ...(mac === undefined ? {} : { mac: wordOf(mac) }),
    ...(vlan === undefined ? {} : { vlan: typeof vlan === 'number' ? vlan : wordOf(vlan) }),
  };
  return read(at, () => parseAddressPair(written, reading));
}

function readReading(as: unknown): HostBitsReading | undefined {
  if (as === undefined || as === 'host' || as === 'network') return as;
  throw invalidField('invalid-request', 'as', 'must be host or network');
}

function readGroups({ securityGroups: groups }: Fields): Pick<NewPolicy, 'securityGroups'> {
  if (groups === undefined) return {};
  const list = listOf(groups, 'securityGroups');
  if (list.length > MOST_GROUPS)
    throw invalidField('invalid-request', 'securityGroups', `must name at most ${MOST_GROUPS} groups`);
  return { securityGroups: [...new Set(list.map((group, index) => textOf(group, `securityGroups[${index}]`, 128)))] };
}

function readFlag<Name extends 'exclusive' | 'wideRanges' | 'takenAddresses'>(
  fields: Fields,
  name: Name,
): { readonly [Each in Name]?: true } {
  const { [name]: value } = fields;
  if (value === undefined || value === false) return {};
  if (value === true) return { [name]: true } as { readonly [Each in Name]: true };
  throw invalidField('invalid-request', name, 'must be true or false');
}

function readVersion({ version }: Fields): { readonly expected?: string } {
  if (version === undefined) return {};
  if (typeof version === 'string' && /^\d{1,18}$/.test(version)) return { expected: version };
  throw invalidField('invalid-request', 'version', 'must be a version, a number as a text; 0: there is none');
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
