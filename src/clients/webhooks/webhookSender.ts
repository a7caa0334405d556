import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { PortwardenError } from '../../domain/errors';
import { readAnswer, type DeliveryAnswer } from '../../domain/notifications/answer';
import { readRetryAfter } from '../../domain/notifications/retries';
import type { Target, TargetRules } from '../../domain/notifications/target';
import { tryParseIp } from '../../domain/values/ip';
import type { Secret } from '../../primitives/secret';
import { guardedLookup, refusalOf, type ResolveAll } from './guardedLookup';
import { signatureHeaders } from './sign';

/** Where a message goes, and how it is signed. */
export interface WebhookTarget {
  readonly target: Target;
  readonly rules: TargetRules;
  /** Each in base64. */
  readonly keys: readonly Secret[];
  readonly ca?: string;
  readonly timeoutMs: number;
}

/** A message. */
export interface WebhookMessage {
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

const MOST_ANSWER_BYTES = 65_536;
/** The words of an answer that are shown: a code such as Slack's `invalid_blocks`, and nothing that could be more than that. */
const CODE = /^[a-z][a-z_]{1,60}$/;
const NAMED_ERROR = /^[A-Z][A-Z0-9_]{2,60}$/;

/**
 * Sends one message, once: through no proxy, following no redirect, over a connection of its own, to addresses only to which the rules let
 * it. @returns what became of it, whatever that is. @throws nothing that the network does.
 */
export async function sendWebhook(
  { target, rules, keys, ca, timeoutMs }: WebhookTarget,
  { id, body }: WebhookMessage,
  { resolve, now = Date.now }: { readonly resolve?: ResolveAll; readonly now?: () => number } = {},
): Promise<DeliveryAnswer> {
  const { isSecure, host, port, path } = target;
  const literal = tryParseIp(host);
  const refusal = literal === undefined ? undefined : refusalOf([{ address: literal }], isSecure, rules);
  if (refusal !== undefined) return failed(refusal);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const request = (isSecure ? httpsRequest : httpRequest)({
      ...{ host, port, path, method: 'POST', agent: false, signal, timeout: timeoutMs },
      lookup: guardedLookup(isSecure, rules, resolve),
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
        'User-Agent': 'portwarden',
        ...signatureHeaders(
          id,
          now(),
          body,
          keys.map((key) => key.reveal()),
        ),
      },
      ...(ca === undefined ? {} : { ca }),
    });
    const response = await answered(request, body);
    const words = await wordsOf(response);
    const retryAfter = readRetryAfter(response.headers['retry-after'], now());
    return readAnswer(response.statusCode ?? 0, CODE.test(words) ? words : undefined, retryAfter);
  } catch (error) {
    if (error instanceof PortwardenError) return failed(error);
    const why = signal.aborted ? `no answer within ${timeoutMs / 1_000} s` : nameOf(error);
    return failed(new PortwardenError('notification-unreachable', `The receiver does not answer: ${why}`));
  }
}

function failed({ code, message }: PortwardenError): DeliveryAnswer {
  return { kind: 'failed', error: `${code}: ${message}` };
}

function answered(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
    request.end(body);
  });
}

/** The beginning of an answer's body. A body that is too long or cut off changes nothing: the status has said it all. */
async function wordsOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MOST_ANSWER_BYTES) break;
    }
  } catch {
    // Cut off, or out of time.
  }
  response.destroy();
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** `ECONNREFUSED` and the like; never a message, which may repeat what the other side said. */
function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'the connection failed';
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && NAMED_ERROR.test(code)) return code;
  // Several addresses of a name were tried: what the first one said.
  const [first] = 'errors' in error && Array.isArray(error.errors) ? (error.errors as readonly unknown[]) : [];
  return nameOf(first);
}
