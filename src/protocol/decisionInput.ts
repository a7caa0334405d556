import { ADOPTIONS, type Adoption, type PortDecisions, type StatementDecision } from '../domain/change/adoption';
import { invalidField } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import { MOST_DECISIONS, type AdoptInput, type ChangeKeepsInput, type UnknownBindingsInput } from './decisions';
import { fieldsOf, listOf, LONGEST_TEXT, readDecision, readExpiry, readField, textOf } from './inputFields';

/*
 * What people decide, as the API, the CLI and the UI's form give it. Readers throw a PortwardenError `invalid-request`
 * that names the field and its rule.
 */

const LONGEST_KEY = 1_000;

/** Reads which ports are asked about: `{device, port?, origin?}`. */
export function readUnknownBindingsInput(input: unknown): UnknownBindingsInput {
  const { device, port, origin } = fieldsOf(input, ['device', 'port', 'origin']);
  return {
    device: readDevice(device),
    ...(port === undefined ? {} : { port: readPort(port, 'port') }),
    ...(isWanted(origin, 'origin') ? { origin: true } : {}),
  };
}

/** A choice as JSON has it, or as the text of a query. */
function isWanted(value: unknown, field: string): boolean {
  if (value === undefined || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw invalidField('invalid-request', field, 'must be true or false');
}

/** Reads decisions: `{device, ports: [{port, hash?, statements: [{key, adoption, reason?}]}], author, reason, expiresAt?, outsideWindow?}`. */
export function readAdoptInput(input: unknown): AdoptInput {
  const fields = fieldsOf(input, ['device', 'ports', 'author', 'reason', 'expiresAt', 'outsideWindow']);
  const ports = listOf(fields['ports'], 'ports').map((port, index) => readDecisions(port, `ports[${index}]`));
  const count = ports.reduce((sum, { statements }) => sum + statements.length, 0);
  if (count === 0 || count > MOST_DECISIONS)
    throw invalidField('invalid-request', 'ports', `must have 1 to ${MOST_DECISIONS} statements altogether`);
  return {
    device: readDevice(fields['device']),
    ports,
    ...readDecision(fields),
    ...readExpiry(fields['expiresAt']),
    ...(isWanted(fields['outsideWindow'], 'outsideWindow') ? { outsideWindow: true } : {}),
  };
}

/** Reads a change of keeps: `{change: 'remove' | 'extend', ids, author, reason, expiresAt?}`. */
export function readChangeKeepsInput(input: unknown): ChangeKeepsInput {
  const fields = fieldsOf(input, ['change', 'ids', 'author', 'reason', 'expiresAt']);
  const ids = listOf(fields['ids'], 'ids').map((id) => {
    if (typeof id === 'string' && /^\d{1,18}$/.test(id)) return id;
    throw invalidField('invalid-request', 'ids', 'must be the numbers of keeps, as texts');
  });
  if (ids.length === 0 || ids.length > MOST_DECISIONS)
    throw invalidField('invalid-request', 'ids', `must name 1 to ${MOST_DECISIONS} keeps`);
  const common = { ids: [...new Set(ids)], ...readDecision(fields) };
  switch (fields['change']) {
    case 'remove':
      return { change: 'remove', ...common };
    case 'extend':
      return { change: 'extend', ...common, ...readExpiry(fields['expiresAt']) };
    default:
      throw invalidField('invalid-request', 'change', 'must be remove or extend');
  }
}

function readDecisions(input: unknown, at: string): PortDecisions {
  const { port, hash, statements } = fieldsOf(input, ['port', 'hash', 'statements'], at);
  const decisions = listOf(statements, `${at}.statements`).map((one, index) =>
    readStatement(one, `${at}.statements[${index}]`),
  );
  if (new Set(decisions.map(({ key }) => key)).size !== decisions.length)
    throw invalidField('invalid-request', `${at}.statements`, 'must name each statement once');
  return {
    port: readPort(port, `${at}.port`),
    statements: decisions,
    ...(hash === undefined ? {} : { hash: textOf(hash, `${at}.hash`, 64) }),
  };
}

function readStatement(input: unknown, at: string): StatementDecision {
  const { key, adoption, reason } = fieldsOf(input, ['key', 'adoption', 'reason'], at);
  return {
    key: readKey(key, `${at}.key`),
    adoption: readAdoption(adoption, `${at}.adoption`),
    ...(reason === undefined ? {} : { reason: textOf(reason, `${at}.reason`, LONGEST_TEXT) }),
  };
}

/** As the device's driver made it: nothing of it is trimmed. */
function readKey(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_KEY) return value;
  throw invalidField('invalid-request', field, `must be a statement's key, a text of 1 to ${LONGEST_KEY} characters`);
}

function readAdoption(value: unknown, field: string): Adoption {
  const known = ADOPTIONS.find((one) => one === value);
  if (known === undefined) throw invalidField('invalid-request', field, `must be one of ${ADOPTIONS.join(', ')}`);
  return known;
}

function readDevice(value: unknown): DeviceId {
  return readField('device', () => parseDeviceId(typeof value === 'string' ? value : ''));
}

function readPort(value: unknown, field: string): PortName {
  return readField(field, () => parsePortName(typeof value === 'string' ? value : ''));
}
