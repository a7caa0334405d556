import { createHmac } from 'node:crypto';

/**
 * The headers with which Standard Webhooks tells a receiver who sent a message, when, and that it is whole: the signature is
 * HMAC-SHA256 over `id.timestamp.body`, once with each key, so that keys can be changed one side after the other.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param at when it is sent, Unix milliseconds; the header has seconds.
 * @param keys in base64.
 */
export function signatureHeaders(
  id: string,
  at: number,
  body: string,
  keys: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = keys.map((key) => {
    const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${timestamp}.${body}`, 'utf8');
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  };
}
