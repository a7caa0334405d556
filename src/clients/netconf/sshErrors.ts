import { PortwardenError, type ErrorDetails } from '../../domain/errors';
import type { KexInit } from './kexInit';

/** What was known when an SSH connection failed. */
export interface SshFailureContext {
  /** `host:port`. */
  readonly address: string;
  readonly username: string;
  /** What was going on: `connecting`, `SSH handshake`, `authentication`, … */
  readonly stage: string;
  /** What the server offered, when it got as far. */
  readonly offer?: KexInit | undefined;
  /** Authentication methods that the server still accepted. */
  readonly authMethods?: readonly string[] | undefined;
}

/**
 * Turns an error of ssh2 or of the socket into a registered one. The kinds and texts are those of ssh2 1.17
 * (`err.level`, and `err.code` for sockets and for SSH disconnect messages, RFC 4253 section 11.1).
 */
export function classifySshError(error: unknown, context: SshFailureContext): PortwardenError {
  const { level, code, text } = read(error);
  const where = `${context.address} (${context.stage})`;
  if (level === 'client-authentication' || isAuthenticationDisconnect(code, text)) {
    const methods = context.authMethods?.join(', ');
    return new PortwardenError(
      'device-authentication',
      `${context.address} refuses to let ${context.username} in: ${text}` +
        (methods === undefined ? '' : ` (the device offers: ${methods})`),
    );
  }
  if (level === 'handshake' && /no matching|algorithm/i.test(text)) {
    return new PortwardenError('device-algorithms', `${where}: ${text}${describeOffer(context.offer)}`, {
      details: offerDetails(context.offer),
    });
  }
  if (level === 'handshake' && /signature verification failed/i.test(text)) {
    return new PortwardenError('device-host-key', `${where}: the device could not prove that its host key is its own.`);
  }
  if (code === 'ETIMEDOUT') return new PortwardenError('device-timeout', `${where}: the connection timed out.`);
  if ((level === 'protocol' || level === 'handshake') && !/lost before handshake/i.test(text)) {
    return new PortwardenError('device-protocol', `${where}: not an SSH server as expected: ${text}`);
  }
  return new PortwardenError('device-unreachable', `${where}: ${text}`);
}

function read(error: unknown): { level: string; code: string | number | undefined; text: string } {
  if (!(error instanceof Error)) return { level: '', code: undefined, text: String(error).slice(0, 300) };
  const level = 'level' in error && typeof error.level === 'string' ? error.level : '';
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : undefined;
  // Node's error for several addresses (happy eyeballs) has a code but no message.
  const text = error.message === '' ? String(code ?? error.name) : error.message;
  return {
    level,
    code,
    text: text
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 300),
  };
}

const NO_MORE_AUTH_METHODS_AVAILABLE = 14;

function isAuthenticationDisconnect(code: string | number | undefined, text: string): boolean {
  return code === NO_MORE_AUTH_METHODS_AVAILABLE || (typeof code === 'number' && /authentication failure/i.test(text));
}

function describeOffer(offer: KexInit | undefined): string {
  if (offer === undefined) return '';
  return (
    `. The device offers key exchange ${offer.kex.join(', ')}; host keys ${offer.serverHostKey.join(', ')}; ` +
    `ciphers ${offer.cipher.join(', ')}; MACs ${offer.hmac.join(', ')}.`
  ).slice(0, 2000);
}

function offerDetails(offer: KexInit | undefined): ErrorDetails {
  if (offer === undefined) return {};
  return { kex: offer.kex, serverHostKey: offer.serverHostKey, cipher: offer.cipher, hmac: offer.hmac };
}
