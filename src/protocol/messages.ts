import { parseServerId } from '../domain/event/event';
import { parseIpOrRange, type IpOrRange } from '../domain/values/ip';
import type { PortOutcome } from '../domain/change/outcome';
import { parseDeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import type { CoordinatorInput } from './coordinator';
import type { EnlistRequest } from './requests';
import type { NodeSubject } from '../domain/servers/portRequest';
import type { PortProgress } from './events';

/*
 * Signals can be sent by hand, and a handler that throws stops its workflow for good: every message is read here
 * before it is used. Readers throw a RangeError that names the field.
 */

const STATUSES: readonly string[] = [
  'applied',
  'unchanged',
  'held',
  'skipped',
  'parked',
  'failed',
] satisfies PortOutcome['status'][];

/** Reads one request of an `enlist` signal; only `port` is required. */
export function readEnlistRequest(message: unknown): EnlistRequest {
  const request = fields(message, 'an enlist request');
  const { waiter } = request;
  if (waiter !== undefined && waiter !== null && (typeof waiter !== 'string' || waiter === ''))
    throw new RangeError('waiter must be a workflow id');
  return {
    port: parsePortName(text(request['port'], 'port')),
    serverIds: list(request['serverIds'], 'serverIds').map(parseServerId),
    nodes: list(request['nodes'], 'nodes').map(readNode),
    explainedIps: readExplained(request['explainedIps']),
    deletedServerIds: list(request['deletedServerIds'], 'deletedServerIds').map(parseServerId),
    ...(typeof waiter === 'string' ? { waiter } : {}),
    ...readApproved(request['approvedStatements']),
    ...readApprovedChange(request['approvedChange']),
    ...readRejection(request['rejection']),
    ...readPlan(request['plan']),
  };
}

/** Reads a `portOutcome` signal. What an outcome says beyond device, port and status is for people and taken as it is. */
export function readPortOutcome(message: unknown): PortOutcome {
  const outcome = fields(message, 'an outcome');
  if (typeof outcome['status'] !== 'string' || !STATUSES.includes(outcome['status']))
    throw new RangeError(`status must be one of ${STATUSES.join(', ')}`);
  return {
    ...(outcome as Partial<PortOutcome>),
    device: parseDeviceId(text(outcome['device'], 'device')),
    port: parsePortName(text(outcome['port'], 'port')),
    status: outcome['status'] as PortOutcome['status'],
    summary: text(outcome['summary'], 'summary'),
    added: list(outcome['added'], 'added') as PortOutcome['added'],
    removed: list(outcome['removed'], 'removed') as PortOutcome['removed'],
    excluded: list(outcome['excluded'], 'excluded').map((entry) =>
      fields(entry, 'excluded'),
    ) as unknown as PortOutcome['excluded'],
  };
}

/** Reads a `portProgress` signal. */
export function readPortProgress(message: unknown): PortProgress {
  const progress = fields(message, 'a progress report');
  return {
    device: parseDeviceId(text(progress['device'], 'device')),
    port: parsePortName(text(progress['port'], 'port')),
    message: text(progress['message'], 'message'),
    ...(progress['isDeferred'] === true ? { isDeferred: true } : {}),
  };
}

/** Reads what a coordinator is started with, which may have been typed by hand. */
export function readCoordinatorInput(message: unknown): CoordinatorInput {
  const input = fields(message, 'the input');
  parseDeviceId(text(input['device'], 'device'));
  for (const name of ['pending', 'deferrals', 'lastOutcomes', 'openRemovals', 'rejected']) list(input[name], name);
  return message as CoordinatorInput;
}

function readNode(message: unknown): NodeSubject {
  const node = fields(message, 'nodes');
  return { cluster: text(node['cluster'], 'nodes[].cluster'), node: text(node['node'], 'nodes[].node') };
}

function readExplained(value: unknown): readonly IpOrRange[] {
  if (value === 'all')
    throw new RangeError('explainedIps must be a list of addresses: what nobody names is removed by an approval only');
  return list(value, 'explainedIps').map((one) => parseIpOrRange(text(one, 'explainedIps[]')));
}

function readApproved(value: unknown): Pick<EnlistRequest, 'approvedStatements'> {
  const keys = list(value, 'approvedStatements').map((key) => text(key, 'approvedStatements[]'));
  return keys.length === 0 ? {} : { approvedStatements: keys };
}

function readApprovedChange(value: unknown): Pick<EnlistRequest, 'approvedChange'> {
  if (value === undefined || value === null) return {};
  const approvedChange = text(value, 'approvedChange');
  if (approvedChange === '') throw new RangeError('approvedChange must be the fingerprint of a parked change');
  return { approvedChange };
}

function readRejection(value: unknown): Pick<EnlistRequest, 'rejection'> {
  if (value === undefined || value === null) return {};
  const { fingerprint, author, reason } = fields(value, 'rejection');
  return {
    rejection: {
      fingerprint: text(fingerprint, 'rejection.fingerprint'),
      author: text(author, 'rejection.author'),
      ...(typeof reason === 'string' ? { reason } : {}),
    },
  };
}

/** A plan that cannot be read must not become a request without one, which would change whatever is due. */
function readPlan(value: unknown): Pick<EnlistRequest, 'plan'> {
  if (value === undefined || value === null) return {};
  const plan = text(value, 'plan');
  if (plan === '') throw new RangeError('plan must be the id of a plan');
  return { plan };
}

function fields(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${what} must be a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new RangeError(`${what} must be a text`);
  return value;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RangeError(`${what} must be a list`);
  return value;
}
