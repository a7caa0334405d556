import type { DeviceId, PortName } from '../../../src/domain/port';
import type { Placement } from '../../../src/domain/server';
import { PortwardenError } from '../../../src/domain/errors';
import type { JournalEntry, ParkedChange, Store } from '../../../src/store/store';

/** The parts of a store that a test can break. */
export type StorePart = 'placements' | 'journal' | 'backups' | 'parked' | 'fences';

/** A store in memory, whose parts can be told to fail. */
export class MemoryStore implements Store {
  readonly placed = new Map<number, Placement>();
  readonly entries: JournalEntry[] = [];
  readonly changes = new Map<string, ParkedChange>();
  readonly saved: { device: DeviceId; configuration: string; reason: string }[] = [];
  readonly claims = new Map<DeviceId, string>();
  private readonly broken = new Set<StorePart>();

  /** Makes every call of this part fail as a database does that went away. */
  break(part: StorePart): void {
    this.broken.add(part);
  }

  mend(part: StorePart): void {
    this.broken.delete(part);
  }

  readonly placements: Store['placements'] = {
    get: async (serverId) => this.using('placements', () => this.placed.get(serverId)),
    put: async (placement) => this.using('placements', () => void this.placed.set(placement.serverId, placement)),
    delete: async (serverId) => this.using('placements', () => void this.placed.delete(serverId)),
    listByPort: async (device, port) =>
      this.using('placements', () => [...this.placed.values()].filter((placement) => placement.ports.some((ref) => ref.device === device && ref.port === port))),
    listByCluster: async (cluster) => this.using('placements', () => [...this.placed.values()].filter((placement) => placement.guest?.cluster === cluster)),
  };

  readonly journal: Store['journal'] = {
    append: async (entries) =>
      this.using('journal', () =>
        entries.map((entry) => {
          const id = `j${this.entries.length + 1}`;
          this.entries.push({ ...entry, id, at: '2026-11-22T00:00:00.000Z' });
          return id;
        }),
      ),
    get: async (id) => this.entries.find((entry) => entry.id === id),
    list: async ({ device, port, limit }) =>
      [...this.entries].reverse().filter((entry) => (device ?? entry.device) === entry.device && (port ?? entry.port) === entry.port).slice(0, limit),
  };

  readonly backups: Store['backups'] = {
    add: async (device, configuration, reason) => this.using('backups', () => `b${this.saved.push({ device, configuration, reason })}`),
    latest: async () => undefined,
  };

  readonly parked: Store['parked'] = {
    put: async (change) => this.using('parked', () => void this.changes.set(key(change.device, change.port), { ...change, at: '2026-11-22T00:00:00.000Z' })),
    get: async (device, port) => this.using('parked', () => this.changes.get(key(device, port))),
    delete: async (device, port) => this.using('parked', () => void this.changes.delete(key(device, port))),
    list: async (device) => [...this.changes.values()].filter((change) => (device ?? change.device) === change.device),
  };

  readonly fences: Store['fences'] = {
    claim: async (device, attempt) => this.using('fences', () => void this.claims.set(device, attempt)),
    isCurrent: async (device, attempt) => this.using('fences', () => this.claims.get(device) === attempt),
  };

  readonly hostKeys: Store['hostKeys'] = { list: async () => [], add: async () => undefined };

  ping = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;

  private using<T>(part: StorePart, work: () => T): T {
    if (this.broken.has(part)) throw new PortwardenError('store-unavailable', `The database does not answer (${part})`);
    return work();
  }
}

function key(device: DeviceId, port: PortName): string {
  return `${device} ${port}`;
}
