/** A first-in, first-out byte buffer: every byte is copied in once and out once, whatever the sizes of the pieces. */
export class ByteQueue {
  private buffer = Buffer.allocUnsafe(4096);
  private start = 0;
  private end = 0;

  /** Bytes held. */
  get length(): number {
    return this.end - this.start;
  }

  /** Appends a copy of the bytes. */
  push(bytes: Uint8Array): void {
    if (this.end + bytes.length > this.buffer.length) this.makeRoom(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Removes the first `count` bytes and returns a copy of them. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.buffer.subarray(this.start, this.start + count));
    this.drop(count);
    return taken;
  }

  /** Moves the first `count` bytes to the end of another queue. */
  moveTo(other: ByteQueue, count: number): void {
    other.push(this.buffer.subarray(this.start, this.start + count));
    this.drop(count);
  }

  /** Removes the first `count` bytes. */
  drop(count: number): void {
    this.start += count;
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
      if (this.buffer.length > 1024 * 1024) this.buffer = Buffer.allocUnsafe(4096);
    }
  }

  /** The byte at an offset from the front; undefined past the end. */
  at(offset: number): number | undefined {
    return offset < this.length ? this.buffer[this.start + offset] : undefined;
  }

  /** Offset of the first occurrence of `pattern` at or after `from`; -1 when there is none. */
  indexOf(pattern: Buffer, from: number): number {
    const found = this.buffer.subarray(this.start, this.end).indexOf(pattern, from);
    return found;
  }

  /** At most `count` bytes from the front as printable ASCII, for messages. */
  peekText(count: number): string {
    return this.buffer
      .subarray(this.start, Math.min(this.end, this.start + count))
      .toString('latin1')
      .replace(/[^\x20-\x7E]/g, '.');
  }

  private makeRoom(count: number): void {
    const needed = this.length + count;
    const target = needed * 2 > this.buffer.length ? Buffer.allocUnsafe(needed * 2) : this.buffer;
    this.buffer.copy(target, 0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    this.buffer = target;
  }
}
