import { Counter, Gauge, type Registry } from 'prom-client';
import type { MetricsLookups } from './metricsLookups';

type Endpoints = Awaited<ReturnType<NonNullable<MetricsLookups['notifications']>>>;

/**
 * The metrics of notifications.
 * @param lookUp how each endpoint stands; undefined when it cannot be looked up: then the gauges have no values.
 * @returns what counts tries.
 */
export function registerNotificationMetrics(
  registers: Registry[],
  lookUp: () => Promise<Endpoints | undefined>,
): (endpoint: string, result: 'delivered' | 'held' | 'failed') => void {
  const tries = new Counter({
    name: 'portwarden_notification_tries_total',
    help: 'Tries to deliver notifications by endpoint and result (delivered, failed, held: the endpoint answered 410).',
    labelNames: ['endpoint', 'result'],
    registers,
  });
  new Gauge({
    name: 'portwarden_notifications',
    help: 'Notifications by endpoint and state: queued (wait for their turn), sending (or wait for the next try), failed (given up).',
    labelNames: ['endpoint', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { id, queued, sending, failed } of (await lookUp()) ?? [])
        for (const [state, count] of Object.entries({ queued, sending, failed }))
          this.set({ endpoint: id, state }, count);
    },
  });
  new Gauge({
    name: 'portwarden_notification_oldest_seconds',
    help: 'Age of the oldest notification of an endpoint that is neither delivered nor given up; 0: there is none.',
    labelNames: ['endpoint'],
    registers,
    async collect() {
      this.reset();
      for (const { id, oldest } of (await lookUp()) ?? [])
        this.set({ endpoint: id }, oldest === undefined ? 0 : Math.max((Date.now() - Date.parse(oldest)) / 1000, 0));
    },
  });
  return (endpoint, result) => {
    tries.inc({ endpoint, result });
  };
}
