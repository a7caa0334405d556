import type { Statement } from '../change/statement';

/** A statement that a policy took from a port. It comes back when no policy takes it any more. */
export interface TakenStatement {
  readonly statement: Statement;
  /**
   * Key of the statement that shows that it is still suspended, where the device shows that (Neutron: port security off).
   * When the port no longer has that one, somebody else ended it: then nothing is brought back. Absent: nothing shows it.
   */
  readonly while?: string;
}

/**
 * What is remembered of a port because of its policies. With it, every pass can tell what the port would be without them:
 * what is there without `added`, and with `taken`.
 */
export interface PortMemory {
  /** Statements that only policies want: they go with them. Whatever else the port has is not ours by a policy. */
  readonly added: readonly Statement[];
  /** What policies took away, in the words of that moment: the name of a security group is in them. */
  readonly taken: readonly TakenStatement[];
  /** What the port was when a change of ours was last proven: whatever differs later was changed by somebody else. */
  readonly proven?: ProvenPort;
}

/** A port as it was read back after a change. */
export interface ProvenPort {
  /** Keys of all its statements. */
  readonly keys: readonly string[];
  /** How the device calls that state of the port, as `revision 23`; absent where it has no such words. */
  readonly mark?: string;
}

/** A change of what is remembered of a port; without any, nothing is remembered any more. */
export interface PortMemoryChange<Port extends string = string> {
  /** The effective port. */
  readonly port: Port;
  readonly memory: PortMemory | undefined;
}

/** Nothing was added or taken. */
export const NO_MEMORY: PortMemory = { added: [], taken: [] };
