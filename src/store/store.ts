import type { Statement } from '../domain/change/statement';
import type { MacInVlan } from '../domain/desired/binding';
import type { CommitIntent, IntendedChange } from '../domain/change/commitIntent';
import type { ServerId } from '../domain/event/event';
import type { IpAddress } from '../domain/values/ip';
import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId, PortName } from '../domain/values/port';
import type { Placement } from '../domain/servers/server';

/** Where servers were last seen, to be read. */
export interface PlacementReader {
  get(serverId: ServerId): Promise<Placement | undefined>;
  /** Servers whose traffic enters through this port. */
  listByPort(device: DeviceId, port: PortName): Promise<readonly Placement[]>;
  /** VMs last seen in this cluster (on any node). */
  listByCluster(cluster: string): Promise<readonly Placement[]>;
  /** Servers that were last seen with one of the addresses. */
  listByIps(ips: readonly IpAddress[]): Promise<readonly Placement[]>;
  /** Servers of which, on some port, a binding with one of the MACs in its VLAN was read back. */
  listByMacs(macs: readonly MacInVlan[]): Promise<readonly Placement[]>;
}

/** Where servers were last seen. */
export interface PlacementRepository extends PlacementReader {
  /** Inserts or replaces the server's placement. */
  put(placement: Placement): Promise<void>;
  /** Changes a server's placement while nobody else does; undefined deletes it. Returns what is stored then. */
  update(
    serverId: ServerId,
    change: (before: Placement | undefined) => Placement | undefined,
  ): Promise<Placement | undefined>;
  delete(serverId: ServerId): Promise<void>;
}

/** One decided change (or refusal) of one port. */
export interface JournalEntry {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly device: DeviceId;
  readonly port: PortName;
  readonly workflowId: string;
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  readonly commands: readonly string[];
  readonly commit?: string;
  readonly diff?: string;
}

/** The change journal: append only. */
export interface JournalRepository {
  /** Appends and returns the entry's id. All entries of one call are written or none. */
  append(entries: readonly Omit<JournalEntry, 'id' | 'at'>[]): Promise<readonly string[]>;
  get(id: string): Promise<JournalEntry | undefined>;
  /** Newest first. */
  list(filter: {
    readonly device?: DeviceId;
    readonly port?: PortName;
    readonly limit: number;
  }): Promise<readonly JournalEntry[]>;
}

/** What a commit does to one port, as it was written down before the commit was sent. */
export interface StoredIntent {
  readonly device: DeviceId;
  /** The coordinator that the commit was made for. */
  readonly workflowId: string;
  readonly logToken: string;
  readonly confirmed: boolean;
  readonly previousToken?: string;
  readonly change: IntendedChange;
  /** The journal's entry of the change; absent while nobody knows what became of the commit. */
  readonly journalId?: string;
}

/**
 * Commit intents: open from before the commit until it is journaled or known not to have been made; then kept
 * until the coordinator has the outcome for certain, so that events which still wait are told what was done for them.
 */
export interface CommitIntentRepository {
  /** Opens the intent of a commit; replaces what an earlier try of the same commit wrote. */
  put(device: DeviceId, workflowId: string, intent: CommitIntent): Promise<void>;
  /** The device's intents, oldest first. Journaled ones older than `keepMs` are forgotten: nobody waits for them any more. */
  list(device: DeviceId, keepMs: number): Promise<readonly StoredIntent[]>;
  /**
   * Closes the intent of a commit and appends entries to the journal, all or nothing. Ports with an entry `applied`
   * of this commit are kept for their coordinator, as reported by `pass` when one is given; the intent's other ports go.
   */
  close(
    commit: { readonly device: DeviceId; readonly logToken: string; readonly pass?: string },
    entries: readonly Omit<JournalEntry, 'id' | 'at'>[],
  ): Promise<readonly string[]>;
  /** The result of `pass` tells of the journaled changes of these ports. */
  report(device: DeviceId, ports: readonly PortName[], pass: string): Promise<void>;
  /** The coordinator has the result of `pass`: what it reported is forgotten. */
  answered(device: DeviceId, pass: string): Promise<void>;
}

/** Configuration backups, secrets redacted before they get here. */
export interface BackupRepository {
  /** Stores a configuration; an unchanged one (same text as the device's newest) is not stored again. Returns its id. */
  add(device: DeviceId, configuration: string, reason: string): Promise<string>;
  latest(
    device: DeviceId,
  ): Promise<{ readonly id: string; readonly at: string; readonly configuration: string } | undefined>;
}

/** Removals that are parked until a person decides. */
export interface ParkedChange {
  readonly device: DeviceId;
  readonly port: PortName;
  /** Fingerprint of exactly these removals; an approval is for them and no others. */
  readonly fingerprint: string;
  readonly reason: string;
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  readonly at: string;
}

/** Parked changes, one per port at most. */
export interface ParkedRepository {
  put(change: Omit<ParkedChange, 'at'>): Promise<void>;
  get(device: DeviceId, port: PortName): Promise<ParkedChange | undefined>;
  delete(device: DeviceId, port: PortName): Promise<void>;
  list(device?: DeviceId): Promise<readonly ParkedChange[]>;
}

/** Fencing tokens: the newest attempt at a device wins, older ones must not commit. */
export interface FenceRepository {
  /** Makes `attempt` the current one of the device. */
  claim(device: DeviceId, attempt: string): Promise<void>;
  isCurrent(device: DeviceId, attempt: string): Promise<boolean>;
}

/** SSH host keys trusted on first use, where the configuration asks for that. */
export interface HostKeyRepository {
  /** SHA-256 fingerprints in OpenSSH form (`SHA256:…`). */
  list(device: DeviceId): Promise<readonly string[]>;
  add(device: DeviceId, fingerprint: string): Promise<void>;
}

/** Facts that outlive Temporal's retention. PostgreSQL dialect; embedded PGlite or a real server. */
export interface Store {
  readonly placements: PlacementRepository;
  readonly journal: JournalRepository;
  readonly commitIntents: CommitIntentRepository;
  readonly backups: BackupRepository;
  readonly parked: ParkedRepository;
  readonly fences: FenceRepository;
  readonly hostKeys: HostKeyRepository;
  /** Answers when a trivial statement does; throws `store-unavailable` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
