import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import { around, bits, integer, nothing, objectId, octets, plain, sequence, set, text, time, yes } from './der';

/** A certificate and its key, PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A lab CA with a server certificate that it signed. */
export interface LabIdentity extends KeyAndCertificate {
  readonly caPem: string;
  /** SHA-256 of the server certificate, `AA:BB:…`. */
  readonly fingerprint: string;
}

/** What a server certificate says. */
export interface CertificateOptions {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Signed by itself instead of the lab's CA. */
  readonly selfSigned?: boolean;
  /** Ended yesterday. */
  readonly expired?: boolean;
  /** `rsa` (2048 bits) is what Proxmox VE makes; the default, `ec` (P-256), is made a thousand times quicker. */
  readonly keys?: KeyType;
}

type KeyType = 'ec' | 'rsa';

const DAY_MS = 86_400_000;

/** Makes a CA and a server certificate, valid for a month. */
export function makeIdentity({ names, selfSigned, expired = false, keys = 'ec' }: CertificateOptions): LabIdentity {
  const ca = selfSigned === true ? undefined : issue({ subject: 'Portwarden lab CA', names: [], expired: false, keys });
  const leaf = issue({ subject: names[0] ?? 'localhost', names, expired, keys, issuer: ca });
  return { ...leaf, caPem: ca?.cert ?? leaf.cert, fingerprint: new X509Certificate(leaf.cert).fingerprint256 };
}

interface Request {
  readonly subject: string;
  readonly names: readonly string[];
  readonly expired: boolean;
  readonly keys: KeyType;
  readonly issuer?: Issued | undefined;
}

interface Issued extends KeyAndCertificate {
  readonly subject: string;
}

/** How a signature says what it was made with: ecdsa-with-SHA256, sha256WithRSAEncryption. */
const SIGNED_WITH: Readonly<Record<KeyType, Buffer>> = {
  ec: sequence(objectId('1.2.840.10045.4.3.2')),
  rsa: sequence(objectId('1.2.840.113549.1.1.11'), nothing),
};

/** A version 3 certificate (RFC 5280), of a CA when no names are asked for. */
function issue({ subject, names, expired, keys, issuer }: Request): Issued {
  const { key, publicKey } = makeKeys(keys);
  const now = Date.now();
  const ends = expired ? now - DAY_MS : now + 30 * DAY_MS;
  const content = sequence(
    around(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    SIGNED_WITH[keys],
    distinguishedName(issuer?.subject ?? subject),
    sequence(time(new Date(now - 10 * DAY_MS)), time(new Date(ends))),
    distinguishedName(subject),
    publicKey,
    around(3, sequence(...(names.length === 0 ? CA_EXTENSIONS : serverExtensions(names)))),
  );
  const signature = sign('sha256', content, createPrivateKey(issuer?.key ?? key));
  const base64 = sequence(content, SIGNED_WITH[keys], bits(signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    subject,
    key,
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  };
}

/** @returns the private key as PEM, and the public one as a certificate carries it */
function makeKeys(type: KeyType): { readonly key: string; readonly publicKey: Buffer } {
  const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
  const pair =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1', publicKeyEncoding, privateKeyEncoding });
  return { key: pair.privateKey, publicKey: pair.publicKey };
}

function distinguishedName(commonName: string): Buffer {
  const attribute = (id: string, value: string): Buffer => set(sequence(objectId(id), text(value)));
  return sequence(attribute('2.5.4.3', commonName), attribute('2.5.4.10', 'PVE Cluster Manager CA'));
}

const BASIC_CONSTRAINTS = objectId('2.5.29.19');

/** basicConstraints, and keyUsage with keyCertSign and cRLSign, both critical. */
const CA_EXTENSIONS = [
  sequence(BASIC_CONSTRAINTS, yes, octets(sequence(yes))),
  sequence(objectId('2.5.29.15'), yes, octets(bits(Buffer.from([0b110]), 1))),
];

/** basicConstraints, extKeyUsage with serverAuth, and subjectAltName. */
function serverExtensions(names: readonly string[]): readonly Buffer[] {
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? plain(2, Buffer.from(name, 'latin1')) : plain(7, addressBytes(name)),
  );
  return [
    sequence(BASIC_CONSTRAINTS, octets(sequence())),
    sequence(objectId('2.5.29.37'), octets(sequence(objectId('1.3.6.1.5.5.7.3.1')))),
    sequence(objectId('2.5.29.17'), octets(sequence(...alternatives))),
  ];
}

/** The 4 or 16 bytes of an address. */
function addressBytes(ip: string): Buffer {
  if (!isIPv6(ip)) return Buffer.from(ip.split('.').map(Number));
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [before = [], after = []] = ip.split('::').map(groups);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
