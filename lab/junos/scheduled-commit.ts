import type { ConfigNode } from './config/node';
import type { Editor } from './editor';
import type { JunosFaults, ScheduledCommitStyle } from './faults';
import { refused } from './problems';

/** A `commit at`: somebody's changes that take effect later. */
export interface ScheduledCommit {
  readonly by: Editor;
  readonly user: string;
  /** When it will be committed, on the clock of the lab; `reboot` when the switch restarts. */
  readonly due: Date | 'reboot';
}

/** The one pending `commit at` of a switch and its timer. */
export class CommitSchedule {
  private state:
    (ScheduledCommit & { readonly tree: ConfigNode; readonly timer: NodeJS.Timeout | undefined }) | undefined;

  constructor(
    /** `timeScale`: runs this many times faster than given. */
    private readonly settings: { readonly timeScale: number; readonly faults: Pick<JunosFaults, 'scheduledCommit'> },
    private readonly onDue: (by: Editor, tree: ConfigNode) => void,
  ) {}

  get pending(): ScheduledCommit | undefined {
    return this.state;
  }

  /** Documented (`commit at`): the candidate is read-only and nobody commits until it is over. @throws RpcFailure */
  refuse(step: ScheduledCommitStyle['refusesAt']): void {
    const steps = ['load', 'check', 'commit'];
    const { refusesAt, text } = this.settings.faults.scheduledCommit;
    if (this.state !== undefined && steps.indexOf(step) >= steps.indexOf(refusesAt)) throw refused(text);
  }

  /** @param when minutes from now, or the next restart. */
  set(by: Editor, tree: ConfigNode, when: number | 'reboot'): void {
    this.clear();
    if (when === 'reboot') this.state = { by, user: by.user, due: when, tree, timer: undefined };
    else this.arm(by, tree, new Date(Date.now() + (when * 60_000) / this.settings.timeScale));
  }

  /** `clear system commit`. */
  clear(): void {
    clearTimeout(this.state?.timer);
    this.state = undefined;
  }

  /** Simulated time passes. */
  advance(ms: number): void {
    const { state } = this;
    if (state === undefined || state.due === 'reboot') return;
    this.clear();
    const due = new Date(state.due.getTime() - ms / this.settings.timeScale);
    if (due.getTime() <= Date.now()) this.onDue(state.by, state.tree);
    else this.arm(state.by, state.tree, due);
  }

  /** Documented (`commit at`): what waits for a time is lost with the software; what waits for a reboot is committed by it. */
  restarted(): void {
    const { state } = this;
    this.clear();
    if (state?.due === 'reboot') this.onDue(state.by, state.tree);
  }

  private arm(by: Editor, tree: ConfigNode, due: Date): void {
    const timer = setTimeout(
      () => {
        this.clear();
        this.onDue(by, tree);
      },
      Math.min(Math.max(0, due.getTime() - Date.now()), 2 ** 31 - 1),
    );
    timer.unref();
    this.state = { by, user: by.user, due, tree, timer };
  }
}
