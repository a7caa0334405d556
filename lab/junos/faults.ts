import type { CheckOutRules } from './checkout';
import type { RpcProblem } from './problems';

/**
 * Something that goes wrong at a named point. All of it is invented, except that a device is silent during a commit
 * and that a connection lost then leaves the outcome open (reported: PyEZ's time-out message).
 */
export interface Trigger {
  /**
   * `rpc:NAME` before the operation runs, `reply:NAME` after it ran and before its answer (`*` for any); `hello`
   * before our hello; the commit points for any form of commit.
   */
  readonly on:
    'hello' | 'before-commit' | 'during-commit' | 'after-commit-before-reply' | `rpc:${string}` | `reply:${string}`;
  /** `drop` cuts the TCP connection; `hang` keeps it and never answers again; `crash` is the whole switch. */
  readonly do: 'drop' | 'hang' | 'crash';
  /** How many times it happens; 1 when absent. */
  times?: number;
  /** For `during-commit`: whether the commit takes effect nevertheless. Default true. */
  readonly commits?: boolean;
}

/** An answer other than the device would give by itself. */
export interface CannedReply {
  /** Operation name, such as `commit-configuration`. */
  readonly rpc: string;
  times?: number;
  /** Warnings and errors put into the reply. When one is an error the operation is not run. */
  readonly problems?: readonly RpcProblem[];
  /** XML inside `<rpc-reply>` in place of the device's own; the operation runs. */
  readonly body?: string;
  /** The whole message, byte for byte before framing; the operation runs. */
  readonly message?: string;
}

/** Liberties in how replies are written; all of them were met in the wild (PyEZ, ncclient, scrapli, rustnetconf). */
export interface OutputStyle {
  /** `nc:` before the names of NETCONF's own elements (documented: rfc-compliant). */
  prefix: '' | 'nc:';
  byteOrderMark: boolean;
  comments: boolean;
  /** Control characters between elements. */
  controlCharacters: boolean;
  /** Bytes per write to the channel; undefined writes a message at once. */
  bytesPerWrite: number | undefined;
  /** Replies are padded to this many bytes with white space. */
  padTo: number;
  /** Success replies of commits with `routing-engine` left open (recorded: ncclient test_junos.py). */
  unclosedRoutingEngine: boolean;
  /** Refused checks and commits as `<xnm:error>`, which has no severity (recorded: PyEZ test_exception.py). */
  xnmErrors: boolean;
}

/** What the commit log shows of a confirmed commit, which differs by release. */
export interface CommitLogStyle {
  /** The comment `commit confirmed, rollback in Nmins`, which stays after the confirmation (recorded: vSRX 24.4). */
  comments: boolean;
  /** `<commit-confirmed>rollback pending</commit-confirmed>` as long as it waits (recorded: vSRX 24.4, in the CLI also CLAB). */
  pendingMark: boolean;
}

/** How a pending `commit at` stands in the way. Documented: nobody can commit meanwhile, and the candidate is read-only. */
export interface ScheduledCommitStyle {
  /** The first step that is refused; those after it are refused too. Taking the lock is not (assumed). */
  refusesAt: 'load' | 'check' | 'commit';
  /** The refusal; no recording is known, so this is invented. */
  text: string;
  /** Whether the commit log shows it (documented for the CLI: `commit requested by USER via cli at TIME`; the XML around it is invented). */
  shown: boolean;
}

/** What is wrong with a switch; every field may be changed at any time. */
export interface JunosFaults {
  refuseConnections: boolean;
  refuseAuthentication: boolean;
  refuseSubsystem: boolean;
  /** Milliseconds before an operation runs, by name; `*` for those not named. */
  latencyMs: Record<string, number>;
  commitMs: number;
  checkMs: number;
  /** Connections at a time; documented default 75. Beyond it the connection is closed (no recording of the refusal). */
  connectionLimit: number;
  /** Connection attempts per minute; documented default 150, here 0, which is no limit. */
  rateLimit: number;
  triggers: Trigger[];
  replies: CannedReply[];
  /** The connection is cut after this many bytes of NETCONF were sent on it. One time. */
  dropAfterBytes: number | undefined;
  output: OutputStyle;
  checkOut: CheckOutRules;
  /** A virtual chassis member that does not answer: its part of a reply is an error, the others succeed. */
  memberUnreachable: string | undefined;
  /** How far the switch's clock is ahead of the host's, in milliseconds; negative when it is behind. */
  clockSkewMs: number;
  commitLog: CommitLogStyle;
  /** Whether a check confirms a confirmed commit: recorded for newer releases, not established for 12.3 and 15.1. */
  checkConfirms: boolean;
  scheduledCommit: ScheduledCommitStyle;
  /** Everything as it should be; durations, limits, check-out rules, clock and commit log as at start. */
  reset(): void;
}

export interface FaultDefaults {
  readonly commitMs: number;
  readonly checkMs: number;
  readonly connectionLimit: number;
  readonly rateLimit: number;
  readonly refuseSubsystem: boolean;
  readonly checkOut: CheckOutRules;
  readonly clockSkewMs: number;
  readonly commitLog: CommitLogStyle;
}

const plainOutput = (): OutputStyle => ({
  prefix: '',
  byteOrderMark: false,
  comments: false,
  controlCharacters: false,
  bytesPerWrite: undefined,
  padTo: 0,
  unclosedRoutingEngine: false,
  xnmErrors: false,
});

/** A switch without faults. */
export function createFaults(defaults: FaultDefaults): JunosFaults {
  const healthy = (): Omit<JunosFaults, 'reset'> => ({
    refuseConnections: false,
    refuseAuthentication: false,
    refuseSubsystem: defaults.refuseSubsystem,
    latencyMs: {},
    commitMs: defaults.commitMs,
    checkMs: defaults.checkMs,
    connectionLimit: defaults.connectionLimit,
    rateLimit: defaults.rateLimit,
    triggers: [],
    replies: [],
    dropAfterBytes: undefined,
    output: plainOutput(),
    checkOut: { ...defaults.checkOut },
    memberUnreachable: undefined,
    clockSkewMs: defaults.clockSkewMs,
    commitLog: { ...defaults.commitLog },
    checkConfirms: true,
    scheduledCommit: {
      refusesAt: 'load',
      text: 'a commit is scheduled and pending; the configuration is read-only until then',
      shown: true,
    },
  });
  const faults: JunosFaults = { ...healthy(), reset: () => void Object.assign(faults, healthy()) };
  return faults;
}

/** The next element that matches, counted down and removed when used up. */
export function take<T extends { times?: number }>(items: T[], matches: (item: T) => boolean): T | undefined {
  const found = items.find(matches);
  if (found === undefined) return undefined;
  const left = (found.times ?? 1) - 1;
  if (left <= 0) items.splice(items.indexOf(found), 1);
  else found.times = left;
  return found;
}
