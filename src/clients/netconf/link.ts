import type { ClientChannel } from 'ssh2';
import type { PortwardenError } from '../../domain/errors';

/**
 * Something that a session goes over. It goes down once, with one error, whatever the reason; who waits for something on
 * it gets that error.
 */
export abstract class Link {
  /** What is going on, for messages. */
  stage = 'connecting';
  private failure: PortwardenError | undefined;
  private readonly watchers = new Set<(error: PortwardenError) => void>();

  /** Why the link is down; undefined while it is not. */
  get down(): PortwardenError | undefined {
    return this.failure;
  }

  /** Calls back once when the link goes down, at once if it is. Returns how to unsubscribe. */
  onDown(watcher: (error: PortwardenError) => void): () => void {
    if (this.failure !== undefined) watcher(this.failure);
    else this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Runs something that calls back when done, unless the link goes down first. */
  race<T>(start: (done: (value: T) => void, failed: (error: PortwardenError) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const unsubscribe = this.onDown(reject);
      if (this.failure !== undefined) return;
      start(
        (value) => {
          unsubscribe();
          resolve(value);
        },
        (error) => {
          unsubscribe();
          reject(error);
        },
      );
    });
  }

  /** Takes the link down at once. Only the first error counts. */
  fail(error: PortwardenError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.release();
    const watchers = [...this.watchers];
    this.watchers.clear();
    for (const watcher of watchers) watcher(error);
  }

  /** Says goodbye where that is usual and takes the link down, within half a second. */
  abstract end(error: PortwardenError): Promise<void>;

  /** Lets go of what the link holds. */
  protected abstract release(): void;
}

/** A channel of its own over a connection that others use too: its end does not end the connection. */
export class ChannelLink extends Link {
  private readonly unsubscribe: () => void;

  constructor(
    private readonly channel: ClientChannel,
    private readonly connection: Link,
  ) {
    super();
    this.unsubscribe = connection.onDown((error) => this.fail(error));
  }

  end(error: PortwardenError): Promise<void> {
    this.fail(error);
    return Promise.resolve();
  }

  protected release(): void {
    this.unsubscribe();
    // On a connection that is down nobody hears it, and ssh2 throws where that was compressed.
    if (this.connection.down === undefined) this.channel.close();
  }
}
