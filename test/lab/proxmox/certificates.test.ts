import { createPrivateKey, X509Certificate } from 'node:crypto';
import { makeIdentity } from '../../../lab/proxmox/certificates';

const NAMES = ['node-1.lab.example', '127.0.0.1', '::1', '2001:db8::12:0:1'];
const DAY_MS = 86_400_000;

describe.each(['ec', 'rsa'] as const)('a certificate with %s keys', (keys) => {
  const identity = makeIdentity({ names: NAMES, keys });
  const [ca, leaf] = [new X509Certificate(identity.caPem), new X509Certificate(identity.cert)];

  test('is signed by the CA of the lab, which signs itself', () => {
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect([ca.verify(ca.publicKey), leaf.verify(ca.publicKey), leaf.verify(leaf.publicKey)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([ca.checkIssued(ca), leaf.checkIssued(ca)]).toEqual([true, true]);
    expect(leaf.issuer).toBe('CN=Portwarden lab CA\nO=PVE Cluster Manager CA');
    expect(leaf.checkPrivateKey(createPrivateKey(identity.key))).toBe(true);
    expect(leaf.fingerprint256).toBe(identity.fingerprint);
    expect(leaf.publicKey.asymmetricKeyType).toBe(keys);
  });

  test('is for its names, and for a server', () => {
    expect(NAMES.map((name) => leaf.checkHost(name) ?? leaf.checkIP(name))).toEqual(NAMES);
    expect([leaf.checkHost('node-2.lab.example'), leaf.checkIP('127.0.0.2')]).toEqual([undefined, undefined]);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('is valid for a month, or ended yesterday; no two have one key or number', () => {
    const ends = (pem: string): number =>
      Math.round((Date.parse(new X509Certificate(pem).validTo) - Date.now()) / DAY_MS);
    expect(ends(identity.cert)).toBe(30);
    const expired = makeIdentity({ names: NAMES, keys, selfSigned: true, expired: true });
    expect([ends(expired.cert), expired.caPem]).toEqual([-1, expired.cert]);
    const own = new X509Certificate(expired.cert);
    expect(own.verify(own.publicKey)).toBe(true);
    expect(own.serialNumber).not.toBe(leaf.serialNumber);
    expect(expired.key).not.toBe(identity.key);
  });
});
