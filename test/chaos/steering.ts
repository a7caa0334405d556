import { LAB_SECRETS } from '../../lab/world';
import {
  APPLY_ALL_WORKFLOW,
  PLAN_APPLY_ALL_WORKFLOW,
  PLAN_RELEASE_WORKFLOW,
  PLAN_RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
} from '../../src/protocol/names';
import { judgeCommits, judgedRun, judgeEnd, plannedChanges } from './applyAllJudge';
import { ApplyAlls } from './applyAlls';
import { ChaosApi } from './chaosApi';
import { HoldsJudge, unjournaledHolds } from './holdsJudge';
import type { Installation } from './installation';
import { wholeJournal } from './journalRows';
import { Observer } from './observer';
import { Restores } from './restores';
import type { SwitchWatch } from './switchWatch';
import type { TruthHistory } from './truth';

const QUIET_MS = 300_000;
const ENDED_MS = 180_000;
const LONG = [
  ...[APPLY_ALL_WORKFLOW, PLAN_APPLY_ALL_WORKFLOW],
  ...[PLAN_RESTORE_WORKFLOW, RESTORE_WORKFLOW, PLAN_RELEASE_WORKFLOW, RELEASE_HOLDS_WORKFLOW],
];

/** What operators do with many ports at a time, Apply All and restores, and what is judged of it once everything works again. */
export class Steering {
  readonly applyAlls: ApplyAlls;
  readonly restores: Restores;
  private readonly api: ChaosApi;
  private readonly holds: HoldsJudge;

  constructor(
    private readonly installation: Installation,
    private readonly watches: readonly SwitchWatch[],
    private readonly history: TruthHistory,
    private readonly say: (line: string) => void,
  ) {
    this.api = new ChaosApi(() => installation.apiUrl, LAB_SECRETS.bearerToken);
    this.applyAlls = new ApplyAlls(this.api, installation, watches, say);
    this.restores = new Restores(this.api, watches, history, say);
    const actual = (): ReadonlyMap<string, readonly string[]> =>
      new Map(watches.flatMap((watch) => [...watch.bindings()]));
    this.holds = new HoldsJudge(this.api, this.restores, history, actual, say);
  }

  /**
   * What was begun ends; one last run over everything finds what is held as it is held, and what is held is released then.
   * @returns what is wrong.
   */
  async judge(): Promise<string[]> {
    this.api.giveUpWithin(ENDED_MS);
    const observer = await Observer.connect(this.installation.temporalAddress ?? '');
    try {
      const paused = await this.applyAlls.settled();
      await this.restores.chores.settled();
      const hanging = await this.quiet(observer);
      if (paused.length + hanging.length > 0) return [...paused, ...hanging];
      this.takeSomethingAway();
      this.api.giveUpWithin(ENDED_MS);
      const last = await this.applyAlls.last();
      const unended = await this.quiet(observer);
      const held = await this.holds.heldRightly();
      this.api.giveUpWithin(ENDED_MS);
      const released = await this.holds.released();
      const restless = await this.quiet(observer);
      const begun = last === undefined ? ['the last Apply All, over everything, did not begin'] : [];
      return [
        ...this.restores.violations,
        ...this.restores.chores.failures,
        ...this.applyAlls.chores.failures,
        ...[...begun, ...unended, ...held, ...released, ...restless],
        ...(await this.judgeRuns(observer)),
      ];
    } finally {
      await observer.close();
    }
  }

  /** Somebody errs on every switch, and nobody tells: the last run has something to do that no event asks for. */
  private takeSomethingAway(): void {
    const { desired } = this.history.now();
    for (const watch of this.watches) {
      const there = [...watch.bindings()].flatMap(([port, bindings]) =>
        bindings.filter((one) => desired.get(port)?.includes(one) === true).map((one) => [port, one] as const),
      );
      const [first] = there;
      if (first !== undefined && watch.commitByHand([], [first])) this.say(`taken away by mistake: ${first.join(' ')}`);
    }
  }

  private async judgeRuns(observer: Observer): Promise<string[]> {
    const runs = await Promise.all(this.applyAlls.runs.map((run) => judgedRun(this.api, run)));
    const journal = await wholeJournal(this.api);
    const changes = plannedChanges(this.watches, await observer.passPlans());
    this.say(
      `Apply All: ${runs.map(({ run, state, rows }) => `${run.reason} ${state} of ${rows.length}`).join(', ')}; ${changes.length} changes by plan; ${this.restores.told.size} holds`,
    );
    return [
      ...runs.flatMap(judgeEnd),
      ...judgeCommits(runs, changes, journal, this.installation.freezes),
      ...unjournaledHolds(this.restores, journal),
    ];
  }

  /** Events, coordinators, runs and restores. @returns what does not end. */
  private async quiet(observer: Observer): Promise<string[]> {
    const busy = await observer.quiet(QUIET_MS);
    const open = await observer.ended(LONG, ENDED_MS);
    return [...busy.map((what) => `not quiet: ${what}`), ...open.map((id) => `${id} does not end`)];
  }
}
