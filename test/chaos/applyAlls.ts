import { setTimeout as sleep } from 'node:timers/promises';
import { Chores, codeOf, isRefused, type ChaosApi } from './chaosApi';
import type { Installation, Member } from './installation';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';

const PLANNED_MS = 60_000;
const PAUSE_MS = 300;

/** What is planned and run: everything, or one device. */
type Scope = { readonly all: true } | { readonly device: string };

/** What a person, or a fault, does to a run after a while. */
type Turn = 'none' | 'pause' | 'cancel' | 'kill';

/** A run that was asked for, and what people said to it. Times are Unix milliseconds by this machine's clock. */
export interface KnownRun {
  readonly plan: string;
  readonly scope: Scope;
  readonly reason: string;
  /** When it was asked for. */
  readonly at: number;
  /** Whether the product took it for certain. */
  isTaken: boolean;
  /** From the answer to a pause to the next request to resume. */
  readonly pauses: { readonly from: number; to?: number }[];
  /** When it was told that it is cancelled; and whether anybody asked for that. */
  cancelledAt?: number;
  wasCancelled: boolean;
}

interface Shown {
  readonly state: string;
  readonly hash?: string;
}

const queryOf = (scope: Scope): string => ('all' in scope ? 'all=true' : `device=${scope.device}`);
const wordsOf = (scope: Scope): string => ('all' in scope ? 'everything' : scope.device);

/** People who plan Apply All and run it; and pause, resume and cancel runs, and workers that are killed in the middle of one. */
export class ApplyAlls {
  readonly chores = new Chores();
  readonly runs: KnownRun[] = [];
  private next = 1;

  constructor(
    private readonly api: ChaosApi,
    private readonly installation: Installation,
    private readonly watches: readonly SwitchWatch[],
    private readonly say: (line: string) => void,
  ) {}

  /** Begins one; what comes of it is said later. @returns what, for the run's log. */
  act(random: Random): string {
    const device = `junos:${random.pick(this.watches).id}`;
    const scope: Scope = random.chance(0.4) ? { all: true } : { device };
    const turn = random.weighted<Turn>([
      [3, 'none'],
      [3, 'pause'],
      [2, 'cancel'],
      [3, 'kill'],
    ]);
    const [staleMs, afterMs, lastsMs] = [
      random.chance(0.4) ? random.int(500, 4_000) : 0,
      random.int(0, 2_500),
      random.int(500, 5_000),
    ];
    const victim = random.pick(this.installation.members.filter(({ role }) => role !== 'api'));
    const number = this.next++;
    this.chores.begin(async () => {
      const run = await this.begin(number, scope, staleMs);
      if (run === undefined) return;
      await sleep(afterMs);
      await this.turn(run, turn, lastsMs, victim);
    });
    return `a person applies all of ${wordsOf(scope)} (${number}): ${staleMs} ms after the plan, then ${turn} after ${afterMs} ms for ${lastsMs} ms`;
  }

  /** The last one, over everything, which nobody disturbs. @returns its plan; undefined when it did not begin. */
  async last(): Promise<KnownRun | undefined> {
    return this.begin(this.next++, { all: true }, 0);
  }

  /** Whoever paused a run lets it go on; nobody leaves one paused. @returns what could not be resumed. */
  async settled(): Promise<string[]> {
    await this.chores.settled();
    const left: string[] = [];
    for (const scope of new Map(this.runs.map((run) => [wordsOf(run.scope), run.scope])).values()) {
      const answer = await this.api.insist(`/api/apply-all?${queryOf(scope)}`);
      if ((answer?.body as Partial<Shown> | undefined)?.state !== 'paused') continue;
      if (!(await this.resume(scope))) left.push(`Apply All over ${wordsOf(scope)} could not be resumed`);
    }
    return left;
  }

  private async begin(number: number, scope: Scope, staleMs: number): Promise<KnownRun | undefined> {
    const reason = `chaos run ${number}`;
    const asked = await this.api.getPatiently<{ readonly plan: string }>('/api/apply-all/plan', {
      ...scope,
      author: 'chaos',
    });
    const until = Date.now() + PLANNED_MS;
    let shown: Shown | undefined;
    while (asked !== undefined && shown?.hash === undefined && shown?.state !== 'failed' && Date.now() < until) {
      shown = await this.api.get<Shown>(`/api/apply-all/plans/${asked.plan}`);
      await sleep(PAUSE_MS);
    }
    const { hash } = shown ?? {};
    if (asked === undefined || hash === undefined) {
      this.say(`  Apply All ${number}: no plan (${shown?.state ?? 'nobody answered'})`);
      return undefined;
    }
    await sleep(staleMs);
    const by = { author: 'chaos', reason };
    const run: KnownRun = {
      ...{ plan: asked.plan, scope, reason, at: Date.now() },
      ...{ isTaken: false, pauses: [], wasCancelled: false },
    };
    this.runs.push(run);
    const answer = await this.api.ask('/api/apply-all', { ...scope, planHash: hash, ...by });
    this.say(`  Apply All ${number}: plan ${run.plan} ${answer?.status === 202 ? 'runs' : codeOf(answer)}`);
    if (isRefused(answer)) {
      this.runs.splice(this.runs.indexOf(run), 1);
      return undefined;
    }
    run.isTaken = answer?.status === 202;
    return run;
  }

  private async turn({ scope }: KnownRun, turn: Turn, lastsMs: number, victim: Member): Promise<void> {
    if (turn === 'kill') {
      await this.installation.kill(victim);
      this.say(`  ${victim.name} is killed while Apply All runs over ${wordsOf(scope)}`);
      await sleep(lastsMs);
      this.installation.background(this.installation.up(victim));
    } else if (turn === 'cancel') {
      await this.cancel(scope);
    } else if (turn === 'pause') {
      if (!(await this.pause(scope))) return;
      await sleep(lastsMs);
      await this.resume(scope);
    }
  }

  /** Of which run it is said, the API decides: the one under way over the scope. */
  private async pause(scope: Scope): Promise<boolean> {
    const view = await this.tell(scope, 'pause');
    const run = this.runs.find(({ plan }) => plan === view?.plan);
    run?.pauses.push({ from: Date.now() });
    this.say(`  Apply All over ${wordsOf(scope)} is paused: ${view?.state ?? 'not told'}`);
    return view !== undefined;
  }

  private async resume(scope: Scope): Promise<boolean> {
    const now = Date.now();
    for (const run of this.of(scope)) for (const pause of run.pauses) pause.to ??= now;
    const view = await this.tell(scope, 'resume');
    this.say(`  Apply All over ${wordsOf(scope)} is resumed: ${view?.state ?? 'not told'}`);
    return view !== undefined;
  }

  private async cancel(scope: Scope): Promise<void> {
    for (const run of this.of(scope)) run.wasCancelled = true;
    const view = await this.tell(scope, 'cancel');
    const run = this.runs.find(({ plan }) => plan === view?.plan);
    if (run !== undefined) run.cancelledAt = Date.now();
    this.say(`  Apply All over ${wordsOf(scope)} is cancelled: ${view?.state ?? 'not told'}`);
  }

  private of(scope: Scope): readonly KnownRun[] {
    return this.runs.filter((run) => wordsOf(run.scope) === wordsOf(scope));
  }

  private tell(scope: Scope, what: string): Promise<{ readonly plan: string; readonly state: string } | undefined> {
    return this.api.get(`/api/apply-all/${what}`, { ...scope, author: 'chaos', reason: 'whatever happens' });
  }
}
