import type { XmlElement } from '../../clients/netconf/xml';
import { describeRpcError } from '../../clients/netconf/classify';
import type { NetconfSession, RpcError } from '../../clients/netconf/session';
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

/** One entry of the commit log (`show system commit`). */
export interface CommitEntry {
  readonly user: string;
  /** The way by which it came: `cli`, `netconf`, `other`. Absent when the log does not say. */
  readonly method?: string;
  readonly log: string;
  /** When it was made by the switch's own clock, in milliseconds since the epoch; absent when the log does not say. */
  readonly committedAt?: number;
  /** Whether the switch says that its rollback is pending. That it does not say so proves nothing: not every release does. */
  readonly isMarkedPending: boolean;
  /** Minutes that a confirmed commit had for its confirmation. The log goes on saying so after the confirmation. */
  readonly confirmMinutes?: number;
}

/** The commit log, and what waits beside it. */
export interface CommitHistory {
  /** Newest first. */
  readonly entries: readonly CommitEntry[];
  /** A pending `commit at`, in the switch's words. */
  readonly scheduled?: string;
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
  history(): Promise<CommitHistory | undefined>;
  /**
   * The configuration that was committed so many commits ago (0: the present one), before inheritance. Absent: the server
   * keeps none. @returns undefined when it keeps none of this number, or the login may not see it.
   */
  readEarlier?(number: number): Promise<XmlElement | undefined>;
  /**
   * What time it is by the switch's own clock, in milliseconds since the epoch: one for each member that says so, none
   * when it cannot be had.
   */
  clock(): Promise<readonly number[]>;
  /**
   * What an operational command prints, or why the device does not run it. Absent: the server has no commands.
   * @throws PortwardenError when the device does not answer.
   */
  command?(text: string): Promise<{ readonly output: string } | { readonly refused: string }>;
  /** Whether a confirmed commit can be asked for (minutes, Junos's own form). */
  readonly supportsConfirmed: boolean;
}
