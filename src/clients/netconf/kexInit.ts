/** The algorithms that an SSH server offers, each list in its order of preference. */
export interface KexInit {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
}

const SSH_MSG_KEXINIT = 20;
const COOKIE_BYTES = 16;
const MAX_BYTES = 64 * 1024;

/**
 * Reads the server's offer from the first, still unencrypted bytes of an SSH connection (RFC 4253 sections 4.2, 6 and
 * 7.1). ssh2 keeps the offer to itself, but it is what an operator needs to see when nothing matches, and it tells
 * which other host keys the server has.
 */
export class KexInitReader {
  /** Set once the offer has been read. */
  offer: KexInit | undefined;
  private bytes = Buffer.alloc(0);
  private finished = false;

  /** Takes the bytes as they come from the socket; does nothing once the offer was read or cannot be. */
  push(chunk: Buffer): void {
    if (this.finished) return;
    this.bytes = Buffer.concat([this.bytes, chunk]);
    const packet = findPacket(this.bytes);
    if (packet === undefined && this.bytes.length <= MAX_BYTES) return;
    this.finished = true;
    this.bytes = Buffer.alloc(0);
    if (packet !== undefined) this.offer = parseOffer(packet);
  }
}

/** The payload of the first packet behind the identification line; undefined while it is incomplete. */
function findPacket(bytes: Buffer): Buffer | undefined {
  let line = 0;
  while (bytes.toString('latin1', line, line + 4) !== 'SSH-') {
    const next = bytes.indexOf(0x0a, line);
    if (next === -1) return undefined;
    line = next + 1;
  }
  const start = bytes.indexOf(0x0a, line) + 1;
  if (start === 0 || bytes.length < start + 5) return undefined;
  const length = bytes.readUInt32BE(start);
  if (bytes.length < start + 4 + length) return undefined;
  const padding = bytes.readUInt8(start + 4);
  return bytes.subarray(start + 5, Math.max(start + 5, start + 4 + length - padding));
}

function parseOffer(payload: Buffer): KexInit | undefined {
  if (payload[0] !== SSH_MSG_KEXINIT) return undefined;
  const lists: string[][] = [];
  let at = 1 + COOKIE_BYTES;
  while (lists.length < 6) {
    if (payload.length < at + 4) return undefined;
    const length = payload.readUInt32BE(at);
    if (payload.length < at + 4 + length) return undefined;
    const text = payload.toString('latin1', at + 4, at + 4 + length).replace(/[^\x21-\x7E]/g, '.');
    lists.push(text === '' ? [] : text.split(','));
    at += 4 + length;
  }
  const [kex = [], serverHostKey = [], , cipher = [], , hmac = []] = lists;
  return { kex, serverHostKey, cipher, hmac };
}
