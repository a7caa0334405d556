import type { ClientChannel } from 'ssh2';
import { PortwardenError } from '../../domain/errors';
import { encodeFrame, FrameDecoder, type Framing } from './framing';
import type { Link } from './link';

const STDERR_LIMIT = 300;
/** How long after the end of its output a server may still explain itself on stderr. */
const LAST_WORDS_MS = 100;

/**
 * Whole NETCONF messages over one SSH channel. When the channel ends or sends what cannot be framed, the link goes
 * down with that error.
 */
export class MessageChannel {
  /** Takes each message as text. */
  onMessage: (text: string) => void = () => undefined;
  private readonly decoder = new FrameDecoder();
  private stderr = '';

  constructor(
    private readonly link: Link,
    private readonly channel: ClientChannel,
  ) {
    let lastWords: NodeJS.Timeout | undefined;
    link.onDown(() => clearTimeout(lastWords));
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    channel.stderr.on('data', (chunk: Buffer) => {
      if (this.stderr.length < STDERR_LIMIT) this.stderr += chunk.toString('latin1', 0, STDERR_LIMIT);
    });
    channel.on('end', () => {
      if (link.down === undefined) lastWords = setTimeout(() => this.ended(), LAST_WORDS_MS);
    });
    channel.on('close', () => this.ended());
    channel.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  /** How messages are framed from now on, in both directions. */
  get framing(): Framing {
    return this.decoder.framing;
  }
  set framing(framing: Framing) {
    this.decoder.framing = framing;
  }

  /** Sends one message. */
  send(text: string): void {
    this.channel.write(encodeFrame(text, this.framing));
  }

  private receive(chunk: Buffer): void {
    if (this.isDown()) return;
    try {
      this.decoder.push(chunk);
      for (let message = this.decoder.next(); message !== undefined; message = this.decoder.next()) {
        this.onMessage(message.toString('utf8'));
        if (this.isDown()) return;
      }
    } catch (error) {
      this.link.fail(
        error instanceof PortwardenError
          ? error
          : new PortwardenError('device-protocol', 'The device sent something that cannot be handled.', {
              cause: error,
            }),
      );
    }
  }

  private isDown(): boolean {
    return this.link.down !== undefined;
  }

  private ended(): void {
    const said = this.stderr
      .replace(/[^\x20-\x7E]+/g, ' ')
      .trim()
      .slice(0, STDERR_LIMIT);
    this.link.fail(
      new PortwardenError(
        'device-unreachable',
        `The device closed the NETCONF channel (${this.link.stage})${said === '' ? '.' : `: ${said}`}`,
      ),
    );
  }
}
