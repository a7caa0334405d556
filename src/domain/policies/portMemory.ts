import { compareStatements, distinctStatements, withoutStatements, type Statement } from '../change/statement';

/** A statement that a policy took from a port. It comes back when no policy takes it any more. */
export interface TakenStatement {
  readonly statement: Statement;
  /**
   * Key of the enforcement that shows that it is still suspended, where the device shows that (Neutron: port security off).
   * When the port no longer has that one, somebody else ended it: then nothing is brought back. Absent: nothing shows it.
   */
  readonly while?: string;
}

/** What policies added to a port and what they took from it. */
export interface StatementMemory {
  /** Statements that only policies want: they go with them. Whatever else the port has is not ours by a policy. */
  readonly added: readonly Statement[];
  /** In the words of the moment when it was taken: the name of a security group is in them. */
  readonly taken: readonly TakenStatement[];
}

/** A port as it was read back after a change. */
export interface ProvenPort {
  /** All its statements, sorted by their keys. */
  readonly statements: readonly Pick<Statement, 'key' | 'text'>[];
  /** How the device calls that state of the port, as `revision 23`; absent where it has no such words. */
  readonly mark?: string;
}

/**
 * What is remembered of a port because of its policies. With it, every pass can tell what the port would be without them:
 * what is there without `added`, and with `taken`.
 */
export interface PortMemory {
  readonly bindings: StatementMemory;
  readonly enforcement: StatementMemory;
  /** What the port was when a change of ours was last proven: whatever differs later was changed by somebody else. */
  readonly proven?: ProvenPort;
}

/** A change of what is remembered of a port; without any, nothing is remembered any more. */
export interface PortMemoryChange<Port extends string = string> {
  /** The effective port. */
  readonly port: Port;
  readonly memory: PortMemory | undefined;
}

const NOTHING: StatementMemory = { added: [], taken: [] };

/** Nothing was added or taken. */
export const NO_MEMORY: PortMemory = { bindings: NOTHING, enforcement: NOTHING };

/** Whether no policy added or took anything that is still so. */
export function isForgotten({ bindings, enforcement }: PortMemory): boolean {
  return [bindings, enforcement].every(({ added, taken }) => added.length === 0 && taken.length === 0);
}

/** What a port has now, of one sort of statements, with what is remembered of them. */
export interface RememberedPort {
  readonly present: readonly Statement[];
  readonly memory: StatementMemory;
  /** Keys of the enforcement that the port has: they show what is still suspended. */
  readonly enforcementKeys: ReadonlySet<string>;
}

/** What a port would have without policies: what is there and not theirs, and what they took. */
export function naturalOf(port: RememberedPort): readonly Statement[] {
  const taken = stillTaken(port).map(({ statement }) => statement);
  return distinctStatements([...withoutStatements(port.present, port.memory.added), ...taken]);
}

/**
 * What is to be remembered once a port has what it shall have.
 * @param wanted what it shall have with its policies.
 * @param natural what it shall have without them.
 * @param retained statements that policies added and that stay for the time being, although no policy wants them.
 * @param by see {@link TakenStatement.while}, for what is taken now.
 */
export function memoryAfter(
  port: RememberedPort,
  {
    wanted,
    natural,
    retained = [],
    by,
  }: {
    readonly wanted: readonly Statement[];
    readonly natural: readonly Statement[];
    readonly retained?: readonly Statement[];
    readonly by?: string;
  },
): StatementMemory {
  const before = stillTaken(port);
  const known = new Set([...port.present, ...before.map(({ statement }) => statement)].map(({ key }) => key));
  // What the sources want comes back with them, so only what was there has to be remembered.
  const taken = withoutStatements(natural, wanted).filter(({ key }) => known.has(key));
  return {
    added: distinctStatements([...withoutStatements(wanted, natural), ...retained]).toSorted(compareStatements),
    taken: taken.toSorted(compareStatements).map((statement) => ({
      // In the words of when it was taken: the name of a group that is gone by now is known from then only.
      statement: before.find((one) => one.statement.key === statement.key)?.statement ?? statement,
      ...(by === undefined ? {} : { while: by }),
    })),
  };
}

/**
 * What has to be remembered while nobody knows whether a change took place: as much as either of the two needs. What was
 * taken is never lost by it, and what is added counts as added.
 */
export function memoryMeanwhile(before: PortMemory, after: PortMemory): PortMemory {
  return {
    bindings: united(before.bindings, after.bindings),
    enforcement: united(before.enforcement, after.enforcement),
    ...(before.proven === undefined ? {} : { proven: before.proven }),
  };
}

/** What changed since a change of ours was last proven: what came and what went. */
export function changedSince(
  { statements }: ProvenPort,
  present: readonly Statement[],
): { readonly came: ProvenPort['statements']; readonly went: ProvenPort['statements'] } {
  const before = new Set(statements.map(({ key }) => key));
  const now = new Set(present.map(({ key }) => key));
  return {
    came: present.filter(({ key }) => !before.has(key)),
    went: statements.filter(({ key }) => !now.has(key)),
  };
}

/** What is still suspended, as far as the device shows it. */
function stillTaken({ memory, enforcementKeys }: RememberedPort): readonly TakenStatement[] {
  return memory.taken.filter(({ while: shown }) => shown === undefined || enforcementKeys.has(shown));
}

function united(a: StatementMemory, b: StatementMemory): StatementMemory {
  // One that nothing shows to be suspended comes back whatever the port shows, so it stands before the other.
  const isShown = (one: TakenStatement): number => Number(one.while !== undefined);
  const inOrder = [...b.taken, ...a.taken].toSorted((one, other) => isShown(other) - isShown(one));
  const taken = new Map(inOrder.map((one) => [one.statement.key, one]));
  return { added: distinctStatements([...a.added, ...b.added]), taken: [...taken.values()] };
}
