import { deferralOf, isDeferred, type Deferral } from '../../domain/change/deferral';
import type { ErrorReport } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import { mergeIps } from '../../domain/change/removals';
import { mergeNodes, portRequest } from '../../domain/servers/portRequest';
import type { CoordinatorInput, CoordinatorSettings, PendingPort, TakenPort } from '../../protocol/coordinator';
import type { EnlistRequest } from '../../protocol/requests';

/** What decides when a port is tried again, and when no more. */
export type RetryLimits = Pick<CoordinatorSettings, 'initialBackoffMs' | 'maximumBackoffMs' | 'giveUpAfterMs'>;

/** What became of a port that was put back. */
export type PutBack = 'waits' | 'gave-up';

/**
 * The ports of one device that want attention, oldest first. Requests for the same port merge. Plain data and
 * plain rules: time is passed in, nothing here knows of Temporal. `now` is the coordinator's recorded clock; `since`, which
 * only people see, is when a request came.
 */
export class DeviceQueue {
  private readonly ports = new Map<PortName, PendingPort>();
  private deviceNotBefore: number;
  private deviceAttempts: number;
  private deviceFault: ErrorReport | undefined;
  private soonTries: number;
  private deferrals: readonly Deferral[];

  constructor(
    carried: Pick<
      CoordinatorInput,
      'pending' | 'deferrals' | 'deviceNotBefore' | 'deviceAttempts' | 'deviceError' | 'soonTries'
    > = {},
  ) {
    for (const entry of carried.pending ?? []) this.ports.set(entry.port, entry);
    this.deviceNotBefore = carried.deviceNotBefore ?? 0;
    this.deviceAttempts = carried.deviceAttempts ?? 0;
    this.deviceFault = carried.deviceError;
    this.soonTries = carried.soonTries ?? 0;
    this.deferrals = carried.deferrals ?? [];
  }

  get size(): number {
    return this.ports.size;
  }

  /** The fault that keeps the whole device waiting, if one does. */
  get deviceError(): ErrorReport | undefined {
    return this.deviceFault;
  }

  /** Adds a request, or merges it into the one that already waits for the port: it takes that one's turn, not a later one. */
  enlist(request: EnlistRequest, now: number, since = now): void {
    const { waiter, approvedChange, ...known } = request;
    const approved = approvedChange === undefined ? {} : { approvedChanges: [approvedChange] };
    const waiters = waiter === undefined ? [] : [waiter];
    this.ask({ ...known, ...approved, ...untried(now, since), waiters, approved: false });
  }

  /** Adds a port whose parked change a person approved. */
  approve(port: PortName, now: number, since = now): void {
    this.ask({ ...portRequest(port), ...untried(now, since), waiters: [], approved: true });
  }

  /** Ends every back-off: all waiting ports are due now. */
  retryNow(now: number): void {
    this.deviceNotBefore = 0;
    for (const entry of this.ports.values())
      this.ports.set(entry.port, { ...entry, notBefore: Math.min(entry.notBefore, now) });
  }

  /** What makes ports wait though nothing is wrong. Their places in the queue stay; requests for them merge meanwhile. */
  defer(deferrals: readonly Deferral[]): void {
    this.deferrals = deferrals;
  }

  /** What makes a port wait though nothing is wrong; undefined when nothing does. */
  deferralOf(port: PortName, now: number): Deferral | undefined {
    return deferralOf(this.deferrals, port, now);
  }

  /** Whether any waiting port is deferred. */
  hasDeferred(now: number): boolean {
    return [...this.ports.keys()].some((port) => this.deferralOf(port, now) !== undefined);
  }

  /** Whether somebody waits for a deferred port who was not told why. */
  hasUntold(now: number): boolean {
    return [...this.ports.values()].some((entry) => this.untoldOf(entry, now).length > 0);
  }

  /**
   * The deferred ports with those who were not told why they wait, and takes note that they are now. How long a port waits so
   * does not count for giving up.
   */
  takeUntold(
    now: number,
  ): { readonly port: PortName; readonly deferral: Deferral; readonly waiters: readonly string[] }[] {
    return [...this.ports.values()].flatMap((entry) => {
      const deferral = this.deferralOf(entry.port, now);
      const waiters = this.untoldOf(entry, now);
      if (deferral === undefined || waiters.length === 0) return [];
      const kept = { ...entry, lastError: deferral.error };
      delete kept.newest;
      delete kept.unaware;
      this.ports.set(entry.port, kept);
      return [{ port: entry.port, deferral, waiters }];
    });
  }

  /** A person changed what is paused: back-offs that a pause found by a pass began are over. */
  retryDeferred(now: number): void {
    if (isDeferred(this.deviceFault)) this.deviceAnswered();
    for (const entry of this.ports.values())
      if (isDeferred(entry.lastError))
        this.ports.set(entry.port, { ...entry, notBefore: Math.min(entry.notBefore, now) });
  }

