import { PortwardenError, type ErrorCode, type ErrorDetails } from '../../domain/errors';
import { IGNORABLE, RULES, type Operation } from './errorCatalogue';
import type { RpcError, RpcReply } from './session';

export type { Operation } from './errorCatalogue';

const MAX_MESSAGES = 20;
const MAX_MESSAGE_LENGTH = 500;

/**
 * Judges the reply to an operation.
 * @returns The one error that says what to do about it, or undefined when nothing in the reply stands against success.
 *   Details: `device-busy` {text, holder?, since?, pid?, sessionId?}, `device-rejected` {messages, path?, badElement?},
 *   others {messages}.
 */
export function classifyErrors(
  operation: Operation,
  reply: Pick<RpcReply, 'errors' | 'warnings'>,
): PortwardenError | undefined {
  const errors = [...reply.errors, ...reply.warnings.filter((warning) => ruleFor(operation, warning) !== undefined)];
  const serious = errors.filter((error) => !isIgnorable(operation, error));
  const [first] = serious;
  if (first === undefined) return undefined;
  for (const rule of RULES) {
    const hit = serious.find((error) => rule.appliesTo(operation, error));
    if (hit !== undefined) return build(rule.code, operation, hit, serious);
  }
  const culprit =
    serious.find((error) => error.path !== undefined) ??
    serious.find((error) => error.badElement !== undefined) ??
    first;
  return build('device-rejected', operation, culprit, serious);
}

/** Warnings that an operator should see: those that are neither known to be harmless nor judged as errors. */
export function notableWarnings(operation: Operation, reply: Pick<RpcReply, 'warnings'>): readonly RpcError[] {
  return reply.warnings.filter(
    (warning) => !isIgnorable(operation, warning) && ruleFor(operation, warning) === undefined,
  );
}

/** One error or warning as a line of text. */
export function describeRpcError(error: RpcError): string {
  const where = [error.path, error.badElement].filter((part) => part !== undefined).join(' ');
  return oneLine(where === '' ? error.message : `${where}: ${error.message}`).slice(0, MAX_MESSAGE_LENGTH);
}

/** Who holds the configuration lock, as far as the refusal says. */
interface LockHolder {
  readonly holder?: string;
  readonly pid?: string;
  readonly since?: string;
  readonly sessionId?: string;
}

/**
 * Reads `configuration database locked by: admin terminal p0 (pid 32260) on since 2021-05-06 11:04:06 UTC, idle …`.
 * What cannot be read is left out.
 */
function readLockHolder(error: RpcError): LockHolder {
  const text = oneLine(error.message);
  const [, holder] = /locked by:?\s+(\S+)/i.exec(text) ?? [];
  const [, pid] = /\(pid (\d+)\)/.exec(text) ?? [];
  const [, since] = /\bsince ([^,[]+?)\s*(?:,|\[|exclusive|$)/.exec(text) ?? [];
  return {
    ...(holder === undefined ? {} : { holder }),
    ...(pid === undefined ? {} : { pid }),
    ...(since === undefined ? {} : { since }),
    ...(error.sessionId === undefined ? {} : { sessionId: error.sessionId }),
  };
}

function isIgnorable(operation: Operation, error: RpcError): boolean {
  return IGNORABLE.some((rule) => rule.appliesTo(operation, error));
}

function ruleFor(operation: Operation, error: RpcError): ErrorCode | undefined {
  return RULES.find((rule) => rule.evenAsWarning === true && rule.appliesTo(operation, error))?.code;
}

function build(code: ErrorCode, operation: Operation, hit: RpcError, all: readonly RpcError[]): PortwardenError {
  const messages = [...new Set(all.map(describeRpcError))].slice(0, MAX_MESSAGES);
  const text = describeRpcError(hit);
  return new PortwardenError(code, `The device answers the ${operation}: ${text}`, {
    details: detailsOf(code, hit, messages, text),
  });
}

function detailsOf(code: ErrorCode, hit: RpcError, messages: readonly string[], text: string): ErrorDetails {
  if (code === 'device-busy') return { ...readLockHolder(hit), text };
  return {
    messages,
    ...(hit.path === undefined ? {} : { path: oneLine(hit.path) }),
    ...(hit.badElement === undefined ? {} : { badElement: oneLine(hit.badElement) }),
  };
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
