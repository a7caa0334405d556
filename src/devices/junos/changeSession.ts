import { PortwardenError, type ErrorCode } from '../../domain/errors';
import type { CommitFinding, CommitIntent } from '../../domain/change/commitIntent';
import type {
  AnnouncedCommit,
  ChangeContext,
  ChangeSession,
  CommitResult,
  DeviceState,
  PlannedPort,
  PreparedChange,
} from '../device';
import { Candidate, refuseForeignEdits } from './candidate';
import { commitLogText, confirmedLogText, unusedLogText } from './commitHistory';
import { confirmCommit, leftoverOf, needsConfirmation, type Leftover } from './confirmation';
import { namedCulprits, refusalCode } from './culprits';
import { JunosState, type JunosWork } from './junosState';
import { judgeOpenCommit, newestOfOurs } from './openCommits';
import { Rejection, type CommitHistory, type Operations } from './operations';
import { ReadAhead } from './readAhead';
import { readBack, resolveCommit, type ReadBackDeps } from './readBack';
import type { DialectName, JunosLog, JunosSettings } from './settings';
import { readSwitchState, type SwitchState } from './switchState';

/** What a change works with. */
export interface ChangeDeps {
  /** Opens a fresh session. */
  readonly connect: () => Promise<Operations>;
  readonly settings: JunosSettings;
  readonly log: JunosLog;
  /** Told the dialect that the switch was found to have. */
  readonly onDialect?: (dialect: DialectName) => void;
}

const CONNECTION_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'device-timeout',
  'device-unreachable',
  'device-protocol',
]);

/**
 * One change of a switch under the candidate's lock: load, compare the device's own diff with the plan, check, commit,
 * read back on a fresh session, confirm, unlock. Whatever is in the candidate when something fails is ours (the lock was
 * granted on a clean one) and is discarded; a candidate with somebody else's edits is left as it is.
 */
export class JunosChange implements ChangeSession {
  private operations: Operations | undefined;
  private state: JunosState | undefined;
  private candidate: Candidate | undefined;
  private locked = false;
  private readonly ahead = new ReadAhead((operations) =>
    readSwitchState(operations, this.deps.settings, this.withPolicies()),
  );
  private history: CommitHistory | undefined;
  /** A confirmed commit of an interrupted pass that may still wait: any commit of ours confirms it too. */
  private leftover: Leftover | undefined;
  /** Our own confirmed commit was not confirmed: the switch will roll it back, and what a leftover did before it. */
  private isToBeUndone = false;
  /** Goes into the commit log; unique among the switch's commits. */
  private logText: string;

  private constructor(
    private readonly context: ChangeContext,
    private readonly deps: ChangeDeps,
  ) {
    this.logText = commitLogText(context.logToken);
  }

  /** Locks, and confirms what the switch says waits for us. @throws PortwardenError; then nothing is held. */
  static async begin(context: ChangeContext, deps: ChangeDeps): Promise<JunosChange> {
    const change = new JunosChange(context, deps);
    try {
      await change.open();
      return change;
    } catch (error) {
      await change.end(error);
      throw error;
    }
  }

  async read(): Promise<DeviceState> {
    const onSwitch = await this.ahead.state(this.session());
    this.deps.onDialect?.(onSwitch.dialect.name);
    this.state = this.stateOf(onSwitch);
    return this.state;
  }

  async finishEarlier(): Promise<boolean> {
    if (this.leftover === undefined) return false;
    await this.confirmLeftover(this.session(), this.leftover);
    return true;
  }

  /**
   * Under the lock: a commit that is not in the log now is not on its way either. One that may still be rolled back is
   * told only once it was confirmed.
   */
  findOut(commits: readonly CommitIntent[], before: DeviceState): readonly CommitFinding[] {
    return commits.map((intent) => {
      const { logToken } = intent;
      return this.isToBeUndone || logToken === this.leftover?.log
        ? { logToken, fate: 'open', evidence: 'commit-log', ports: [] }
        : judgeOpenCommit(intent, this.history, before);
    });
  }

  async prepare(ports: readonly PlannedPort[]): Promise<PreparedChange> {
    this.ahead.prepare(this.session());
    const { accepted, rejected } = await (await this.candidateOf()).settle(this.workOf(ports));
    return {
      accepted: accepted.map(({ port }) => port),
      rejected,
      diff: this.candidate?.diffText ?? '',
      notes: this.candidate?.warnings ?? [],
    };
  }

  configuration(): Promise<string> {
    return this.ahead.configuration(this.session());
  }

  announce(ports: readonly PlannedPort[]): AnnouncedCommit {
    const { settings } = this.deps;
    const previous = newestOfOurs(this.history);
    if (!this.session().supportsConfirmed || !needsConfirmation(settings, ports, this.history))
      return { logToken: this.logText, confirmed: false, ...previous };
    const undoneAfterMinutes = settings.confirmTimeoutMinutes;
    const logToken = confirmedLogText(this.logText, undoneAfterMinutes);
    return { logToken, confirmed: true, undoneAfterMinutes, ...previous };
  }

