/** What a secret of Standard Webhooks begins with, before its base64. */
const PREFIX = 'whsec_';
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

/**
 * The key of a secret as Standard Webhooks writes it, in base64: `whsec_…`, of 24 to 64 bytes. Throws a RangeError naming the rule, never
 * the text.
 */
export function secretKey(text: string): string {
  const key = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(key);
  const bytes = (key.length / 4) * 3 - (key.match(/=/g)?.length ?? 0);
  if (!isBase64 || bytes < FEWEST_BYTES || bytes > MOST_BYTES)
    throw new RangeError('must be whsec_ and the base64 of 24 to 64 random bytes');
  return key;
}
