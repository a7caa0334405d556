import { Counter, Gauge, type Registry } from 'prom-client';
import type { MetricsLookups } from './metricsLookups';

type Figures = Awaited<ReturnType<NonNullable<MetricsLookups['journal']>>> | undefined;

/**
 * The metrics of the journal.
 * @param lookUp how long it is; undefined when it cannot be looked up: then the gauges have no values.
 * @param ageOf seconds since the oldest of some times; 0 when there is none.
 * @returns what counts changes that could not be journaled.
 */
export function registerJournalMetrics(
  registers: Registry[],
  lookUp: () => Promise<Figures>,
  ageOf: (times: readonly string[]) => number,
): () => void {
  new Gauge({
    name: 'portwarden_journal_rows',
    help: 'Entries of the change journal, counted once a minute at most.',
    registers,
    async collect() {
      const found = await lookUp();
      if (found === undefined) return this.remove();
      this.set(found.rows);
    },
  });
  new Gauge({
    name: 'portwarden_journal_oldest_seconds',
    help: 'Age of the oldest entry of the change journal; 0 when it is empty.',
    registers,
    async collect() {
      const found = await lookUp();
      if (found === undefined) return this.remove();
      this.set(ageOf(found.oldest === undefined ? [] : [found.oldest]));
    },
  });
  const failures = new Counter({
    name: 'portwarden_journal_write_failures_total',
    help: 'Passes that could not be written into the change journal.',
    registers,
  });
  return () => {
    failures.inc();
  };
}
