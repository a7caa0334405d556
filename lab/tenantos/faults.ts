/**
 * A way in which the panel misbehaves.
 * - `latency`: answers `ms` later; combines with the fault after it
 * - `clock`: its `Date` is `aheadMs` ahead, behind when negative; combines with the others
 * - `status`: answers with this status (429 with `Retry-After` when given)
 * - `hang`: takes the request and never answers
 * - `drop`: closes the connection without an answer
 * - `cut`: closes the connection in the middle of the answer
 * - `garbage`: answers 200 with an HTML page
 * - `refuse-auth`: answers 401 whatever the key is
 * - `missing-servers`: the list of servers lacks these ids
 * - `empty-ips`: the servers' `ipassignments` are empty
 * - `no-ips`: the `ipassignments` of the servers (default: of all) are left out
 * - `proxy-404`: answers 404 with a web server's HTML page
 * - `gateway-404`: answers 404 with an API gateway's JSON, `{"message":"Not Found"}`
 * - `not-found`: answers 404 in the panel's own words, as if there were no such thing; with a path of one call, the
 *   panel contradicts itself
 * - `empty-list`, `null-result`, `empty-object`: answers 200 with a `result` of `[]`, `null`, `{}`
 * - `half-list`: answers with the first half of the list; of a single thing, with half of each list in it
 * - `other-id`: answers about the next thing of the same kind; a list's entries have each other's ids
 */
export type FaultKind =
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'clock'; readonly aheadMs: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string | number }
  | { readonly kind: 'missing-servers'; readonly serverIds: readonly number[] }
  | { readonly kind: 'no-ips'; readonly serverIds?: readonly number[] }
  | {
      readonly kind:
        | 'hang'
        | 'drop'
        | 'cut'
        | 'garbage'
        | 'refuse-auth'
        | 'empty-ips'
        | 'proxy-404'
        | 'gateway-404'
        | 'not-found'
        | 'empty-list'
        | 'half-list'
        | 'null-result'
        | 'empty-object'
        | 'other-id';
    };

/** A fault with its scope. */
export type Fault = FaultKind & {
  /** Regular expression on the path below `/api`, such as `^/servers/101$`. Default: every path. */
  readonly path?: string;
  /** How many requests it strikes. Default: every one until it is cleared. */
  readonly times?: number;
};

/** The faults that are switched on, in the order they were set. */
export class Faults {
  private active: { readonly fault: Fault; readonly pattern: RegExp; left: number }[] = [];

  /** @returns takes this fault back and leaves the others */
  set(fault: Fault): () => void {
    const entry = { fault, pattern: new RegExp(fault.path ?? ''), left: fault.times ?? Number.POSITIVE_INFINITY };
    this.active.push(entry);
    return () => {
      this.active = this.active.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.active = [];
  }

  list(): readonly Fault[] {
    return this.active.map((entry) =>
      Number.isFinite(entry.left) ? { ...entry.fault, times: entry.left } : entry.fault,
    );
  }

  /** The faults that strike a request: every `latency` and `clock`, and the first of the others. Each one is used up by one. */
  strike(path: string): readonly Fault[] {
    const matching = this.active.filter((entry) => entry.pattern.test(path));
    const other = matching.find((entry) => !combines(entry.fault));
    const struck = matching.filter((entry) => combines(entry.fault) || entry === other);
    for (const entry of struck) entry.left -= 1;
    this.active = this.active.filter((entry) => entry.left > 0);
    return struck.map((entry) => entry.fault);
  }
}

function combines({ kind }: Fault): boolean {
  return kind === 'latency' || kind === 'clock';
}
