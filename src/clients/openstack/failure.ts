import { PortwardenError, type ErrorCode } from '../../domain/errors';
import type { CloudAnswer } from './exchange';
import { neutronError } from './schemas';

/** What Neutron refuses, by its own type (notes on Neutron: decide by status and type, never by the message). */
export interface NeutronRefusal {
  readonly status: number;
  /** `NeutronError.type`; empty when the answer has none. */
  readonly type: string;
  readonly message: string;
}

const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const LONGEST_WAIT_MS = 3_600_000;
const LONGEST_MESSAGE = 300;

/** Neutron's refusal in an answer that is no success. */
export function refusalIn({ status, body }: CloudAnswer): NeutronRefusal {
  const read = neutronError.safeParse(body);
  return read.success
    ? { status, type: read.data.NeutronError.type, message: read.data.NeutronError.message.slice(0, LONGEST_MESSAGE) }
    : { status, type: '', message: `status ${status}` };
}

/** The error that ends whatever needed an answer. @param what the request, as `GET /v2.0/ports`. */
export function failureOf(what: string, answer: CloudAnswer): PortwardenError {
  const { status, requestId } = answer;
  const { type, message } = refusalIn(answer);
  const text = `${what}: ${type === '' ? `status ${status}` : `${type}: ${message}`}${requestId === undefined ? '' : ` (${requestId})`}`;
  const wait = Number(answer.header('retry-after'));
  const retryAfterMs = Number.isFinite(wait) && wait > 0 ? Math.min(wait * 1000, LONGEST_WAIT_MS) : undefined;
  return new PortwardenError(codeOf(status), text, {
    details: { status, ...(type === '' ? {} : { type }) },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** An answer that has not the form that it should have. */
export function unreadable(what: string, why: string): PortwardenError {
  return new PortwardenError('device-protocol', `${what}: ${why}`);
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'device-authentication';
  if (status === 403) return 'device-permission';
  return TRANSIENT.has(status) ? 'device-unreachable' : 'device-rejected';
}
