import type { ArpCounters } from './arpStatistics';
import type { EventEmitter } from 'node:events';
import type { Algorithms } from 'ssh2';
import type { CheckOutRules } from './checkout';
import { SwitchClock } from './clock';
import type { CommitRecord } from './commit-log';
import { runCommands, renderSet } from './config/set';
import { emptyTree } from './config/node';
import { grammar, lenient } from './config/schema';
import { renderText } from './config/text';
import { type Account, type JunosEvents, SwitchCore } from './core';
import type { PendingConfirm } from './confirm-timer';
import { ControlCommands } from './control';
import { ConfigurationDatabase } from './database';
import { type CommitLogStyle, createFaults, type JunosFaults } from './faults';
import { type OperatorOptions, openOperatorSession, type OperatorSession } from './operator';
import { LEGACY_ALGORITHMS, type ProfileName, PROFILES } from './profiles';
import type { ScheduledCommit } from './scheduled-commit';
import { SshFrontEnd } from './ssh';

export type { CannedReply, CommitLogStyle, JunosFaults, Trigger } from './faults';
export type { CheckOutRules } from './checkout';
export type { CommitRecord } from './commit-log';
export type { JunosEvents, RpcEvent } from './core';
export type { PendingConfirm } from './confirm-timer';
export type { OperatorOptions, OperatorSession } from './operator';
export type { ProfileName } from './profiles';
export type { ScheduledCommit } from './scheduled-commit';

/** How a simulated switch is set up. */
export interface JunosSwitchOptions extends CheckOutRules {
  readonly profile: ProfileName;
  readonly username: string;
  readonly password: string;
  /** The committed configuration at start, as `set` lines. */
  readonly configuration: readonly string[];
  /** TCP port on 127.0.0.1; 0 or absent takes a free one. */
  readonly port?: number;
  /** OpenSSH private key of the host; a fresh one when absent. */
  readonly hostKey?: string;
  readonly hostKeyType?: 'ed25519' | 'rsa' | 'ecdsa';
  /** OpenSSH public keys that may log in to every account. */
  readonly authorizedKeys?: readonly string[];
  readonly users?: readonly {
    readonly username: string;
    readonly password: string;
    readonly permissions?: 'super' | 'read-only';
  }[];
  /** Rights of the main account; `super` when absent. */
  readonly permissions?: 'super' | 'read-only';
  /** Milliseconds a commit takes; the profile's when absent. */
  readonly commitMs?: number;
  /** Milliseconds a check takes; the profile's when absent. */
  readonly checkMs?: number;
  readonly name?: string;
  /** Lets the account `lab` with this password run the lab's control commands over SSH. */
  readonly controlPassword?: string;
  /** Offer base:1.1 and its chunked framing (no recorded Junos does). */
  readonly chunked?: boolean;
  /** Offer only group14-sha1, ssh-rsa, aes128-cbc and hmac-sha1; the host key becomes RSA. */
  readonly legacyAlgorithms?: boolean;
  readonly algorithms?: Algorithms;
  /** No `netconf` subsystem, only `xml-mode netconf need-trailer`. */
  readonly refuseSubsystem?: boolean;
  /** Connections at a time; 75 (documented default) when absent. */
  readonly connectionLimit?: number;
  /** Connection attempts per minute (documented default of the device: 150); no limit when absent, as the lab's commits are faster. */
  readonly rateLimitPerMinute?: number;
  /** How far its clock is ahead of the host's, in milliseconds (`faults.clockSkewMs` at start); 0 when absent. */
  readonly clockSkewMs?: number;
  /** What its commit log shows of confirmed commits (`faults.commitLog` at start); everything when absent. */
  readonly commitLog?: Partial<CommitLogStyle>;
  /** Timers of confirmed and scheduled commits run this many times faster; 1 when absent. */
  readonly timeScale?: number;
  /** How late an automatic rollback comes, in milliseconds; 2000 divided by `timeScale` when absent. */
  readonly rollbackDelayMs?: number;
}

/** A simulated switch that listens. */
export interface JunosSwitch {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly name: string;
  readonly profile: ProfileName;
  /** `SHA256:…`, as OpenSSH prints it. */
  readonly hostKeyFingerprint: string;
  /** What is wrong with it; may be changed at any time. */
  readonly faults: JunosFaults;
  readonly events: EventEmitter<JunosEvents>;
  /** What it counted of ARP frames, by interface; a restart begins anew. */
  readonly arpInspection: Map<string, ArpCounters>;
  /** The committed configuration as `set` lines, in the device's order. */
  committedSet(): string[];
  /** The shared candidate, likewise. */
  candidateSet(): string[];
  /** The committed configuration as curly text. */
  committedText(): string;
  /** Commits since the start, newest first, without the one the switch started with. */
  commits(): CommitRecord[];
  isLocked(): boolean;
  /** Whether the shared candidate holds edits that are not committed. */
  isCandidateDirty(): boolean;
  /** Open NETCONF sessions. */
  sessions(): number;
  /** Edits the shared candidate as somebody at a terminal. @throws when the device refuses. */
  editAsOperator(lines: readonly string[], options?: OperatorOptions): OperatorSession;
  pendingConfirm(): PendingConfirm | undefined;
  /** Lets the timer of a pending confirmed commit run out now. */
  expireConfirm(): void;
  /** The `commit at` that waits. */
  scheduledCommit(): ScheduledCommit | undefined;
  /** `clear system commit`. */
  clearScheduledCommit(): void;
  /** Lets this many minutes pass at once: its clock goes on, and confirm timers and `commit at`s that are due by it run out now. */
  advance(minutes: number): void;
  /** Power failure: every session is cut, only committed configuration is left. It listens again at once. */
  crash(): void;
  close(): Promise<void>;
}

