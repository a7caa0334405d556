import { PortwardenError } from '../../domain/errors';
import { ByteQueue } from './byteQueue';

/** How messages are told apart: `]]>]]>` (RFC 6242 section 4.3) or chunks (section 4.2). */
export type Framing = 'end-of-message' | 'chunked';

/** The largest message that is accepted, in bytes. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const DELIMITER = Buffer.from(']]>]]>');
const LF = 0x0a;
const HASH = 0x23;
const MAX_CHUNK_SIZE = 4_294_967_295;

/** Frames one message for sending, as a single buffer: a message written in pieces is slowed by delayed acknowledgements. */
export function encodeFrame(message: string, framing: Framing): Buffer {
  const body = Buffer.from(message, 'utf8');
  if (framing === 'end-of-message') return Buffer.concat([body, DELIMITER]);
  if (body.length === 0) throw new PortwardenError('device-protocol', 'A chunked message cannot be empty.');
  return Buffer.concat([Buffer.from(`\n#${body.length}\n`), body, Buffer.from('\n##\n')]);
}

/**
 * Takes bytes as they arrive, cut anywhere, and gives whole messages. Starts with end-of-message framing, which every
 * hello uses; `framing` may be changed between two messages and applies to the bytes behind the last one given.
 */
export class FrameDecoder {
  framing: Framing = 'end-of-message';
  private readonly input = new ByteQueue();
  private readonly message = new ByteQueue();
  private searched = 0;
  private chunkLeft = 0;

  /** @param limit The largest message accepted, in bytes. */
  constructor(private readonly limit: number = MAX_MESSAGE_BYTES) {}

  /** Takes bytes. Ask `next` afterwards until it gives nothing. */
  push(bytes: Uint8Array): void {
    this.input.push(bytes);
  }

  /**
   * The next whole message, or undefined when more bytes are needed.
   * @throws PortwardenError `device-protocol` for a broken chunk header or a message over the limit; the decoder is of
   *   no use afterwards.
   */
  next(): Buffer | undefined {
    return this.framing === 'end-of-message' ? this.nextDelimited() : this.nextChunked();
  }

  private nextDelimited(): Buffer | undefined {
    const found = this.input.indexOf(DELIMITER, this.searched);
    if (found === -1) {
      this.searched = Math.max(0, this.input.length - DELIMITER.length + 1);
      this.checkSize(this.input.length);
      return undefined;
    }
    this.searched = 0;
    this.checkSize(found);
    const message = this.input.take(found);
    this.input.drop(DELIMITER.length);
    return message;
  }

  private nextChunked(): Buffer | undefined {
    for (;;) {
      if (this.chunkLeft > 0) {
        const count = Math.min(this.chunkLeft, this.input.length);
        this.input.moveTo(this.message, count);
        this.chunkLeft -= count;
        if (this.chunkLeft > 0) return undefined;
      }
      const header = this.readHeader();
      if (header === undefined) return undefined;
      if (header === 'end') {
        if (this.message.length === 0) this.badHeader();
        return this.message.take(this.message.length);
      }
      this.checkSize(this.message.length + header);
      this.chunkLeft = header;
    }
  }

  /** Reads `LF # size LF` or `LF # # LF`; undefined while it is incomplete. */
  private readHeader(): number | 'end' | undefined {
    if ((this.input.at(0) ?? LF) !== LF || (this.input.at(1) ?? HASH) !== HASH) this.badHeader();
    const first = this.input.at(2);
    if (first === undefined) return undefined;
    if (first === HASH) {
      const last = this.input.at(3);
      if (last === undefined) return undefined;
      if (last !== LF) this.badHeader();
      this.input.drop(4);
      return 'end';
    }
    let size = 0;
    for (let offset = 2; ; offset += 1) {
      const byte = this.input.at(offset);
      if (byte === undefined) return undefined;
      if (byte === LF && offset > 2) {
        this.input.drop(offset + 1);
        return size;
      }
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9 || (offset === 2 && digit === 0)) this.badHeader();
      size = size * 10 + digit;
      if (size > MAX_CHUNK_SIZE) this.badHeader();
    }
  }

  private badHeader(): never {
    throw new PortwardenError(
      'device-protocol',
      `Not a chunk header (RFC 6242): ${JSON.stringify(this.input.peekText(16))}.`,
    );
  }

  private checkSize(bytes: number): void {
    if (bytes > this.limit) {
      throw new PortwardenError('device-protocol', `The device sent a message of more than ${this.limit} bytes.`);
    }
  }
}