  async commit(announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult> {
    const { logToken: log, confirmed, undoneAfterMinutes } = announced;
    this.context.onStep('commit', confirmed ? 'confirmed' : undefined);
    try {
      const minutes = undoneAfterMinutes === undefined ? {} : { confirmMinutes: undoneAfterMinutes };
      const notes = await this.session().commit({ log, ...minutes });
      this.candidate?.committed();
      this.context.onStep('read-back');
      const deps = { ...this.readBackDeps(), opened: this.ahead.takeSession() };
      return this.committed(await readBack(deps, this.whatChanges()), confirmed, notes);
    } catch (error) {
      if (error instanceof Rejection) return { committed: false, refused: this.culprits(error, ports) };
      if (!(error instanceof PortwardenError) || error.code !== 'device-unknown-outcome') throw error;
      return this.committed(await this.resolve(log, ports, confirmed, error), confirmed, []);
    }
  }

  async confirm({ logToken }: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<void> {
    this.context.onStep('commit', 'confirm');
    try {
      await confirmCommit(this.session(), logToken);
    } catch (error) {
      if (!(error instanceof PortwardenError) || !error.retryable || this.context.signal.aborted) throw error;
      await this.resolve(logToken, ports, true, error);
      await confirmCommit(this.session(), logToken);
    }
    this.isToBeUndone = false;
  }

  /** After a lost or silent connection there is nobody to say goodbye to; the device drops lock and changes itself. */
  async end(failure?: unknown): Promise<void> {
    const operations = this.operations;
    this.operations = undefined;
    if (operations === undefined) return;
    const isBroken = failure instanceof PortwardenError && CONNECTION_FAULTS.has(failure.code);
    if (this.context.signal.aborted || isBroken) {
      operations.session.destroy();
      return;
    }
    if (this.locked) {
      this.context.onStep('unlock');
      try {
        await this.candidate?.clear();
      } catch (error) {
        this.deps.log.warn(
          { err: error },
          'own changes could not be discarded; the device drops them with the session',
        );
      }
    }
    await Promise.all([this.locked ? operations.unlock() : undefined, operations.session.close(), this.ahead.close()]);
  }

  private async open(): Promise<void> {
    this.context.onStep('lock');
    const operations = await this.deps.connect();
    this.operations = operations;
    // The device carries these out in order, so what is read is read under the lock, or thrown away with its refusal.
    const lock = operations.lock();
    const history = operations.history();
    history.catch(() => undefined);
    this.ahead.begin(operations);
    await lock;
    this.locked = true;
    this.context.onStep('read');
    this.history = await history;
    this.logText = unusedLogText(this.logText, this.history);
    this.leftover = await leftoverOf(operations, this.history);
    if (this.leftover?.isCertain === true) await this.confirmLeftover(operations, this.leftover);
  }

  private session(): Operations {
    if (this.operations === undefined) throw new Error('the change has ended');
    return this.operations;
  }

  private stateOf(onSwitch: SwitchState): JunosState {
    return new JunosState(onSwitch, this.deps.settings);
  }

  private async confirmLeftover(operations: Operations, leftover: Leftover): Promise<void> {
    this.context.onStep('commit', 'confirm what an interrupted pass left');
    await this.candidate?.clear();
    await refuseForeignEdits(operations);
    await confirmCommit(operations, leftover.log);
    this.leftover = undefined;
    this.ahead.forgetState();
  }

  /** Our own changes in the candidate, after it was looked at once: what is in it before is somebody else's. */
  private async candidateOf(): Promise<Candidate> {
    if (this.candidate !== undefined) return this.candidate;
    if (this.state === undefined) throw new Error('nothing was read yet');
    await refuseForeignEdits(this.session());
    this.candidate = new Candidate(this.session(), this.state, this.context.onStep);
    return this.candidate;
  }

  private workOf(ports: readonly PlannedPort[]): readonly JunosWork[] {
    const { state } = this;
    if (state === undefined) throw new Error('nothing was read yet');
    return ports.map((port) => ({ ...port, edits: state.edits(port.plan) }));
  }

  private culprits(
    error: Rejection,
    ports: readonly PlannedPort[],
  ): Extract<CommitResult, { committed: false }>['refused'] {
    const named = namedCulprits(error.errors, this.workOf(ports));
    const refused = named.length > 0 ? named : ports.map(({ port }) => ({ port, message: error.message }));
    return refused.map(({ port, message }) => {
      const planned = ports.find((one) => one.port === port);
      return { port, message, ...(planned === undefined ? {} : { code: refusalCode(message, planned) }) };
    });
  }

  /** Whatever was committed confirmed a leftover too, unless it is to be confirmed itself. */
  private committed(onSwitch: SwitchState, confirmed: boolean, notes: readonly string[]): CommitResult {
    this.leftover = undefined;
    this.isToBeUndone = confirmed;
    return { committed: true, state: this.stateOf(onSwitch), refused: [], notes };
  }

  /** The reply was lost: drop the session, find out on a fresh one, and go on there if it was committed. */
  private async resolve(
    log: string,
    ports: readonly PlannedPort[],
    needsLock: boolean,
    cause: PortwardenError,
  ): Promise<SwitchState> {
    this.deps.log.warn({ err: cause }, 'the outcome of the commit is not known; reading back');
    this.context.onStep('read-back', 'unknown outcome');
    this.session().session.destroy();
    void this.ahead.close();
    this.candidate?.committed();
    this.operations = undefined;
    this.locked = false;
    const fate = await resolveCommit(this.readBackDeps(), log, ports, needsLock);
    if (fate.kind === 'not-committed') {
      throw new PortwardenError(
        'device-unreachable',
        'The connection was lost during the commit; reading back proves that nothing was committed.',
        { cause },
      );
    }
    this.operations = fate.operations;
    this.locked = fate.locked;
    return fate.state;
  }

  private readBackDeps(): ReadBackDeps {
    const { connect, settings } = this.deps;
    return { connect, settings, withPolicies: this.withPolicies(), signal: this.context.signal };
  }

  /** The state that a change of nothing but bindings begins from; undefined when policies may change more. */
  private whatChanges(): SwitchState | undefined {
    return this.withPolicies() ? undefined : this.state?.onSwitch;
  }

  private withPolicies(): boolean {
    return this.context.withPolicies === true;
  }
}
