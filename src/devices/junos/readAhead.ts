import { connectBeside } from './connection';
import type { Operations } from './operations';
import type { SwitchState } from './switchState';

/**
 * What a change asks its switch for before it needs it, so that the answers come with those it waits for. All of it is asked
 * behind the lock on the same session, which the switch carries out in order. A failure shows when the answer is used.
 */
export class ReadAhead {
  private reading: Promise<SwitchState> | undefined;
  private whole: Promise<string> | undefined;
  private beside: Promise<Operations | undefined> | undefined;

  constructor(private readonly read: (operations: Operations) => Promise<SwitchState>) {}

  /** When the lock was asked for: what is committed. */
  begin(operations: Operations): void {
    this.reading = this.read(operations);
    this.reading.catch(ignore);
  }

  /** When a change is prepared: the configuration for the backup, and a session that will read back. */
  prepare(operations: Operations): void {
    this.beside ??= connectBeside(operations);
    this.whole ??= operations.readWhole();
    this.whole.catch(ignore);
  }

  /** What is committed: as it was read ahead for the first who asks, read anew for others. */
  state(operations: Operations): Promise<SwitchState> {
    const { reading } = this;
    this.reading = undefined;
    return reading ?? this.read(operations);
  }

  configuration(operations: Operations): Promise<string> {
    return this.whole ?? operations.readWhole();
  }

  /** What was read is out of date. */
  forgetState(): void {
    this.reading = undefined;
  }

  /** The session that was opened for reading back; it is the caller's from now on. */
  takeSession(): Promise<Operations | undefined> | undefined {
    const { beside } = this;
    this.beside = undefined;
    return beside;
  }

  /** Ends the session that nobody took. */
  async close(): Promise<void> {
    await (await this.takeSession())?.session.close();
  }
}

function ignore(): void {
  // Whoever uses the answer sees the failure.
}
