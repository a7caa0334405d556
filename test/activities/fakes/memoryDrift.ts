import { driftSince, type Drift } from '../../../src/domain/drift/drift';
import type { ReconcileState } from '../../../src/domain/drift/reconcile';
import type { VanishedMode } from '../../../src/domain/drift/vanished';
import type { ServerId } from '../../../src/domain/event/event';
import type { DeviceId } from '../../../src/domain/values/device';
import type { Store } from '../../../src/store/store';

/** Drift in memory. */
export class MemoryDrift {
  /** All of it, cleared or not, in the order in which it was found. */
  all: Drift[] = [];

  readonly repository: Store['drift'] = {
    open: async (device) => this.openOn(device),
    record: async (found) => {
      for (const one of found) {
        const index = this.all.findIndex((row) => isOpen(row) && row.device === one.device && row.port === one.port);
        if (index === -1) this.all.push(one);
        else this.all[index] = one;
      }
    },
    clear: async (device, ports, at) => {
      const clearedAt = at.toISOString();
      const cleared = this.openOn(device).filter(({ port }) => ports.includes(port));
      this.all = this.all.map((row) => (cleared.includes(row) ? { ...row, clearedAt } : row));
      return cleared;
    },
    reject: async (device, port) => {
      this.all = this.all.map((row) =>
        isOpen(row) && row.device === device && [row.port, ...row.names].includes(port)
          ? { ...row, action: 'rejected' }
          : row,
      );
    },
    page: async (limit, { devices, port, cleared = false } = {}) =>
      this.all
        .map((row, index) => ({ id: String(index + 1), ...row }))
        .filter((row) => isOpen(row) !== cleared && devices?.includes(row.device) !== false)
        .filter((row) => port === undefined || [row.port, ...row.names].includes(port))
        .slice(0, limit),
    figures: async () => {
      const devices = [...new Set(this.all.filter(isOpen).map(({ device }) => device))];
      return devices.map((device) => {
        const open = this.openOn(device);
        return { device, ports: open.length, oldest: open.map(driftSince).sort()[0] ?? '' };
      });
    },
  };

  private openOn(device: DeviceId): Drift[] {
    return this.all.filter((row) => isOpen(row) && row.device === device);
  }
}

function isOpen({ clearedAt }: Drift): boolean {
  return clearedAt === undefined;
}

/** How reconciles went, in memory. */
export class MemoryReconciles {
  readonly states = new Map<DeviceId, ReconcileState>();
  readonly vanished = new Map<DeviceId, ReadonlyMap<ServerId, VanishedMode>>();

  readonly repository: Store['reconciles'] = {
    saw: async (seen, at) => {
      this.states.set(seen.device, { ...seen, triedAt: at.toISOString(), lookedAt: at.toISOString() });
    },
    failed: async (device, mode, error, at) => {
      const nothing = { device, ports: 0, unreadable: 0, inDrift: 0, underWay: [], notes: [] };
      const before = this.states.get(device) ?? nothing;
      const failingSince = 'failingSince' in before ? before.failingSince : undefined;
      const now = at.toISOString();
      this.states.set(device, { ...before, mode, error, triedAt: now, failingSince: failingSince ?? now });
    },
    list: async (devices) => [...this.states.values()].filter(({ device }) => devices?.includes(device) !== false),
    vanished: async (device) => this.vanished.get(device) ?? new Map(),
    keepVanished: async (device, servers, mode) => {
      this.vanished.set(device, new Map(servers.map((id) => [id, mode])));
    },
  };
}
