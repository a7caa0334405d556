import { createHash } from 'node:crypto';
import { PortwardenError } from '../../domain/errors';

/** A host key as the device presented it. */
export interface SeenHostKey {
  /** `SHA256:…`, as OpenSSH prints it. */
  readonly fingerprint: string;
  /** The type that the key itself names (RFC 4253 section 6.6): `ssh-rsa`, `ssh-ed25519`, … */
  readonly type: string;
}

/** Describes a public host key in SSH wire format. */
export function describeHostKey(key: Buffer): SeenHostKey {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return {
    fingerprint: `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`,
    type: key.toString('latin1', 4, 4 + Math.min(length, 64)),
  };
}

/** Whether a fingerprint is one of the pinned ones. These may be given with or without `SHA256:` and padding. */
export function isPinned(fingerprint: string, pinned: readonly string[]): boolean {
  return pinned.some(
    (pin) =>
      `SHA256:${pin
        .trim()
        .replace(/^SHA256:/i, '')
        .replace(/=+$/, '')}` === fingerprint,
  );
}

/** The error for a device none of whose host keys is accepted. */
export function hostKeyError(
  address: string,
  seen: readonly SeenHostKey[],
  pinned: readonly string[],
): PortwardenError {
  const shown = seen.map((key) => `${key.fingerprint} (${key.type})`);
  const expected = pinned.length === 0 ? 'none is pinned' : `pinned: ${pinned.join(', ')}`;
  return new PortwardenError('device-host-key', `${address} presents the host key ${shown.join(', ')}; ${expected}.`, {
    details: { seen: seen.map((key) => key.fingerprint), pinned },
  });
}
