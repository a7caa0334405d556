import { judgeLosses, type Loss } from '../../../src/domain/change/brake';
import type { BackupRun } from '../../../src/domain/backups/backupRules';
import type { PortBindings } from '../../../src/domain/backups/portBindings';
import type { StandingEntry } from '../../../src/domain/standing';
import type { DeviceId } from '../../../src/domain/values/device';
import type { IpAddress } from '../../../src/domain/values/ip';
import type { PortName } from '../../../src/domain/values/port';
import { ofJournal } from '../../../src/domain/notifications/announcement';
import { addressesOf, placedAt } from '../../../src/domain/servers/placement';
import type { Placement } from '../../../src/domain/servers/server';
import { PortwardenError } from '../../../src/domain/errors';
import type { RememberedSettings } from '../../../src/domain/desired/rememberedSettings';
import type { KnownSettings } from '../../../src/store/bindingSettings';
import type { Brake } from '../../../src/store/brakes';
import type { StoredIntent } from '../../../src/store/commitIntents';
import type { JournalEntry } from '../../../src/store/journal';
import type { Keep } from '../../../src/domain/change/keep';
import { isInForce } from '../../../src/domain/change/keep';
import type { KeepEntry } from '../../../src/store/keeps';
import type { ParkedChange } from '../../../src/store/parked';
import { MemoryKeyedAnswers } from '../../store/memoryKeyedAnswers';
import type { Store } from '../../../src/store/store';
import type { PortMemory } from '../../../src/domain/policies/portMemory';
import { MemoryDrift, MemoryReconciles } from './memoryDrift';
import { MemoryApplyPlans } from './memoryApplyPlans';
import { MemoryAlarms } from './memoryAlarms';
import { MemoryHolds } from './memoryHolds';
import { MemoryDropEvidence } from './memoryDropEvidence';
import { MemoryNotifications } from './memoryNotifications';
import { MemoryPauses } from './memoryPauses';
import { MemoryWindowExceptions } from './memoryWindowExceptions';
import { MemoryPolicies } from './memoryPolicies';
import { MemoryVirtualMacs } from './memoryVirtualMacs';
import { MemorySourceStates } from './memorySourceStates';
import { MemoryWatches } from './memoryWatches';

/** The parts of a store that a test can break. */
export type StorePart =
  | 'placements'
  | 'journal'
  | 'commitIntents'
  | 'backups'
  | 'parked'
  | 'keeps'
  | 'holds'
  | 'policies'
  | 'fences'
  | 'brakes'
  | 'bindingSettings'
  | 'standing'
  | 'virtualMacs'
  | 'pauses'
  | 'dropEvidence'
  | 'windowExceptions'
  | 'applyPlans';

/** A store in memory, whose parts can be told to fail. */
export class MemoryStore implements Store {
  readonly placed = new Map<number, Placement>();
  readonly entries: JournalEntry[] = [];
  readonly changes = new Map<string, ParkedChange>();
  readonly saved: { device: DeviceId; configuration: string; reason: string; bindings?: PortBindings }[] = [];
  readonly backupRuns = new Map<DeviceId, BackupRun>();
  readonly claims = new Map<DeviceId, string>();
  private readonly broken = new Set<StorePart>();
  /** The store's clock: each look at it is later than the one before. */
  ticks = 0;

  /** Makes every call of this part fail as a database does that went away. */
  break(part: StorePart): void {
    this.broken.add(part);
  }

  mend(part: StorePart): void {
    this.broken.delete(part);
  }

  readonly watches = new MemoryWatches();

  readonly drifts = new MemoryDrift();
  readonly drift = this.drifts.repository;
  readonly reconciled = new MemoryReconciles();
  readonly reconciles = this.reconciled.repository;
  readonly alarms = new MemoryAlarms();
  readonly notifications = new MemoryNotifications();
  readonly sourceStates = new MemorySourceStates();

  readonly pauses = new MemoryPauses(() => this.using('pauses', () => undefined));

  readonly windowExceptions = new MemoryWindowExceptions(
    () => this.using('windowExceptions', () => undefined),
    () => this.journal,
  );

  readonly dropEvidence = new MemoryDropEvidence(() => this.using('dropEvidence', () => undefined));

