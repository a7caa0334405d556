import { Gauge, type Registry } from 'prom-client';
import type { MetricsLookups } from './metricsLookups';

type Dropped = Awaited<ReturnType<NonNullable<MetricsLookups['dropped']>>> | undefined;

/**
 * The metric of what devices refused: one figure for each device. It goes down when a device begins to count anew, as a counter may.
 * @param dropped undefined when it cannot be looked up: then there are no values.
 */
export function registerEvidenceMetrics(registers: Registry[], dropped: () => Promise<Dropped>): void {
  new Gauge({
    name: 'portwarden_arp_frames_refused',
    help: 'ARP frames that a device has refused on all its ports, by its own counters as they were read last.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device, refused } of (await dropped()) ?? []) this.set({ device }, refused);
    },
  });
}
