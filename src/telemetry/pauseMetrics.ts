import { Gauge, type Registry } from 'prom-client';
import type { MetricsLookups } from './metricsLookups';

type Pauses = Awaited<ReturnType<NonNullable<MetricsLookups['pauses']>>>;

const KINDS = ['all', 'site', 'device', 'port'] as const;

/**
 * The metrics of pauses.
 * @param lookUp those in force; undefined when it cannot be looked up: then the gauges have no values.
 * @param ageOf seconds since the oldest of some times; 0 when there is none.
 */
export function registerPauseMetrics(
  registers: Registry[],
  lookUp: () => Promise<Pauses | undefined>,
  ageOf: (times: readonly string[]) => number,
): void {
  new Gauge({
    name: 'portwarden_pauses',
    help: 'Pauses in force, by what is paused (all, site, device, port).',
    labelNames: ['scope'],
    registers,
    async collect() {
      this.reset();
      const active = await lookUp();
      for (const scope of active === undefined ? [] : KINDS)
        this.set({ scope }, active?.filter(({ scope: { kind } }) => kind === scope).length ?? 0);
    },
  });
  new Gauge({
    name: 'portwarden_pauses_oldest_seconds',
    help: 'Age of the oldest pause in force; 0 when nothing is paused.',
    registers,
    async collect() {
      const active = await lookUp();
      if (active === undefined) return this.remove();
      this.set(ageOf(active.map(({ since }) => since)));
    },
  });
}