  readonly applyPlans = new MemoryApplyPlans(() => this.using('applyPlans', () => undefined));

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
    updateAll: async (serverIds, change) =>
      this.using('placements', () => {
        for (const serverId of serverIds) {
          const after = change(serverId, this.placed.get(serverId));
          if (after === undefined) this.placed.delete(serverId);
          else this.placed.set(serverId, after);
        }
      }),
    clock: async () => this.using('placements', () => (this.ticks += 1)),
    delete: async (serverId) => this.using('placements', () => void this.placed.delete(serverId)),
    devices: async () =>
      this.using('placements', () => [
        ...new Set([...this.placed.values()].flatMap(({ ports }) => ports.map(({ device }) => device))),
      ]),
    listByPort: async (device, port) =>
      this.using('placements', () =>
        [...this.placed.values()].filter((placement) =>
          placement.ports.some((ref) => ref.device === device && ref.port === port),
        ),
      ),
    listByPorts: async (device, ports) =>
      this.using('placements', () => {
        const at = (port: PortName): readonly Placement[] =>
          [...this.placed.values()].filter((one) => placedAt(one, { device, port }) !== undefined);
        return new Map(ports.map((port) => [port, at(port)] as const).filter(([, here]) => here.length > 0));
      }),
    listByIps: async (ips) =>
      this.using('placements', () =>
        [...this.placed.values()].filter((placement) => addressesOf(placement).some((ip) => ips.includes(ip))),
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

  readonly taken: (Loss & { readonly at: number })[] = [];
  readonly braked: Brake[] = [];

  readonly brakes: Store['brakes'] = {
    current: async () => this.using('brakes', () => this.braked.find(({ released }) => released === undefined)),
    admit: async (wanted, limits, now) =>
      this.using('brakes', () => {
        const on = this.braked.find(({ released }) => released === undefined);
        if (on !== undefined) return { admitted: false, brake: on, isNew: false };
        const since = Math.max(
          now - limits.withinMinutes * 60_000,
          ...this.braked.map(({ released }) => Date.parse(released?.at ?? '')),
        );
        const reason = judgeLosses([...this.taken.filter(({ at }) => at > since), ...wanted], limits);
        if (reason === undefined) {
          this.taken.push(...wanted.map((loss) => ({ ...loss, at: now })));
          return { admitted: true };
        }
        const brake: Brake = { id: `${this.braked.length + 1}`, since: new Date(now).toISOString(), reason };
        this.braked.push(brake);
        return { admitted: false, brake, isNew: true };
      }),
    lostSince: async (device, since) =>
      this.using('brakes', () => {
        const ports = new Map<PortName, IpAddress[]>();
        for (const loss of this.taken)
          if (loss.device === device && loss.at > since)
            ports.set(loss.port, [...(ports.get(loss.port) ?? []), loss.ip]);
        return ports;
      }),
    release: async (by, reason, now) =>
      this.using('brakes', () => {
        const index = this.braked.findIndex(({ released }) => released === undefined);
        const on = this.braked[index];
        if (on === undefined) return undefined;
        const released: Brake = { ...on, released: { at: new Date(now).toISOString(), by, reason } };
        this.braked[index] = released;
        return released;
      }),
    list: async (limit) => [...this.braked].reverse().slice(0, limit),
  };

  readonly settingsOf = new Map<string, RememberedSettings>();
  private readonly settingsByDigest = new Map<string, KnownSettings['settings']>();

  readonly bindingSettings: Store['bindingSettings'] = {
    of: async (device, ports) =>
      this.using('bindingSettings', () => {
        const known = ports.flatMap((port) => {
          const remembered = this.settingsOf.get(key(device, port));
          return remembered === undefined ? [] : [[port, { remembered, settings: this.settingsByDigest }] as const];
        });
        return new Map(known);
      }),
    remember: async (device, ports, { digest, settings }) =>
      this.using('bindingSettings', () => {
        this.settingsByDigest.set(digest, settings);
        for (const [port, remembered] of ports) this.settingsOf.set(key(device, port), remembered);
      }),
  };

  readonly stands: StandingEntry[] = [];

  readonly standing: Store['standing'] = {
    replace: async ({ device, port }, lists, found) =>
      this.using('standing', () => {
        const before = this.stands.filter((entry) => entry.device === device && entry.port === port);
        this.keepStanding((entry) => entry.device !== device || entry.port !== port || !lists.includes(entry.list));
        for (const finding of found) {
          const known = before.find(({ list, subject }) => list === finding.list && subject === finding.subject);
          this.stands.push({ ...finding, device, port, since: known?.since ?? '2026-11-22T00:00:00.000Z' });
        }
      }),
    portsWith: async (device, lists) =>
      this.using(
        'standing',
        () =>
          new Set(
            this.stands.flatMap((entry) =>
              entry.device === device && lists.includes(entry.list) ? (entry.port ?? []) : [],
            ),
          ),
      ),
    about: async (list, subjects) =>
      this.using('standing', () =>
        this.stands.filter((entry) => entry.list === list && subjects.includes(entry.subject)),
      ),
    note: async (finding) =>
      this.using('standing', () => {
        const isAnother = (entry: StandingEntry): boolean =>
          entry.device !== undefined || entry.list !== finding.list || entry.subject !== finding.subject;
        this.keepStanding(isAnother);
        this.stands.push({ ...finding, since: '2026-11-22T00:00:00.000Z' });
      }),
    forget: async (list, subject) =>
      this.using('standing', () => {
        this.keepStanding((entry) => entry.device !== undefined || entry.list !== list || entry.subject !== subject);
      }),
    list: async (list, limit) => this.stands.filter((entry) => entry.list === list).slice(0, limit),
    counts: async () => [],
    perPort: async (lists) =>
      this.using('standing', () =>
        this.stands.flatMap(({ list, device, port, rule, since, message }) =>
          device === undefined || port === undefined || !lists.includes(list)
            ? []
            : [{ list, device, port, rule, since, message, count: 1 }],
        ),
      ),
  };

  private keepStanding(which: (entry: StandingEntry) => boolean): void {
    this.stands.splice(0, this.stands.length, ...this.stands.filter(which));
  }

  readonly journal: Store['journal'] = {
    append: async (entries) =>
      this.using('journal', () =>
        entries.map((entry) => {
          const id = `j${this.entries.length + 1}`;
          const written = { ...entry, id, at: '2026-11-22T00:00:00.000Z' };
          this.entries.push(written);
          this.notifications.announce([ofJournal(written)]);
          return id;
        }),
      ),
    changesSince: async (device, since) =>
      this.entries
        .filter((entry) => entry.device === device && entry.status === 'applied' && Date.parse(entry.at) > since)
        .reduce((sum, { added, removed }) => sum + added.length + removed.length, 0),
    get: async (id) => this.entries.find((entry) => entry.id === id),
    list: async ({ device, port, workflowId, limit }) =>
      [...this.entries]
        .reverse()
        .filter((entry) => (device ?? entry.device) === entry.device && (port ?? entry.port) === entry.port)
        .filter((entry) => (workflowId ?? entry.workflowId) === entry.workflowId)
        .slice(0, limit),
    forgetOlder: async () => 0,
    figures: async () => ({ rows: this.entries.length }),
    idBehind: async (filter, count) => (await this.journal.list({ ...filter, limit: count + 1 }))[count]?.id,
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
    open: async () =>
      this.using('commitIntents', () =>
        this.intents
          .filter(({ row }) => row.journalId === undefined)
          .map(({ row, at }) => ({ device: row.device, since: new Date(at).toISOString() })),
      ),
  };

  private keepIntents(which: (intent: MemoryStore['intents'][number]) => boolean): void {
    this.intents.splice(0, this.intents.length, ...this.intents.filter(which));
  }

  readonly backups: Store['backups'] = {
    add: async (device, configuration, reason, bindings) =>
      this.using('backups', () => {
        this.backupRuns.set(device, { device, succeededAt: new Date().toISOString() });
        return String(
          this.saved.push({ device, configuration, reason, ...(bindings === undefined ? {} : { bindings }) }),
        );
      }),
    list: async (device, limit) =>
      this.saved
        .flatMap((_saved, index) => this.backup(device, String(index + 1)) ?? [])
        .reverse()
        .slice(0, limit),
    get: async (device, id) => this.using('backups', () => this.backup(device, id)),
    latest: async () => undefined,
    bindings: async (device, id) => this.using('backups', () => this.backup(device, id)),
    devices: async () => [...new Set(this.saved.map(({ device }) => device))],
    runs: async () => this.using('backups', () => [...this.backupRuns.values()]),
    failed: async (device, error) =>
      this.using('backups', () => {
        const at = new Date().toISOString();
        this.backupRuns.set(device, {
          ...this.backupRuns.get(device),
          device,
          failing: { since: at, triedAt: at, ...error },
        });
      }),
    forget: async () => 0,
  };

  private backup(device: DeviceId, id: string) {
    const saved = this.saved[Number(id) - 1];
    if (saved?.device !== device) return undefined;
    return { ...saved, id, at: '2026-11-22T00:00:00.000Z', digest: '', size: saved.configuration.length };
  }

  readonly keyedAnswers = new MemoryKeyedAnswers();

  readonly parked: Store['parked'] = {
    put: async (change) =>
      this.using(
        'parked',
        () => void this.changes.set(key(change.device, change.port), { ...change, at: '2026-11-22T00:00:00.000Z' }),
      ),
    get: async (device, port) => this.using('parked', () => this.changes.get(key(device, port))),
    delete: async (device, port) => this.using('parked', () => void this.changes.delete(key(device, port))),
    page: async (limit) => [...this.changes.values()].slice(0, limit),
    list: async (device) => [...this.changes.values()].filter((change) => (device ?? change.device) === change.device),
  };

  readonly kept: Keep[] = [];
  private nextKeep = 1;

  readonly keeps: Store['keeps'] = {
    inForce: async (device, at) =>
      this.using('keeps', () => this.kept.filter((keep) => keep.device === device && isInForce(keep, at.getTime()))),
    ofAddresses: async (ips, at) =>
      this.using('keeps', () =>
        this.kept.filter(
          ({ statement: { ip }, ...keep }) => ip !== undefined && ips.includes(ip) && isInForce(keep, at.getTime()),
        ),
      ),
    add: async (made, at, entry) => {
      const isFree = ({ device, port, statement: { key: of } }: Omit<Keep, 'id' | 'createdAt'>): boolean =>
        !this.kept.some((keep) => keep.device === device && keep.port === port && keep.statement.key === of);
      return this.using('keeps', () => {
        const added = made.filter(isFree).map((keep): Keep => ({
          ...keep,
          id: String(this.nextKeep++),
          createdAt: at.toISOString(),
        }));
        this.kept.push(...added);
        return this.journaled(added, entry);
      });
    },
    count: async () => [],
    get: async (ids) => this.kept.filter(({ id }) => ids.includes(id)),
    list: async ({ device, port, limit }) =>
      this.kept
        .filter((keep) => (device ?? keep.device) === keep.device && (port ?? keep.port) === keep.port)
        .slice(0, limit),
    remove: async (ids, entry) => this.using('keeps', () => this.endKeeps(({ id }) => ids.includes(id), entry)),
    extend: async (ids, expiresAt, entry) =>
      this.using('keeps', () => {
        const changed = this.kept.flatMap((keep, index) => {
          if (!ids.includes(keep.id)) return [];
          const rest = Object.entries(keep).filter(([name]) => name !== 'expiresAt');
          const after = { ...Object.fromEntries(rest), ...(expiresAt === undefined ? {} : { expiresAt }) } as Keep;
          this.kept[index] = after;
          return [after];
        });
        return this.journaled(changed, entry);
      }),
    takeExpired: async (at, entry) =>
      this.using('keeps', () => this.endKeeps((keep) => !isInForce(keep, at.getTime()), entry)),
  };

  private endKeeps(which: (keep: Keep) => boolean, entry: KeepEntry): readonly Keep[] {
    const ended = this.kept.filter(which);
    this.kept.splice(0, this.kept.length, ...this.kept.filter((keep) => !ended.includes(keep)));
    return this.journaled(ended, entry);
  }

  private journaled(keeps: readonly Keep[], entry: KeepEntry): readonly Keep[] {
    for (const keep of keeps)
      this.entries.push({ ...entry(keep), id: `j${this.entries.length + 1}`, at: '2026-11-22T00:00:00.000Z' });
    return keeps;
  }

  readonly holds = new MemoryHolds(
    () => this.using('holds', () => undefined),
    (entry) => void this.entries.push({ ...entry, id: `j${this.entries.length + 1}`, at: '2026-11-22T00:00:00.000Z' }),
  );

  readonly policies = new MemoryPolicies(
    () => this.using('policies', () => undefined),
    (entry) => void this.entries.push({ ...entry, id: `j${this.entries.length + 1}`, at: '2026-11-22T00:00:00.000Z' }),
  );

  readonly remembered = new Map<string, PortMemory>();

  readonly portMemories: Store['portMemories'] = {
    of: async (device) =>
      this.using('policies', () => {
        const own = [...this.remembered].filter(([of]) => of.startsWith(`${device} `));
        return new Map(own.map(([of, memory]) => [of.slice(device.length + 1) as PortName, memory]));
      }),
    put: async (device, changes) =>
      this.using('policies', () => {
        for (const { port, memory } of changes)
          if (memory === undefined) this.remembered.delete(key(device, port));
          else this.remembered.set(key(device, port), memory);
      }),
  };

  readonly fences: Store['fences'] = {
    claim: async (device, attempt) => this.using('fences', () => void this.claims.set(device, attempt)),
    isCurrent: async (device, attempt) => this.using('fences', () => this.claims.get(device) === attempt),
    newest: async () => this.using('fences', () => new Map(this.claims)),
  };

  readonly virtualMacs = new MemoryVirtualMacs(() => this.using('virtualMacs', () => undefined));

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
