import { Chores, isRefused, type ChaosApi } from './chaosApi';
import type { AskedHold, KnownHold } from './holdBook';
import { againstHold, knownHold, type HoldRow } from './holdRules';
import { portKey, splitKey } from './model';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';
import { ipOf, type TruthHistory } from './truth';

const MOST = 100;
const LONG_S = 36_000;
/** Nobody was shown a plan with this hash. */
export const NOT_SHOWN = '0'.repeat(64);

/** What `POST /restores/plan` answers; the texts of its statements are bindings as the model writes them. */
interface PlanAnswer {
  readonly backup: string;
  readonly hash: string;
  readonly ports: readonly {
    readonly port: string;
    readonly status: string;
    readonly added: readonly string[];
    readonly removed: readonly string[];
  }[];
}

/** What is restored, and how. */
interface RestoreWish {
  readonly device: string;
  readonly port?: string;
  /** Which of the backups, from 0 (the newest) up to 1. */
  readonly age: number;
  readonly seconds: number;
}

/** People who restore ports from backups, hold them so, and release them; and what must not become of a port that is held. */
export class Restores {
  readonly violations: string[] = [];
  readonly chores = new Chores();
  /** Every hold that the product told of. */
  readonly told = new Map<string, KnownHold>();
  /** Those that were released, by the workflow that did it. */
  readonly released = new Map<string, string>();
  private readonly busy = new Set<string>();
  private next = 1;

  constructor(
    private readonly api: ChaosApi,
    private readonly watches: readonly SwitchWatch[],
    private readonly history: TruthHistory,
    private readonly say: (line: string) => void,
  ) {
    for (const watch of watches)
      watch.device.events.on('commit', () => {
        this.judgeCommit(watch);
      });
  }

  /** Does one thing; what comes of it is said later. @returns what, for the run's log. */
  act(random: Random): string {
    const isRelease = random.chance(0.35);
    const [at, isAsking] = [random.next(), random.chance(0.5)];
    const wish = this.drawWish(random);
    const holds = this.book.known().filter(({ id }) => !this.busy.has(id));
    const hold = holds[Math.floor(at * holds.length)];
    if (isRelease && hold !== undefined) {
      this.chores.begin(() => this.release([hold], isAsking));
      return `a person releases hold ${hold.id} of ${hold.port}${isAsking ? ', first without having seen the plan' : ''}`;
    }
    const number = this.next++;
    this.chores.begin(() => this.restore(number, wish));
    const place = `${wish.device}${wish.port === undefined ? '' : ` ${wish.port}`}`;
    return `a person restores ${place} (${number}) for ${wish.seconds} s from a backup ${wish.age.toFixed(2)} of the way back`;
  }

  /** Releases holds by a plan. @param isAsking whether it is tried without a plan before, which must change nothing. */
  async release(holds: readonly KnownHold[], isAsking: boolean): Promise<void> {
    const ids = holds.map(({ id }) => id);
    for (const id of ids) this.busy.add(id);
    try {
      if (isAsking) await this.releaseUnseen(ids);
      const plan = await this.api.get<{ readonly hash: string }>('/api/holds/release/plan', { ids });
      if (plan === undefined) return;
      this.history.change(() => {
        for (const { port } of holds) this.book.releasing(port);
      });
      const answer = await this.api.ask('/api/holds/release', this.releaseBody(ids, plan.hash));
      if (isRefused(answer)) await this.lookAgain(holds);
      const { workflowId } = (answer?.body ?? {}) as { readonly workflowId?: string };
      if (workflowId === undefined) return;
      const end = await this.api.ended(workflowId);
      this.say(`  the release of hold ${ids.join(' ')}: ${end?.state ?? 'unknown'} ${end?.error?.code ?? ''}`);
      if (end?.state === 'completed') for (const id of ids) this.released.set(id, workflowId);
      await this.lookAgain(holds);
    } finally {
      for (const id of ids) this.busy.delete(id);
    }
  }

  /** What `GET /holds` says of it now counts. */
  async lookAgain(holds: readonly KnownHold[]): Promise<void> {
    for (const { id, port } of holds) {
      const answer = await this.api.insist(`/api/holds/${id}`);
      const isGone = answer?.status === 404;
      const row = answer?.status === 200 ? (answer.body as HoldRow) : undefined;
      this.history.change(() => {
        if (isGone) this.book.gone(id);
        else if (row !== undefined && row.released === undefined) this.book.notReleased(port);
      });
    }
  }

  get book(): TruthHistory['ledger']['holds'] {
    return this.history.ledger.holds;
  }

  private drawWish(random: Random): RestoreWish {
    const watch = random.pick(this.watches);
    const isWhole = random.chance(0.25);
    const at = random.next();
    // Of a port at which nobody ever was no restore is possible.
    const used = [...watch.bindings()].flatMap(([port, bindings]) => (bindings.length === 0 ? [] : [port]));
    const key = used[Math.floor(at * used.length)];
    const [age, isShort] = [random.next(), random.chance(0.2)];
    return {
      device: `junos:${watch.id}`,
      ...(isWhole || key === undefined ? {} : { port: splitKey(key).port }),
      age,
      seconds: isShort ? random.int(10, 25) : LONG_S,
    };
  }

