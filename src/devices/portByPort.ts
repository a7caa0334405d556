import { isInEffect, type CommitFinding, type CommitIntent } from '../domain/change/commitIntent';
import { reportError } from '../domain/errors';
import type {
  AnnouncedCommit,
  ChangeContext,
  ChangeSession,
  CommitResult,
  DeviceState,
  PlannedPort,
  PreparedChange,
  RefusedPort,
} from './device';
import { everythingOn } from './policyCarrier';

/** What such a device shows, and what of it is kept in a backup. */
interface PortByPortState extends DeviceState {
  /** All that was read; without secrets. */
  all(): readonly object[];
}

/**
 * A change of a device that has no lock, no candidate and no commit log: each port is written for itself, nothing is
 * taken back by itself, and only reading proves anything. A driver says how it reads and how it writes.
 */
export abstract class PortByPortChange<State extends PortByPortState> implements ChangeSession {
  private before: State | undefined;

  constructor(protected readonly context: ChangeContext) {}

  /** Writes each port, and reads back what is in force then. */
  abstract commit(announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult>;

  /** Reads what is in force. */
  protected abstract state(): Promise<State>;

  async read(): Promise<DeviceState> {
    this.context.onStep('read');
    this.before = await this.state();
    return this.before;
  }

  finishEarlier(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Only what ports have says what became of a commit. */
  findOut(commits: readonly CommitIntent[], before: DeviceState): readonly CommitFinding[] {
    return commits.map(({ logToken, ports }) => {
      const done = ports.filter((change) => isInEffect(change, everythingOn(before, change.effectivePort)));
      return {
        logToken,
        fate: done.length > 0 ? 'committed' : 'not-committed',
        evidence: 'bindings',
        ports: done.map(({ port }) => ({ port, state: 'in-effect' })),
      };
    });
  }

  prepare(ports: readonly PlannedPort[]): Promise<PreparedChange> {
    const diff = ports.flatMap(({ port, plan }) => [
      ...plan.remove.map(({ text }) => `- ${port} ${text}`),
      ...plan.add.map(({ text }) => `+ ${port} ${text}`),
    ]);
    return Promise.resolve({ accepted: ports.map(({ port }) => port), rejected: [], diff: diff.join('\n'), notes: [] });
  }

  configuration(): Promise<string> {
    return Promise.resolve(JSON.stringify(this.seen().all(), undefined, 2));
  }

  announce(ports: readonly PlannedPort[]): AnnouncedCommit {
    return { logToken: this.context.logToken, confirmed: false, commits: ports.length };
  }

  confirm(): Promise<void> {
    return Promise.reject(new Error('such a device takes nothing back by itself'));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  /** Why a port is not to be written any more, though it was announced; undefined when it may be. */
  protected async refusedMeanwhile(port: PlannedPort, ports: readonly PlannedPort[]): Promise<RefusedPort | undefined> {
    if (port === ports[0]) return undefined;
    try {
      await this.context.beforeFurtherWrite?.(port.port);
      return undefined;
    } catch (error) {
      const { code, message } = reportError(error);
      return { port: port.port, message, code };
    }
  }

  /** What was read before anything was changed. */
  protected seen(): State {
    if (this.before === undefined) throw new Error('nothing was read yet');
    return this.before;
  }
}
