import { isIP } from 'node:net';
import { PortwardenError } from '../../domain/errors';
import type { AnswerObserver } from '../seenAnswer';

/** How to reach one Proxmox VE cluster. */
export interface ProxmoxClusterOptions {
  /** The configured name; appears in messages and inventories. */
  readonly name: string;
  /** API hosts of the same cluster, `https://host:8006`, tried in this order; `http://` only for loopback addresses. */
  readonly hosts: readonly string[];
  /** `USER@REALM!TOKENID=UUID`. */
  readonly token: string;
  /** PEM of the CA that signs the hosts' certificates (`/etc/pve/pve-root-ca.pem`). Absent: the system's CAs. */
  readonly ca?: string | undefined;
  /** SHA-256 fingerprints of the hosts' own certificates: on top of `ca` when that is given, else instead of any CA. */
  readonly fingerprints?: readonly string[] | undefined;
  /** Per request to one API host, in milliseconds. */
  readonly timeoutMs: number;
  /** Requests in flight at once per node. */
  readonly concurrency: number;
  /** Is told what answers say of the token and of the cluster's clocks. */
  readonly observe?: AnswerObserver | undefined;
}

/** The options after validation. */
export interface ProxmoxSettings {
  readonly name: string;
  readonly hosts: readonly URL[];
  readonly token: string;
  readonly ca: string | undefined;
  /** Upper case, colon separated, as node:tls spells them. */
  readonly fingerprints: readonly string[];
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly observe: AnswerObserver | undefined;
}

/** Checks the options; throws `invalid-configuration` naming the rule, never the token. */
export function parseOptions(options: ProxmoxClusterOptions): ProxmoxSettings {
  const refuse = (field: string, rule: string): never => {
    throw new PortwardenError('invalid-configuration', `Proxmox cluster ${options.name}: ${field} ${rule}`);
  };
  const hosts = options.hosts.map(
    (text) => parseHost(text) ?? refuse('hosts', `must be https://host:port (http only for loopback), not ${text}`),
  );
  if (hosts.length === 0) refuse('hosts', 'must name at least one API host');
  if (!/^[^@!=\s]+@[^@!=\s]+![^@!=\s]+=\S+$/.test(options.token))
    refuse('token', 'must have the form USER@REALM!TOKENID=UUID');
  if (options.ca !== undefined && !options.ca.includes('-----BEGIN CERTIFICATE-----'))
    refuse('ca', 'must be a PEM certificate');
  const fingerprints = (options.fingerprints ?? []).map(
    (text) =>
      parseFingerprint(text) ?? refuse('fingerprints', 'must be SHA-256 fingerprints: 32 hexadecimal octets AA:BB:…'),
  );
  if (!(options.timeoutMs > 0)) refuse('timeoutMs', 'must be positive');
  if (!Number.isInteger(options.concurrency) || options.concurrency < 1)
    refuse('concurrency', 'must be an integer of at least 1');
  const { name, token, ca, timeoutMs, concurrency, observe } = options;
  return { name, hosts, token, ca, fingerprints, timeoutMs, concurrency, observe };
}

function parseHost(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  return plain && secure ? url : undefined;
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

function parseFingerprint(text: string): string | undefined {
  const digits = text
    .trim()
    .replace(/^sha-?256[:=]/i, '')
    .replaceAll(':', '')
    .toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : undefined;
}
