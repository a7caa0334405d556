import type { DeviceId } from '../../../src/domain/values/device';
import type { PortName } from '../../../src/domain/values/port';
import type { Placement } from '../../../src/domain/servers/server';
import { PortwardenError } from '../../../src/domain/errors';
import type { StoredIntent } from '../../../src/store/commitIntents';
import type { JournalEntry } from '../../../src/store/journal';
import type { ParkedChange } from '../../../src/store/parked';
import type { Store } from '../../../src/store/store';

/** The parts of a store that a test can break. */
export type StorePart = 'placements' | 'journal' | 'commitIntents' | 'backups' | 'parked' | 'fences';

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
    update: async (serverId, change) =>
      this.using('placements', () => {
        const after = change(this.placed.get(serverId));
        if (after === undefined) this.placed.delete(serverId);
        else this.placed.set(serverId, after);
        return after;
      }),
    delete: async (serverId) => this.using('placements', () => void this.placed.delete(serverId)),
    listByPort: async (device, port) =>
      this.using('placements', () =>
        [...this.placed.values()].filter((placement) =>
          placement.ports.some((ref) => ref.device === device && ref.port === port),
        ),
      ),
    listByIps: async (ips) =>
      this.using('placements', () =>
        [...this.placed.values()].filter((placement) => placement.ips.some((ip) => ips.includes(ip))),
      ),
    listByDevice: async (device) =>
      this.using('placements', () =>
        [...this.placed.values()].filter(({ ports }) => ports.some((placed) => placed.device === device)),
      ),
    listByMacs: async (macs) =>
      this.using('placements', () =>
        [...this.placed.values()].filter(({ ports }) =>
          ports.some((placed) =>
            (placed.macs ?? []).some((held) =>
              macs.some((wanted) => wanted.mac === held.mac && (!('vlan' in wanted) || wanted.vlan === held.vlan)),
            ),
          ),
        ),
      ),
    listByCluster: async (cluster) =>
      this.using('placements', () =>
        [...this.placed.values()].filter((placement) => placement.guest?.cluster === cluster),
      ),
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
      [...this.entries]
        .reverse()
        .filter((entry) => (device ?? entry.device) === entry.device && (port ?? entry.port) === entry.port)
        .slice(0, limit),
    commitSeconds: async (device) =>
      this.using('journal', () => [
        ...new Map(
          [...this.entries]
            .reverse()
            .flatMap(({ device: of, commit, commitSeconds }) =>
              of === device && commit !== undefined && commitSeconds !== undefined ? [[commit, commitSeconds]] : [],
            ),
        ).values(),
      ]),
  };

  readonly intents: { readonly row: StoredIntent; readonly at: number; reportedBy?: string }[] = [];

  readonly commitIntents: Store['commitIntents'] = {
    put: async (device, workflowId, { ports, ...commit }) =>
      this.using('commitIntents', () => {
        this.keepIntents(({ row }) => row.device !== device || row.logToken !== commit.logToken);
        this.intents.push(
          ...ports.map((change) => ({ row: { device, workflowId, ...commit, change }, at: Date.now() })),
        );
      }),
    list: async (device, keepMs) =>
      this.using('commitIntents', () => {
        this.keepIntents(
          ({ row, at }) => row.device !== device || row.journalId === undefined || at >= Date.now() - keepMs,
        );
        return this.intents.map(({ row }) => row).filter((row) => row.device === device);
      }),
    close: async ({ device, logToken, pass }, entries) => {
      const ids = await this.journal.append(entries);
      const journaled = new Map(
        entries.map((entry, index) => [
          entry.status === 'applied' && entry.commit === logToken ? entry.port : undefined,
          ids[index],
        ]),
      );
      const kept = this.intents.flatMap((intent) => {
        if (intent.row.device !== device || intent.row.logToken !== logToken) return [intent];
        const journalId = journaled.get(intent.row.change.port);
        return journalId === undefined
          ? []
          : [{ ...intent, row: { ...intent.row, journalId }, ...(pass === undefined ? {} : { reportedBy: pass }) }];
      });
      this.intents.splice(0, this.intents.length, ...kept);
      return ids;
    },
    report: async (device, ports, pass) =>
      this.using('commitIntents', () => {
        for (const intent of this.intents)
          if (
            intent.row.device === device &&
            ports.includes(intent.row.change.port) &&
            intent.row.journalId !== undefined
          )
            intent.reportedBy = pass;
      }),
    answered: async (device, pass) =>
      this.using('commitIntents', () => {
        this.keepIntents(
          ({ row, reportedBy }) => row.device !== device || reportedBy !== pass || row.journalId === undefined,
        );
      }),
  };

  private keepIntents(which: (intent: MemoryStore['intents'][number]) => boolean): void {
    this.intents.splice(0, this.intents.length, ...this.intents.filter(which));
  }

  readonly backups: Store['backups'] = {
    add: async (device, configuration, reason) =>
      this.using('backups', () => `b${this.saved.push({ device, configuration, reason })}`),
    latest: async () => undefined,
  };

  readonly parked: Store['parked'] = {
    put: async (change) =>
      this.using(
        'parked',
        () => void this.changes.set(key(change.device, change.port), { ...change, at: '2026-11-22T00:00:00.000Z' }),
      ),
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
