import type { XmlElement } from './netconf/xml';
import { describeRpcError } from './netconf/classify';
import type { NetconfSession, RpcError } from './netconf/session';
import type { Edit } from './edit';
import type { CandidateDiff } from './textDiff';

/** The device refuses what was loaded, for a reason that lies in the configuration. Never leaves the driver. */
export class Rejection extends Error {
  constructor(
    readonly step: 'load' | 'check' | 'commit',
    readonly errors: readonly RpcError[],
  ) {
    super(errors.map(describeRpcError).join('; ') || 'rejected without a message');
    this.name = 'Rejection';
  }
}

/** One entry of the commit log (`show system commit`), newest first. */
export interface CommitEntry {
  readonly user: string;
  readonly log: string;
  /**
   * `pending`: the device says that a rollback is pending. `maybe`: only the entry's comment says that it was a
   * confirmed commit, and its time is not over; such a comment stays after the confirmation.
   */
  readonly confirmation: 'none' | 'maybe' | 'pending';
}

/** What a commit is sent with. */
export interface CommitOptions {
  readonly log: string;
  /** Present for a confirmed commit: how long the device waits, in minutes. */
  readonly confirmMinutes?: number;
}

/**
 * What the change sequence asks of a NETCONF server, spelled for Junos or for any standard server.
 * Methods throw {@link Rejection} when the device refuses the configuration, else PortwardenErrors.
 */
export interface Operations {
  readonly session: NetconfSession;
  /** @throws PortwardenError `device-busy`, `device-foreign-edits`. */
  lock(): Promise<void>;
  /** Never throws: a committed change stands whatever becomes of the lock. */
  unlock(): Promise<void>;
  /** The `<configuration>` element with these top-level statements as committed, inherited statements marked. */
  readCommitted(roots: readonly string[]): Promise<XmlElement>;
  /** The whole committed configuration as text, for the backup. */
  readWhole(): Promise<string>;
  /** Warnings are returned; errors are a Rejection. */
  load(edits: readonly Edit[]): Promise<readonly string[]>;
  /** The candidate's difference to what is committed. */
  diff(): Promise<CandidateDiff>;
  /** On Junos this also confirms a pending confirmed commit: never sent while somebody else's is pending. */
  check(): Promise<readonly string[]>;
  /** @throws PortwardenError `device-unknown-outcome` when the reply leaves open whether it was committed. */
  commit(options: CommitOptions): Promise<readonly string[]>;
  /** Throws away the candidate's changes: only ours, for it is called under our lock only. */
  discard(): Promise<void>;
  /** The commit log; undefined when the server has none or the login may not see it. */
  history(): Promise<readonly CommitEntry[] | undefined>;
  /** Whether a confirmed commit can be asked for (minutes, Junos's own form). */
  readonly supportsConfirmed: boolean;
}

