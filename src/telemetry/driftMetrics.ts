import { Gauge, type Registry } from 'prom-client';
import { registerEvidenceMetrics } from './evidenceMetrics';
import type { MetricsLookups } from './metricsLookups';

type Found<Name extends 'drift' | 'reconciles' | 'dropped'> =
  Awaited<ReturnType<NonNullable<MetricsLookups[Name]>>> | undefined;

/** What the metrics of drift are looked up by; undefined when it cannot be looked up: then the gauges have no values. */
export interface DriftLookups {
  readonly drift: () => Promise<Found<'drift'>>;
  readonly reconciles: () => Promise<Found<'reconciles'>>;
  readonly dropped: () => Promise<Found<'dropped'>>;
}

/**
 * The metrics of drift and reconciles, and of what devices refused, which reconciles count.
 * @param ageOf seconds since the oldest of some times; 0 when there is none.
 */
export function registerDriftMetrics(
  registers: Registry[],
  { drift, reconciles, dropped }: DriftLookups,
  ageOf: (times: readonly string[]) => number,
): void {
  registerEvidenceMetrics(registers, dropped);
  new Gauge({
    name: 'portwarden_drift_ports',
    help: 'Ports that are not as they should be though nothing of ours is under way there.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      const found = await drift();
      const counted = new Map((found ?? []).map(({ device, ports }) => [device, ports]));
      for (const { device } of found === undefined ? [] : ((await reconciles()) ?? []))
        if (!counted.has(device)) counted.set(device, 0);
      for (const [device, ports] of counted) this.set({ device }, ports);
    },
  });
  new Gauge({
    name: 'portwarden_drift_oldest_seconds',
    help: 'Age of the oldest drift; 0 when no port is in drift.',
    registers,
    async collect() {
      const found = await drift();
      if (found === undefined) return this.remove();
      this.set(ageOf(found.map(({ oldest }) => oldest)));
    },
  });
  new Gauge({
    name: 'portwarden_reconcile_age_seconds',
    help: 'Seconds since the last reconcile that saw a device.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device, lookedAt } of (await reconciles()) ?? [])
        if (lookedAt !== undefined) this.set({ device }, ageOf([lookedAt]));
    },
  });
  new Gauge({
    name: 'portwarden_reconcile_failing_seconds',
    help: 'Seconds since reconciles of a device began to fail; 0 when the newest one saw it.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device, failingSince } of (await reconciles()) ?? [])
        this.set({ device }, failingSince === undefined ? 0 : ageOf([failingSince]));
    },
  });
}
