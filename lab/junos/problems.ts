/** One `rpc-error` that the switch answers with. */
export interface RpcProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** `[edit interfaces ge-0/0/1]`. */
  readonly path?: string;
  readonly badElement?: string;
  readonly daemon?: string;
  readonly type?: 'protocol' | 'application';
  readonly tag?: string;
}

/** An operation that the switch refuses. */
export class RpcFailure extends Error {
  constructor(
    readonly problems: readonly RpcProblem[],
    /** `commit`: reported inside `commit-results`. */
    readonly where: 'reply' | 'commit' = 'reply',
  ) {
    super(problems.map((p) => p.message).join('; '));
  }
}

/** An operation refused in one sentence. */
export function refused(message: string, facts: Omit<RpcProblem, 'severity' | 'message'> = {}): RpcFailure {
  return new RpcFailure([{ severity: 'error', message, ...facts }]);
}
