import { Gauge, type Registry } from 'prom-client';
import type { MetricsLookups } from './metricsLookups';

type Holds = Awaited<ReturnType<NonNullable<MetricsLookups['holds']>>>;

/**
 * The metrics of holds.
 * @param lookUp how many there are; undefined when it cannot be looked up: then the gauge has no values.
 */
export function registerHoldMetrics(registers: Registry[], lookUp: () => Promise<Holds | undefined>): void {
  new Gauge({
    name: 'portwarden_holds',
    help: 'Ports that people hold as a backup had them (holding), and those whose hold is over and waits for a person (over).',
    labelNames: ['device', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { device, holding, over } of (await lookUp()) ?? []) {
        this.set({ device, state: 'holding' }, holding);
        this.set({ device, state: 'over' }, over);
      }
    },
  });
}
