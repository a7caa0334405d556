import { Gauge, type Registry } from 'prom-client';
import { VIRTUAL_MAC_STATES, type VirtualMacState } from '../domain/desired/virtualMac';

/** How many virtual MACs are in a state, and when the oldest of them was allocated (ISO 8601). */
export interface VirtualMacCount {
  readonly state: VirtualMacState;
  readonly count: number;
  readonly oldest: string;
}

/**
 * The metrics of virtual MACs. One that stays `pending` was promised and never read back from a port.
 * @param lookUp undefined when it cannot be looked up: then the gauges have no values.
 * @param ageOf seconds since the oldest of some times; 0 when there is none.
 */
export function registerVirtualMacMetrics(
  registers: Registry[],
  lookUp: () => Promise<readonly VirtualMacCount[] | undefined>,
  ageOf: (times: readonly string[]) => number,
): void {
  new Gauge({
    name: 'portwarden_virtual_macs',
    help: 'Virtual MACs by state: pending, active, failed, revoked.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      const counts = await lookUp();
      for (const state of counts === undefined ? [] : VIRTUAL_MAC_STATES)
        this.set({ state }, counts?.find((one) => one.state === state)?.count ?? 0);
    },
  });
  new Gauge({
    name: 'portwarden_virtual_macs_oldest_seconds',
    help: 'Age of the oldest virtual MAC that is pending, and of the oldest that failed; 0 when there is none.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      const counts = await lookUp();
      for (const state of counts === undefined ? [] : UNSETTLED)
        this.set({ state }, ageOf(counts?.flatMap((one) => (one.state === state ? [one.oldest] : [])) ?? []));
    },
  });
}

/** States that do not last when all is well. */
const UNSETTLED = ['pending', 'failed'] as const;