/** Starts a simulated switch on loopback. */
export async function startJunosSwitch(options: JunosSwitchOptions): Promise<JunosSwitch> {
  const profile = PROFILES[options.profile];
  const tree = grammar(profile.dialect, profile.dhcpSecurityPresence);
  const initial = emptyTree(lenient(tree));
  const problems = runCommands({ node: initial, statement: initial.statement, path: [] }, options.configuration);
  const [wrong] = problems;
  if (wrong !== undefined)
    throw new RangeError(`the initial configuration is not Junos: ${wrong.message} ${wrong.badElement ?? ''}`.trim());
  const { duplicateMac, sameMacTwice, unknownVlan, rejectIps, rejectAt, namePath, rootAuthentication } = options;
  const faults = createFaults({
    commitMs: options.commitMs ?? profile.commitMs,
    checkMs: options.checkMs ?? profile.checkMs,
    connectionLimit: options.connectionLimit ?? 75,
    rateLimit: options.rateLimitPerMinute ?? 0,
    refuseSubsystem: options.refuseSubsystem ?? false,
    clockSkewMs: options.clockSkewMs ?? 0,
    commitLog: { comments: true, pendingMark: true, ...options.commitLog },
    checkOut: {
      ...(duplicateMac === undefined ? {} : { duplicateMac }),
      ...(sameMacTwice === undefined ? {} : { sameMacTwice }),
      ...(unknownVlan === undefined ? {} : { unknownVlan }),
      ...(rejectIps === undefined ? {} : { rejectIps }),
      ...(rejectAt === undefined ? {} : { rejectAt }),
      ...(namePath === undefined ? {} : { namePath }),
      ...(rootAuthentication === undefined ? {} : { rootAuthentication }),
    },
  });
  const timeScale = options.timeScale ?? 1;
  const clock = new SwitchClock(() => faults.clockSkewMs);
  const database = new ConfigurationDatabase(
    { profile, grammar: tree, faults, clock, timeScale, rollbackDelayMs: options.rollbackDelayMs ?? 2000 / timeScale },
    initial,
  );
  const core = new SwitchCore(options.name ?? profile.model, profile, faults, database, options.chunked ?? false);
  const accounts: Account[] = [
    { username: options.username, password: options.password, permissions: options.permissions ?? 'super' },
    ...(options.users ?? []).map((u): Account => ({
      username: u.username,
      password: u.password,
      permissions: u.permissions ?? 'super',
    })),
  ];
  if (options.controlPassword !== undefined)
    accounts.push({ username: 'lab', password: options.controlPassword, permissions: 'read-only', isLabControl: true });
  const algorithms = options.algorithms ?? (options.legacyAlgorithms === true ? LEGACY_ALGORITHMS : undefined);
  const front = new SshFrontEnd({
    core,
    accounts,
    hostKeyType: options.hostKeyType ?? (options.legacyAlgorithms === true ? 'rsa' : 'ed25519'),
    authorizedKeys: options.authorizedKeys ?? [],
    control: (command) => control.run(command),
    ...(options.hostKey === undefined ? {} : { hostKey: options.hostKey }),
    ...(algorithms === undefined ? {} : { algorithms }),
  });
  core.crash = () => {
    database.restart();
    core.arpInspection.clear();
    for (const session of [...core.sessions.values()]) session.kill('closed');
    front.dropAll();
  };
  const port = await front.listen(options.port ?? 0);
  const running: JunosSwitch = {
    host: '127.0.0.1',
    port,
    name: core.name,
    profile: options.profile,
    hostKeyFingerprint: front.hostKeyFingerprint,
    faults,
    events: core.events,
    arpInspection: core.arpInspection,
    committedSet: () => renderSet(database.committed),
    candidateSet: () => renderSet(database.shared),
    committedText: () => renderText(database.committed),
    commits: () =>
      database.log
        .all()
        .map((e) => e.record)
        .filter((r) => r !== database.log.first),
    isLocked: () => database.lockHolder !== undefined,
    isCandidateDirty: () => database.isModified,
    sessions: () => core.sessions.size,
    editAsOperator: (lines, operatorOptions = {}) => openOperatorSession(core, lines, operatorOptions),
    pendingConfirm: () => database.pending,
    expireConfirm: () => database.rollbackPending(),
    scheduledCommit: () => database.schedule.pending,
    clearScheduledCommit: () => database.schedule.clear(),
    advance: (minutes) => database.advance(minutes * 60_000),
    crash: () => core.crash(),
    close: async () => {
      for (const session of [...core.sessions.values()]) session.kill('closed');
      database.close();
      await front.close();
    },
  };
  const control = new ControlCommands(running);
  return running;
}
