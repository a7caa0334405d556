/** A way in which the fake API fails. */
export interface ProxmoxFault {
  /**
   * `latency`: answers late, but rightly. `status`: answers with `status` and `reason`. `timeout`: never answers.
   * `drop`: closes the connection instead of answering. `truncate`: closes it in the middle of the body.
   * `garbage`: a 200 whose body is not JSON, or `body`. `unauthorized`: refuses the token as a revoked one is refused.
   * `half`: a list's first half, of a single thing half of its keys. `other-id`: the answer about another node or guest;
   * the entries of a list have each other's names and numbers.
   */
  readonly kind:
    'latency' | 'status' | 'timeout' | 'drop' | 'truncate' | 'garbage' | 'unauthorized' | 'half' | 'other-id';
  /** A regular expression on the path below /api2/json; absent: every request. */
  readonly path?: string;
  /** Only requests of this method; absent: all. */
  readonly method?: string;
  /** Of `drop`: the request is carried out before the connection is closed. */
  readonly carriedOut?: boolean;
  /** Only the API host with this number, from 0; absent: all hosts. */
  readonly host?: number;
  /** How many requests it hits; absent: all until it is removed. */
  readonly times?: number;
  readonly latencyMs?: number;
  readonly status?: number;
  readonly reason?: string;
  readonly body?: string;
  /** Seconds, sent as Retry-After with `status`. */
  readonly retryAfter?: number;
}

/** A request that the fake API received. */
export interface SeenRequest {
  readonly host: number;
  readonly method: string;
  /** Path below /api2/json, with the query. */
  readonly path: string;
  readonly status: number | undefined;
}

const KEPT_REQUESTS = 20_000;

/** The faults in force and the requests seen. */
export class FaultBoard {
  private faults: { readonly fault: ProxmoxFault; left: number }[] = [];
  private readonly seen: SeenRequest[] = [];
  private readonly listeners = new Set<(path: string) => void>();
  private inFlight = 0;
  private peak = 0;

  /** The most requests that were being answered at once. */
  get peakInFlight(): number {
    return this.peak;
  }

  /** Calls back when a request arrives, before it is answered. @returns a function that ends it. */
  listen(listener: (path: string) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Counts a request that arrived; the returned function counts its end. */
  arrive(path: string): () => void {
    this.inFlight += 1;
    this.peak = Math.max(this.peak, this.inFlight);
    for (const listener of this.listeners) listener(path);
    return () => {
      this.inFlight -= 1;
    };
  }

  /** @returns a function that removes the fault. */
  add(fault: ProxmoxFault): () => void {
    if (fault.path !== undefined) new RegExp(fault.path);
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.faults.push(entry);
    return () => {
      this.faults = this.faults.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.faults = [];
  }

  /** The faults that hit this request: all latencies, and the first of the others. Uses them up. */
  take(host: number, path: string, method = 'GET'): readonly ProxmoxFault[] {
    const taken: ProxmoxFault[] = [];
    for (const entry of this.faults) {
      const { fault } = entry;
      if (entry.left <= 0 || (fault.host !== undefined && fault.host !== host)) continue;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (fault.path !== undefined && !new RegExp(fault.path).test(path)) continue;
      if (fault.kind !== 'latency' && taken.some((other) => other.kind !== 'latency')) continue;
      entry.left -= 1;
      taken.push(fault);
    }
    this.faults = this.faults.filter((entry) => entry.left > 0);
    return taken;
  }

  record(request: SeenRequest): void {
    this.seen.push(request);
    if (this.seen.length > KEPT_REQUESTS) this.seen.shift();
  }

  get requests(): readonly SeenRequest[] {
    return [...this.seen];
  }

  forgetRequests(): void {
    this.seen.length = 0;
  }
}
