import type { Device } from '../../src/devices/device';
import { converge } from '../../src/devices/pass/converge';
import type { Convergence } from '../../src/devices/pass/convergence';
import { preview, type Preview } from '../../src/devices/pass/preview';
import type { ConvergeContext, PoliciesOfDevice, PortTarget, RemoteGroups } from '../../src/devices/pass/request';
import type { PolicyFields, PortPolicy } from '../../src/domain/policies/policy';
import type { PortMemory } from '../../src/domain/policies/portMemory';
import type { PortName } from '../../src/domain/values/port';
import { recordingContext, request } from './support';

/** When policies of these tests were made. */
export const NOON = new Date('2026-11-29T12:00:00Z');
export const AN_HOUR_LATER = new Date(NOON.getTime() + 3_600_000);

/** A device with what a store would remember of its policies. */
export class PolicySite {
  readonly memories = new Map<PortName, PortMemory>();
  at = NOON;
  policies: readonly PortPolicy[] = [];
  groups: RemoteGroups = new Map();

  /** @param device may be exchanged for one with other settings. */
  constructor(public device: Device) {}

  ofDevice(): PoliciesOfDevice {
    const { policies, at, groups } = this;
    return { device: this.device.id, policies, at, memories: new Map(this.memories), groups };
  }

  /** The policy of a port. */
  policy(port: PortName, fields: PolicyFields & Partial<Pick<PortPolicy, 'exclusive' | 'expiresAt'>>): PortPolicy {
    const scope = { kind: 'port', device: this.device.id, port } as const;
    return { scope, reason: 'test', author: 'ada', createdAt: NOON, ...fields };
  }

  pass(targets: readonly PortTarget[], context: Partial<ConvergeContext> = {}): Promise<Convergence> {
    return converge(
      this.device,
      request(targets, { policies: this.ofDevice() }),
      recordingContext({
        onRemember: (changes) => {
          // As a database does: only what can be written as text comes back.
          for (const { port, memory } of changes)
            if (memory === undefined) this.memories.delete(port);
            else this.memories.set(port, JSON.parse(JSON.stringify(memory)) as PortMemory);
          return Promise.resolve();
        },
        ...context,
      }),
    );
  }

  async preview(targets: readonly PortTarget[]): Promise<Preview> {
    const ports = targets.map(({ port }) => port);
    const state = await this.device.readState(new AbortController().signal, { ports, withPolicies: true });
    return preview(state, request(targets, { policies: this.ofDevice() }), []);
  }
}
