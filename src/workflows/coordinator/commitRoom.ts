import type { DesiredPortBindings } from '../../protocol/activities';
import type { PendingPort } from '../../protocol/coordinator';
import { payloadBytes } from '../../protocol/payload';

/** What one commit is asked for; its result, which names what was changed besides, must fit into a payload too. */
const COMMIT_BYTES = 150 * 1024;
/** A waiting event in the input of a commit: its workflow id, in quotes. */
const EVENT_BYTES = 80;
/** How many of the events that wait for a port its journal entry names. */
export const JOURNALED_EVENTS = 20;

/** The ports that one commit takes: payloads and commits stay bounded, and the first port always has room. */
export class CommitRoom {
  readonly taken: DesiredPortBindings[] = [];
  private bindings = 0;
  private bytes = 0;
  private isShut = false;

  /** @param most desired bindings of one commit. */
  constructor(private readonly most: number) {}

  /** Whether a port was turned away: those that come after it wait too, so that none is overtaken for ever. */
  get isFull(): boolean {
    return this.isShut;
  }

  /** @returns false when there is no room for the port any more. */
  take(port: DesiredPortBindings, entry: Pick<PendingPort, 'waiters'> | undefined): boolean {
    this.bindings += port.desired.length + (port.additional?.length ?? 0);
    this.bytes += payloadBytes(port) + Math.min(entry?.waiters.length ?? 0, JOURNALED_EVENTS) * EVENT_BYTES;
    const hasRoom = this.taken.length === 0 || (this.bindings <= this.most && this.bytes <= COMMIT_BYTES);
    if (!hasRoom) this.isShut = true;
    if (this.isShut) return false;
    this.taken.push(port);
    return true;
  }
}
