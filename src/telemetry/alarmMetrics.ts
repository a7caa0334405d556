import { Gauge, type Registry } from 'prom-client';
import { ALARM_IDS, alarmEntry } from '../domain/alarms/registry';
import type { MetricsLookups } from './metricsLookups';

type Alarms = Awaited<ReturnType<NonNullable<MetricsLookups['alarms']>>>;

/**
 * The metrics of alarms.
 * @param lookUp those that are open, and when they were judged; undefined when it cannot be looked up: then the gauges have no values.
 */
export function registerAlarmMetrics(registers: Registry[], lookUp: () => Promise<Alarms | undefined>): void {
  new Gauge({
    name: 'portwarden_alarms',
    help: 'Open alarms by id (docs/alarms.md) and severity.',
    labelNames: ['id', 'severity'],
    registers,
    async collect() {
      this.reset();
      const alarms = await lookUp();
      for (const id of alarms === undefined ? [] : ALARM_IDS)
        this.set({ id, severity: alarmEntry(id).severity }, alarms?.counts.find((one) => one.id === id)?.count ?? 0);
    },
  });
  new Gauge({
    name: 'portwarden_alarms_judged_seconds',
    help: 'Seconds since alarms were judged last: the others are as old as that.',
    registers,
    async collect() {
      const judgedAt = (await lookUp())?.judgedAt;
      if (judgedAt === undefined) return this.remove();
      this.set(Math.max((Date.now() - Date.parse(judgedAt)) / 1000, 0));
    },
  });
}