  /** Whether a batch could start now. */
  isReady(now: number): boolean {
    return this.deviceNotBefore <= now && [...this.ports.values()].some((entry) => this.isDue(entry, now));
  }

  /** When the next port becomes due, in Unix milliseconds; undefined when none waits for a time. */
  nextDue(now: number): number | undefined {
    const earliest = Math.min(...[...this.ports.values()].map((entry) => this.dueOf(entry, now)));
    return Number.isFinite(earliest) ? earliest : undefined;
  }

  /**
   * Takes the due ports out, at most as many as a batch may have: first the one that has been due longest. A port that
   * keeps failing goes behind those that came meanwhile, so it can never starve them.
   */
  take(now: number, atMost: number): TakenPort[] {
    if (this.deviceNotBefore > now) return [];
    const due = [...this.ports.values()]
      .filter((entry) => this.isDue(entry, now))
      .sort((a, b) => a.notBefore - b.notBefore);
    const batch = due.slice(0, atMost).map((entry) => ({ ...entry, newest: entry.newest ?? now }));
    for (const entry of batch) this.ports.delete(entry.port);
    return batch;
  }

  /** Puts a port back untried: the batch was full. It keeps its place. */
  postpone(entry: PendingPort): void {
    this.merge(entry, Math.min);
  }

  /** Lets a port that is done be looked at again at a time (Unix milliseconds), or sooner when somebody asks. */
  lookAgain({ port, nodes }: PendingPort, at: number, since = at): void {
    const again = {
      ...portRequest(port, { nodes }),
      ...untried(at, since),
      waiters: [],
      approved: false,
      forUnread: true,
    };
    this.merge(again, Math.min);
  }

  /** Puts a port back after a fault of its sources, with exponential back-off, unless it has waited too long already. */
  putBack(
    entry: TakenPort,
    error: ErrorReport,
    now: number,
    limits: RetryLimits,
    of: 'sources' | 'guests' = 'sources',
  ): PutBack {
    if (now - entry.newest >= limits.giveUpAfterMs && !isDeferred(error)) return 'gave-up';
    const attempts = entry.attempts + 1;
    this.merge(
      { ...entry, attempts, lastError: error, notBefore: now + backoff(attempts, limits), forUnread: of === 'guests' },
      Math.max,
    );
    return 'waits';
  }

  /**
   * Makes the whole device wait after a fault of its own. The ports of the batch are put back by the caller.
   * @param isCutOff the pass ended with its worker: nothing says that the device is away.
   */
  backOffDevice(error: ErrorReport, now: number, limits: RetryLimits, isCutOff = false): void {
    this.deviceFault = error;
    const soon = this.soon(error, isCutOff);
    if (soon === undefined) this.deviceAttempts += 1;
    else this.soonTries += 1;
    this.deviceNotBefore = now + (soon ?? backoff(this.deviceAttempts, limits));
  }

  /**
   * How soon the device is tried after a pass was cut off: at once, and a little later each time while it still has the lock
   * of that pass, for it may be at its commit. Undefined when it waits as after any other fault.
   */
  private soon(error: ErrorReport, isCutOff: boolean): number | undefined {
    if (isCutOff) return this.soonTries === 0 ? 0 : undefined;
    const isSoon = this.soonTries > 0 && this.soonTries <= MOST_SOON_TRIES;
    return isSoon && error.code === 'device-busy' ? STILL_LOCKED_MS : undefined;
  }

  /** The device answered: the next fault starts with the shortest back-off again. */
  deviceAnswered(): void {
    this.deviceAttempts = 0;
    this.deviceFault = undefined;
    this.deviceNotBefore = 0;
    this.soonTries = 0;
  }

  /** Everything that continue-as-new must carry. */
  snapshot(): Required<Pick<CoordinatorInput, 'pending' | 'deferrals' | 'deviceNotBefore' | 'deviceAttempts'>> &
    Pick<CoordinatorInput, 'deviceError' | 'soonTries'> {
    return {
      pending: [...this.ports.values()],
      deferrals: this.deferrals,
      deviceNotBefore: this.deviceNotBefore,
      deviceAttempts: this.deviceAttempts,
      ...(this.deviceFault === undefined ? {} : { deviceError: this.deviceFault }),
      ...(this.soonTries === 0 ? {} : { soonTries: this.soonTries }),
    };
  }

  /** When a waiting port is tried next, in Unix milliseconds; infinite while only a person can end its waiting, undefined when it does not wait. */
  dueAt(port: PortName, now: number): number | undefined {
    const entry = this.ports.get(port);
    return entry === undefined ? undefined : this.dueOf(entry, now);
  }

  private isDue(entry: PendingPort, now: number): boolean {
    return entry.notBefore <= now && this.deferralOf(entry.port, now) === undefined;
  }

