import type { ChaosApi } from './chaosApi';
import type { KnownHold } from './holdBook';
import type { JournalRow } from './journalRows';
import type { Bindings } from './model';
import { splitKey } from './model';
import { NOT_SHOWN, type Restores } from './restores';
import { notAsHeld, type HoldRow } from './holdRules';
import type { TruthHistory } from './truth';

const MOST = 500;
const TRIES = 3;

/** What is judged of holds, once everything works again and nothing goes on any more. */
export class HoldsJudge {
  constructor(
    private readonly api: ChaosApi,
    private readonly restores: Restores,
    private readonly history: TruthHistory,
    private readonly actual: () => Bindings,
    private readonly say: (line: string) => void,
  ) {}

  /** What the product says is held is what was restored and nobody released, and is on its port. */
  async heldRightly(): Promise<string[]> {
    const rows = await this.rows();
    if (rows === undefined) return ['the holds were not told'];
    const problems = [...this.surprises(rows), ...this.lost(rows)];
    this.history.change(() => {
      this.restores.book.settle();
    });
    const actual = this.actual();
    const holding = rows.filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now());
    this.say(
      `${holding.length} of ${rows.length} holds hold: ${rows.map(({ id, port }) => `${id} ${port}`).join(', ')}`,
    );
    for (const row of holding) {
      const hold = this.restores.told.get(row.id);
      if (hold !== undefined) problems.push(...notAsHeld(hold, actual.get(hold.port) ?? [], this.history.ledger));
    }
    return problems;
  }

  /** Everything is released: not without its plan, and for good. */
  async released(): Promise<string[]> {
    const held = (await this.rows()) ?? [];
    const ids = held.map(({ id }) => id);
    if (ids.length === 0) return [];
    const unseen = await this.endOf(ids, NOT_SHOWN);
    const still = (await this.rows())?.filter(({ released }) => released === undefined) ?? [];
    const problems =
      unseen !== 'hold-differs' || still.length < held.length
        ? [`holds ${ids.join(' ')} were released by a plan that nobody was shown: ${unseen}`]
        : [];
    let said = '';
    for (let tries = 0; tries < TRIES && said !== 'completed'; tries += 1) {
      const plan = await this.api.get<{ readonly hash: string; readonly summary: string }>('/api/holds/release/plan', {
        ids,
      });
      this.history.change(() => {
        for (const { port } of this.restores.told.values()) this.restores.book.releasing(port);
      });
      said = await this.endOf(ids, plan?.hash ?? NOT_SHOWN);
      this.say(`all holds are released: ${plan?.summary ?? 'no plan'}: ${said}`);
    }
    const left = (await this.rows())?.map(({ id }) => id) ?? ids;
    this.history.change(() => {
      for (const id of ids) this.restores.book.gone(id);
    });
    return [...problems, ...(left.length === 0 ? [] : [`holds ${left.join(' ')} are still there, released: ${said}`])];
  }

  private surprises(rows: readonly HoldRow[]): string[] {
    return rows.flatMap((row) => {
      const { id, port, reason, released } = row;
      const number = Number(/^chaos restore (\d+)$/.exec(reason)?.[1]);
      if (Number.isNaN(number)) return [`hold ${id} of ${port} is nobody's: ${reason}`];
      // Whose restore was not answered, or not told of, is known by now.
      if (!this.restores.told.has(id)) this.restores.holdFrom(number, row);
      return released === undefined ? [] : [`hold ${id} of ${port} was released, and did not end`];
    });
  }

  private lost(rows: readonly HoldRow[]): string[] {
    const known = this.restores.book.known().filter(({ until }) => until > Date.now());
    const lost = known.filter(({ id }) => !rows.some((row) => row.id === id));
    for (const { id } of lost)
      this.history.change(() => {
        this.restores.book.gone(id);
      });
    return lost.map(({ id, port }) => `hold ${id} of ${port} is gone, and nobody released it`);
  }

  /** `completed`, or the code of its failure. */
  private async endOf(ids: readonly string[], hash: string): Promise<string> {
    const said = { ids, hash, author: 'chaos', reason: 'the end of the run' };
    const answer = await this.api.get<{ readonly workflowId: string }>('/api/holds/release', said);
    if (answer === undefined) return 'nobody answered';
    const end = await this.api.ended(answer.workflowId);
    if (end?.state === 'completed') for (const id of ids) this.restores.released.set(id, answer.workflowId);
    return end?.state === 'completed' ? end.state : (end?.error?.code ?? end?.state ?? 'it did not end');
  }

  private async rows(): Promise<readonly HoldRow[] | undefined> {
    return (await this.api.get<{ readonly holds: readonly HoldRow[] }>(`/api/holds?limit=${MOST}`))?.holds;
  }
}

/** Holds whose making, or whose release by a person, the journal does not have. */
export function unjournaledHolds(
  restores: Pick<Restores, 'told' | 'released'>,
  journal: readonly JournalRow[],
): string[] {
  const has = (hold: KnownHold, workflowId: string, words: string): boolean => {
    const { switchId, port } = splitKey(hold.port);
    return journal.some(
      (row) =>
        row.workflowId === workflowId &&
        row.device === `junos:${switchId}` &&
        row.port === port &&
        row.author === 'chaos' &&
        row.summary.includes(words),
    );
  };
  return [...restores.told.values()].flatMap((hold) => {
    const released = restores.released.get(hold.id);
    return [
      ...(has(hold, hold.workflowId, `(hold ${hold.id})`) ? [] : [`the journal lacks hold ${hold.id} of ${hold.port}`]),
      ...(released === undefined || has(hold, released, `released hold ${hold.id}`)
        ? []
        : [`the journal lacks the release of hold ${hold.id} of ${hold.port}`]),
    ];
  });
}