  private async restore(number: number, { device, port, age, seconds }: RestoreWish): Promise<void> {
    const listed = await this.api.getPatiently<{ readonly backups: readonly { readonly id: string }[] }>(
      `/api/devices/${device}/backups?limit=${MOST}`,
    );
    const backup = listed?.backups[Math.floor(age * listed.backups.length)]?.id;
    if (backup === undefined) {
      this.say(`  restore ${number}: no backup`);
      return;
    }
    const subject = { device, backup, ...(port === undefined ? {} : { port }) };
    const plan = await this.api.getPatiently<PlanAnswer>('/api/restores/plan', subject);
    const asked = (plan?.ports ?? []).filter(({ status }) => status !== 'refused').map((one) => askedOf(device, one));
    if (plan === undefined || asked.length === 0) {
      this.say(`  restore ${number}: ${plan === undefined ? 'no plan' : 'every port is refused'}`);
      return;
    }
    this.say(`  restore ${number}: ${asked.map(wordsOf).join('; ')}`);
    this.history.change(() => {
      for (const { added, removed } of asked)
        for (const binding of [...added, ...removed]) this.history.ledger.otherMac.add(ipOf(binding));
      this.book.ask(number, asked);
    });
    const expiresAt = new Date(Date.now() + seconds * 1_000).toISOString();
    const by = { author: 'chaos', reason: `chaos restore ${number}` };
    const answer = await this.api.ask('/api/restores', { ...subject, hash: plan.hash, ...by, expiresAt });
    if (isRefused(answer)) {
      this.forget(number, asked);
      return;
    }
    const { workflowId } = (answer?.body ?? {}) as { readonly workflowId?: string };
    if (workflowId !== undefined) await this.follow(number, asked, workflowId);
  }

  private async follow(number: number, asked: readonly AskedHold[], workflowId: string): Promise<void> {
    const end = await this.api.ended<{ readonly holds: readonly { readonly id: string; readonly port: string }[] }>(
      workflowId,
    );
    this.say(`  restore ${number}: ${end?.state ?? 'unknown'} ${end?.error?.code ?? ''}`);
    // These are said before anything is written down.
    if (end?.state === 'failed' && ['hold-differs', 'restore-refused'].includes(end.error?.code ?? ''))
      this.forget(number, asked);
    if (end?.state !== 'completed') return;
    const holds = end.outcome?.holds ?? [];
    for (const { id } of holds) {
      const answer = await this.api.insist(`/api/holds/${id}`);
      if (answer?.status === 200) this.holdFrom(number, answer.body as HoldRow);
    }
    // Of the others there is no hold, or none any more.
    this.forget(
      number,
      asked.filter(({ port }) => !this.isTold(number, port)),
    );
  }

  private readonly toldOf = new Set<string>();
  private isTold(number: number, port: string): boolean {
    return this.toldOf.has(`${number} ${port}`);
  }

  /** The product told of a hold that a restore came to. */
  holdFrom(number: number, row: HoldRow): void {
    const known = knownHold(row);
    this.told.set(known.id, known);
    this.toldOf.add(`${number} ${known.port}`);
    const { ledger } = this.history;
    this.history.change(() => {
      this.book.hold(number, known);
      for (const binding of [...known.statements, ...known.removes]) ledger.otherMac.add(ipOf(binding));
      for (const binding of known.removes) {
        if (ledger.isAdopted(known.port, binding)) continue;
        ledger.releaseByHand(known.port, binding);
        ledger.releaseLeft(known.port, binding);
        ledger.approve(known.port, binding);
      }
    });
    const over = known.until - Date.now();
    if (over < LONG_S * 500)
      setTimeout(
        () => {
          this.history.change(() => undefined);
        },
        Math.max(over, 0),
      ).unref();
  }

  private forget(number: number, asked: readonly AskedHold[]): void {
    this.history.change(() => {
      for (const { port } of asked) this.book.forget(number, port);
    });
  }

  /** Whoever has seen another plan than the one that is due, or none, releases nothing. */
  private async releaseUnseen(ids: readonly string[]): Promise<void> {
    const answer = await this.api.get<{ readonly workflowId: string }>(
      '/api/holds/release',
      this.releaseBody(ids, NOT_SHOWN),
    );
    if (answer === undefined) return;
    const end = await this.api.ended(answer.workflowId);
    if (end?.state === 'completed')
      this.violations.push(`hold ${ids.join(' ')} was released by a plan that nobody was shown`);
  }

  private releaseBody(ids: readonly string[], hash: string): object {
    return { ids, hash, author: 'chaos', reason: 'whatever happens' };
  }

  private judgeCommit(watch: SwitchWatch): void {
    const commit = watch.commits.at(-1);
    if (commit?.client !== 'netconf') return;
    for (const [port, { added, removed }] of commit.changes) {
      const hold = this.book.ruling(port, Date.now());
      if (hold !== undefined)
        this.violations.push(
          ...againstHold(hold, { added, removed }, this.history.ledger).map(
            (what) => `${watch.name}: commit "${commit.log ?? ''}" ${what}`,
          ),
        );
    }
  }
}

function askedOf(device: string, { port, added, removed }: PlanAnswer['ports'][number]): AskedHold {
  return { port: portKey(Number(device.split(':')[1]), port), added, removed };
}

function wordsOf({ port, added, removed }: AskedHold): string {
  return [port, ...added.map((one) => `+${one}`), ...removed.map((one) => `-${one}`)].join(' ');
}
