import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { redactConfiguration } from './redactConfiguration';
import type { RefusedPort } from '../device';
import { namedCulprits, refusalCode } from './culprits';
import { checkDiff, type DiffProblem } from './diffCheck';
import { BaselineRefused, isolate, type Verdict } from './isolation';
import { Rejection, type Operations } from './operations';
import type { JunosState, JunosWork } from './junosState';

/** Our changes in the candidate configuration, under our lock. */
export class Candidate {
  /** The device's diff of what was accepted last, without secrets. */
  diffText = '';
  /** What the device remarked while loading and checking it. */
  warnings: readonly string[] = [];
  private dirty = false;
  /** Ports whose diff differed from the plan: they fail with another code than rejected ones. */
  private readonly mismatched = new Set<string>();

  constructor(
    private readonly operations: Operations,
    private readonly state: Pick<JunosState, 'onSwitch' | 'closing'>,
    private readonly onStep: (step: string, detail?: string) => void,
  ) {}

  /**
   * Loads and checks the work; what the device refuses is left out and the rest is in the candidate afterwards.
   * @throws PortwardenError `device-rejected` when the device refuses even its present configuration,
   *   `device-diff-mismatch` when the device's diff differs from the plan in a way no port explains.
   */
  async settle(work: readonly JunosWork[]): Promise<{
    readonly accepted: readonly JunosWork[];
    readonly rejected: readonly (RefusedPort & { readonly code: ErrorCode })[];
  }> {
    try {
      const { accepted, rejected } = await isolate(work, (items) => this.attempt(items));
      return {
        accepted,
        rejected: rejected.map(({ item, message }) => ({
          port: item.port,
          message,
          code: this.mismatched.has(item.port) ? 'device-diff-mismatch' : refusalCode(message, item),
        })),
      };
    } catch (error) {
      if (!(error instanceof BaselineRefused)) throw error;
      throw new PortwardenError(
        'device-rejected',
        `The device refuses its configuration even without a change of ours: ${error.message}`,
      );
    }
  }

  /** Discards our changes when there are any. */
  async clear(): Promise<void> {
    if (!this.dirty) return;
    await this.operations.discard();
    this.dirty = false;
  }

  /** The candidate was committed, or its session is gone: there is nothing of ours in it any more. */
  committed(): void {
    this.dirty = false;
  }

  private async attempt(work: readonly JunosWork[]): Promise<Verdict<JunosWork>> {
    await this.clear();
    try {
      return await this.loadAndCheck(work);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      return { ok: false, message: error.message, culprits: byWork(namedCulprits(error.errors, work), work) };
    }
  }

  private async loadAndCheck(work: readonly JunosWork[]): Promise<Verdict<JunosWork>> {
    const warnings: string[] = [];
    const own = work.map((item) => item.edits);
    const changes = [...own, ...this.state.closing(own)];
    const revive = changes.flatMap((change) => change.revive);
    const edits = changes.flatMap((change) => change.edits);
    if (work.length > 0) {
      this.onStep('load', `${work.length} ports`);
      this.dirty = true;
      const loads = [...(revive.length > 0 ? [revive] : []), edits].map((part) => this.operations.load(part));
      const comparison = this.operations.diff();
      comparison.catch(() => undefined);
      for (const remarks of await allOf(loads)) warnings.push(...remarks);
      this.onStep('diff');
      const diff = await comparison;
      const { dialect, bindings } = this.state.onSwitch;
      const problems = checkDiff(diff, dialect, changes, bindings);
      if (problems.length > 0) return this.mismatch(problems, work);
      this.diffText = redactConfiguration(diff.text);
    }
    this.onStep('check');
    warnings.push(...(await this.operations.check()));
    this.warnings = warnings;
    return { ok: true };
  }

  private mismatch(problems: readonly DiffProblem[], work: readonly JunosWork[]): Verdict<JunosWork> {
    const message = redactConfiguration(
      problems
        .map(({ text }) => text)
        .slice(0, 5)
        .join('; '),
    );
    if (problems.some(({ port }) => port === undefined)) {
      throw new PortwardenError('device-diff-mismatch', `The device's diff is not the computed change: ${message}`);
    }
    const culprits = problems.flatMap(({ port, text }) =>
      port === undefined ? [] : [{ port, message: redactConfiguration(text) }],
    );
    for (const { port } of culprits) this.mismatched.add(port);
    return { ok: false, message, culprits: byWork(culprits, work) };
  }
}

/**
 * A granted lock means a clean candidate; where it does not, the edits in it are somebody else's.
 * @throws PortwardenError `device-foreign-edits`.
 */
export async function refuseForeignEdits(operations: Operations): Promise<void> {
  const present = await operations.diff();
  if (present.text === '' && present.entries.length === 0) return;
  throw new PortwardenError(
    'device-foreign-edits',
    'The candidate configuration holds uncommitted edits of somebody else.',
  );
}

/** The results of all, or the first failure, once all have ended: nothing of ours is under way any more. */
async function allOf<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  const ended = await Promise.allSettled(works);
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

function byWork(
  culprits: readonly RefusedPort[],
  work: readonly JunosWork[],
): readonly { item: JunosWork; message: string }[] {
  const found = new Map<JunosWork, string[]>();
  for (const { port, message } of culprits) {
    const item = work.find((candidate) => candidate.port === port);
    if (item !== undefined) found.set(item, [...(found.get(item) ?? []), message]);
  }
  return [...found].map(([item, messages]) => ({ item, message: messages.join('; ') }));
}
