import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import * as tls from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import { abortable } from '../../primitives/concurrency';

/** What a certificate must satisfy. */
export interface TrustRules {
  readonly ca: string | undefined;
  /** Upper case, colon separated SHA-256. */
  readonly fingerprints: readonly string[];
}

/** The code of errors about a certificate that is not a pinned one. */
export const PIN_MISMATCH = 'ERR_PROXMOX_PIN_MISMATCH';

/**
 * Keeps one connection pool per API host. Every connection that may carry the token verifies its peer before the
 * first byte is sent:
 * - with a CA: chain, host name and, when pins are given, the fingerprint;
 * - with pins only: the pinned certificate itself is the only trust anchor (a partial chain in the words of
 *   OpenSSL), so a self-signed certificate is accepted when, and only when, it is the pinned one;
 * - with neither: chain and host name against the system's CAs.
 */
export class TrustedConnections {
  private readonly pools = new Map<string, Promise<HttpAgent | HttpsAgent>>();
  private readonly retired = new Set<HttpAgent | HttpsAgent>();

  constructor(
    private readonly rules: TrustRules,
    private readonly limits: { readonly maxSockets: number; readonly timeoutMs: number },
  ) {}

  /**
   * The pool of one host, made at first use. Rejects with {@link PIN_MISMATCH} when the host shows no pinned
   * certificate, or with the connection's error.
   */
  async pool(host: URL, signal: AbortSignal): Promise<HttpAgent | HttpsAgent> {
    const known = this.pools.get(host.origin);
    if (known !== undefined) return abortable(known, signal);
    const made = this.makePool(host);
    this.pools.set(host.origin, made);
    made.catch(() => {
      if (this.pools.get(host.origin) === made) this.pools.delete(host.origin);
    });
    return abortable(made, signal);
  }

  /**
   * After a certificate error: gives up a pool whose trust anchor was the host's former certificate, so that the
   * next {@link pool} looks at the certificate again.
   * @returns false when looking again cannot change anything.
   */
  async renew(host: URL, stale: HttpAgent | HttpsAgent): Promise<boolean> {
    if (!this.anchorsOnCertificate) return false;
    const known = this.pools.get(host.origin);
    const pool = await known?.catch(() => undefined);
    if (pool === stale && this.pools.get(host.origin) === known) this.pools.delete(host.origin);
    // Other requests may still use the pool's verified connections; only the idle ones are closed.
    for (const idle of Object.values(stale.freeSockets)) idle?.forEach((socket) => socket.destroy());
    this.retired.add(stale);
    return true;
  }

  private get anchorsOnCertificate(): boolean {
    return this.rules.ca === undefined && this.rules.fingerprints.length > 0;
  }

  /** Closes every idle and busy connection. */
  close(): void {
    for (const known of this.pools.values()) {
      known.then(
        (pool) => {
          pool.destroy();
        },
        () => undefined,
      );
    }
    this.pools.clear();
    for (const pool of this.retired) pool.destroy();
    this.retired.clear();
  }

  private async makePool(host: URL): Promise<HttpAgent | HttpsAgent> {
    const common = { keepAlive: true, maxSockets: this.limits.maxSockets };
    if (host.protocol === 'http:') return new HttpAgent(common);
    // A resumed TLS session skips checkServerIdentity, hence no session cache.
    const secure = { ...common, maxCachedSessions: 0, rejectUnauthorized: true };
    if (this.anchorsOnCertificate) {
      const anchor = await presentedCertificate(host, this.limits.timeoutMs);
      const refused = this.pinError(anchor.fingerprint256);
      if (refused !== undefined) throw refused;
      return new HttpsAgent({
        ...secure,
        ca: anchor.toString(),
        allowPartialTrustChain: true,
        checkServerIdentity: (_name, certificate) => this.pinError(certificate.fingerprint256),
      });
    }
    return new HttpsAgent({
      ...secure,
      ...(this.rules.ca === undefined ? {} : { ca: this.rules.ca }),
      checkServerIdentity: (name, certificate) =>
        tls.checkServerIdentity(name, certificate) ?? this.pinError(certificate.fingerprint256),
    });
  }

  private pinError(fingerprint: string): Error | undefined {
    if (this.rules.fingerprints.length === 0 || this.rules.fingerprints.includes(fingerprint)) return undefined;
    return Object.assign(new Error(`the certificate's SHA-256 fingerprint ${fingerprint} is not a pinned one`), {
      code: PIN_MISMATCH,
    });
  }
}

/**
 * Reads the certificate that a host shows. The handshake is not verified and nothing is sent over it; the caller
 * compares the fingerprint, and requests go over other connections that verify.
 */
function presentedCertificate(host: URL, timeoutMs: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const name = host.hostname.replace(/^\[|\]$/g, '');
    const port = host.port === '' ? 443 : Number(host.port);
    const socket = tls.connect({
      host: name,
      port,
      rejectUnauthorized: false,
      ...(isIP(name) === 0 ? { servername: name } : {}),
    });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error(`no TLS handshake within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) reject(new Error('the host shows no certificate'));
      else resolve(certificate);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(Object.assign(new Error('the connection was closed during the TLS handshake'), { code: 'ECONNRESET' }));
    });
  });
}
