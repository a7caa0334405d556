import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

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
}

const DAY_MS = 86_400_000;

/** Makes a CA and a server certificate, valid for a month. */
export function makeIdentity(options: CertificateOptions): LabIdentity {
  const ca =
    options.selfSigned === true ? undefined : issue({ commonName: 'Portwarden lab CA', names: [], expired: false });
  const leaf = issue({
    commonName: options.names[0] ?? 'localhost',
    names: options.names,
    expired: options.expired ?? false,
    issuer: ca,
  });
  return { ...leaf, caPem: ca?.cert ?? leaf.cert, fingerprint: new X509Certificate(leaf.cert).fingerprint256 };
}

interface Request {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly expired: boolean;
  readonly issuer?: KeyAndCertificate | undefined;
}

function issue(request: Request): KeyAndCertificate {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  const now = Date.now();
  certificate.validity.notBefore = new Date(now - 10 * DAY_MS);
  certificate.validity.notAfter = new Date(request.expired ? now - DAY_MS : now + 30 * DAY_MS);
  const subject = [
    { name: 'commonName', value: request.commonName },
    { name: 'organizationName', value: 'PVE Cluster Manager CA' },
  ];
  certificate.setSubject(subject);
  const isCa = request.names.length === 0;
  const signer = request.issuer;
  certificate.setIssuer(signer === undefined ? subject : forge.pki.certificateFromPem(signer.cert).subject.attributes);
  certificate.setExtensions(
    isCa
      ? [
          { name: 'basicConstraints', cA: true, critical: true },
          { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
        ]
      : [
          { name: 'basicConstraints', cA: false },
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: request.names.map((name) =>
              isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
            ),
          },
        ],
  );
  certificate.sign(forge.pki.privateKeyFromPem(signer?.key ?? pair.privateKey), forge.md.sha256.create());
  return { key: pair.privateKey, cert: forge.pki.certificateToPem(certificate) };
}
