/** What stands where a secret was. A bare word in every form of a Junos configuration. */
export const REDACTED = 'REDACTED';

/** Names of query parameters whose value is a secret. */
const SECRET_PARAMETER = /token|secret|passw|pwd|passphrase|api[._-]?key|^key$|auth|^sig$|signature|credential/i;
/** No part looks further than 64 characters for its end, which keeps hostile text linear. */
const PARAMETER = /([?&;])([\w.-]{1,64})=([^&#\s"]*[^&#\s";])/g;
/** A port, when it stands where a password could: `host:8443/path@part`. */
const PORT = /^\d{1,5}(?:[/?#]|$)/;

/**
 * Replaces the secrets inside URLs, wherever they stand in a text: the password of `ftp://user:password@host/`, up to
 * the last `@` of the word because devices take one unescaped, and the values of query parameters that are named like
 * secrets (`?token=…`). Everything else stays.
 * The end of a CDATA section is no part of a value.
 * @param text plain text, a configuration, or XML.
 */
export function redactUrls(text: string): string {
  if (!text.includes('://') && !text.includes('?')) return text;
  return text.replace(/^\s*</.test(text) ? /(?:(?!\]\]>)[^\s"<>])+/g : /[^\s"]+/g, (word) =>
    redactParameters(redactPassword(word)),
  );
}

function redactPassword(word: string): string {
  const scheme = word.indexOf('://');
  const end = word.lastIndexOf('@');
  const colon = scheme === -1 ? -1 : word.indexOf(':', scheme + 3);
  if (colon === -1 || end < colon) return word;
  const before = word.slice(scheme + 3, colon);
  if (/[/?#[]/.test(before) || PORT.test(word.slice(colon + 1))) return word;
  return `${word.slice(0, colon + 1)}${REDACTED}${word.slice(end)}`;
}

function redactParameters(word: string): string {
  if (!word.includes('?')) return word;
  return word.replace(PARAMETER, (whole, mark: string, name: string) =>
    SECRET_PARAMETER.test(name) ? `${mark}${name}=${REDACTED}` : whole,
  );
}
