/** Raised when the peer breaks the framing; the session ends (RFC 6242 section 4.2). */
export class FramingError extends Error {}

const END_OF_MESSAGE = Buffer.from(']]>]]>');
const MAX_MESSAGE = 256 * 1024 * 1024;

/** Takes bytes in any portions and gives whole messages, in either framing of RFC 6242. */
export class MessageReader {
  private buffered: Buffer = Buffer.alloc(0);
  private searchFrom = 0;
  private chunks: Buffer[] = [];
  chunked = false;

  /** @throws FramingError */
  push(data: Buffer): void {
    this.buffered = this.buffered.length === 0 ? data : Buffer.concat([this.buffered, data]);
    if (this.buffered.length > MAX_MESSAGE) throw new FramingError('message too long');
  }

  /** The next whole message, if there is one. @throws FramingError */
  next(): string | undefined {
    return this.chunked ? this.nextChunked() : this.nextDelimited();
  }

  private nextDelimited(): string | undefined {
    const end = this.buffered.indexOf(END_OF_MESSAGE, this.searchFrom);
    if (end < 0) {
      this.searchFrom = Math.max(0, this.buffered.length - END_OF_MESSAGE.length + 1);
      return undefined;
    }
    const message = this.buffered.toString('utf8', 0, end);
    this.buffered = this.buffered.subarray(end + END_OF_MESSAGE.length);
    this.searchFrom = 0;
    return message;
  }

  private nextChunked(): string | undefined {
    for (;;) {
      const header = /^\n#(?:(\d{1,10})|#)\n/.exec(this.buffered.toString('latin1', 0, 16));
      if (header === null) {
        if (this.buffered.length >= 16 || !/^(?:\n?|\n#\d*|\n##)$/.test(this.buffered.toString('latin1')))
          throw new FramingError('bad chunk header');
        return undefined;
      }
      const start = header[0].length;
      if (header[1] === undefined) {
        const message = Buffer.concat(this.chunks).toString('utf8');
        this.chunks = [];
        this.buffered = this.buffered.subarray(start);
        return message;
      }
      const size = Number(header[1]);
      if (this.buffered.length < start + size) return undefined;
      this.chunks.push(this.buffered.subarray(start, start + size));
      this.buffered = this.buffered.subarray(start + size);
    }
  }
}

/** A message as bytes, in the session's framing; chunks hold at most `chunkBytes`. */
export function frame(message: string, chunked: boolean, chunkBytes = Number.MAX_SAFE_INTEGER): Buffer {
  if (!chunked) return Buffer.concat([Buffer.from(message), END_OF_MESSAGE, Buffer.from('\n')]);
  const bytes = Buffer.from(message);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    parts.push(Buffer.from(`\n#${String(chunk.length)}\n`), chunk);
  }
  return Buffer.concat([...parts, Buffer.from('\n##\n')]);
}