  private dueOf({ port, notBefore }: PendingPort, now: number): number {
    const deferral = this.deferralOf(port, now);
    const until = deferral === undefined ? 0 : (deferral.until ?? Number.POSITIVE_INFINITY);
    return Math.max(notBefore, this.deviceNotBefore, until);
  }

  /** Those who wait for a deferred port and were not told why, or were told something else. */
  private untoldOf({ port, waiters, lastError, unaware = [] }: PendingPort, now: number): readonly string[] {
    const deferral = this.deferralOf(port, now);
    if (deferral === undefined) return [];
    return lastError?.message === deferral.error.message ? unaware : waiters;
  }

  /** A new request never changes when a waiting port has its turn, but when all that it needs may be done. */
  private ask(entry: PendingPort): void {
    this.merge(entry, this.ports.get(entry.port)?.forUnread === true ? Math.min : (waiting) => waiting);
  }

  private merge(entry: PendingPort, turn: (waiting: number, entry: number) => number): void {
    const waiting = this.ports.get(entry.port);
    if (waiting === undefined) {
      this.ports.set(entry.port, entry);
      return;
    }
    // Somebody who joins a port that nobody waited for does not know yet what it waits for.
    const known = waiting.waiters.length > 0 || entry.waiters.length === 0 ? waiting.lastError : undefined;
    const lastError = entry.lastError ?? known;
    const approvedChanges = mergeKeys(waiting.approvedChanges, entry.approvedChanges);
    const approvedStatements = mergeKeys(waiting.approvedStatements, entry.approvedStatements);
    const unaware = lastError === undefined ? [] : unawareOf(waiting, entry);
    this.ports.set(entry.port, {
      port: entry.port,
      serverIds: [...new Set([...waiting.serverIds, ...entry.serverIds])],
      nodes: mergeNodes(waiting.nodes, entry.nodes),
      explainedIps: mergeIps(waiting.explainedIps, entry.explainedIps),
      deletedServerIds: [...new Set([...waiting.deletedServerIds, ...entry.deletedServerIds])],
      waiters: [...new Set([...waiting.waiters, ...entry.waiters])],
      since: Math.min(waiting.since, entry.since),
      ...newestOf(waiting, entry),
      attempts: Math.max(waiting.attempts, entry.attempts),
      notBefore: turn(waiting.notBefore, entry.notBefore),
      approved: waiting.approved || entry.approved,
      ...(approvedStatements.length === 0 ? {} : { approvedStatements }),
      ...(approvedChanges.length === 0 ? {} : { approvedChanges }),
      // Somebody who asks without a plan wants whatever is due by now.
      ...(waiting.plan === undefined || waiting.plan !== entry.plan ? {} : { plan: waiting.plan }),
      ...(lastError === undefined ? {} : { lastError }),
      ...(unaware.length === 0 ? {} : { unaware }),
    });
  }
}

function mergeKeys(a: readonly string[] = [], b: readonly string[] = []): readonly string[] {
  return [...new Set([...a, ...b])];
}

/** The waiters of both that neither says are aware of what the port waits for. */
function unawareOf(...entries: readonly PendingPort[]): string[] {
  const aware = entries.flatMap(({ lastError, waiters, unaware = [] }) =>
    lastError === undefined ? [] : waiters.filter((waiter) => !unaware.includes(waiter)),
  );
  return [...new Set(entries.flatMap(({ waiters }) => waiters))].filter((waiter) => !aware.includes(waiter));
}

/** How long a device that still has the lock of a pass that was cut off is left alone, and how often. */
const STILL_LOCKED_MS = 2_000;
const MOST_SOON_TRIES = 15;

/** How long the next try waits after so many. */
function backoff(attempts: number, { initialBackoffMs, maximumBackoffMs }: RetryLimits): number {
  return Math.min(initialBackoffMs * 2 ** Math.min(attempts - 1, 20), maximumBackoffMs);
}

/** How a port begins that was not tried yet. */
function untried(now: number, since: number): Pick<PendingPort, 'since' | 'attempts' | 'notBefore'> {
  return { since, attempts: 0, notBefore: now };
}

/**
 * When the newest request was first tried, from which giving up counts; nothing while it was not. An event that asks again for
 * what it waits for already is no new request.
 */
function newestOf(a: PendingPort, b: PendingPort): Pick<PendingPort, 'newest'> {
  const isFresh = ({ newest }: PendingPort): boolean => newest === undefined;
  const [older, newer] = isFresh(a) || (!isFresh(b) && (a.newest ?? 0) > (b.newest ?? 0)) ? [b, a] : [a, b];
  const repeated = newer.waiters.length > 0 && newer.waiters.every((waiter) => older.waiters.includes(waiter));
  const { newest } = repeated ? older : newer;
  return newest === undefined ? {} : { newest };
}
