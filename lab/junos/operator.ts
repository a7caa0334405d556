import { runCommands } from './config/set';
import type { SwitchCore } from './core';
import type { Editor } from './editor';
import { refused } from './problems';

/** Somebody at a terminal of the switch who edits beside portwarden. */
export interface OperatorSession {
  readonly user: string;
  readonly pid: number;
  /** More commands in the same session. @throws when the device refuses. */
  edit(lines: readonly string[]): void;
  /** `commit` without its duration. @throws when the candidate is locked by somebody else. */
  commit(log?: string): void;
  /** `commit confirmed MINUTES`, likewise. It goes back by itself unless anybody commits or checks in time. */
  commitConfirmed(minutes: number, log?: string): void;
  /** `commit check`: confirms what waits, whoever made it. */
  check(): void;
  /** `commit at`: in so many minutes, or at the next reboot. Nobody can commit until then. */
  commitAt(when: number | 'reboot'): void;
  /** `rollback 0`: everybody's uncommitted edits are gone. */
  rollback(): void;
  /** Leaves: a lock is given back and its edits discarded; edits made without a lock stay in the shared candidate. */
  release(): void;
}

export interface OperatorOptions {
  readonly user?: string;
  readonly commit?: boolean;
  /** `configure exclusive`. */
  readonly lock?: boolean;
  /** How the commit log says that they came; `cli` when absent. */
  readonly client?: Editor['client'];
}

/** Opens a terminal session that edits at once. @throws Error with the device's words when it is refused. */
export function openOperatorSession(
  core: SwitchCore,
  lines: readonly string[],
  options: OperatorOptions,
): OperatorSession {
  const { database } = core;
  let last = new Date();
  const editor: Editor = {
    pid: core.pid(),
    user: options.user ?? 'operator',
    client: options.client ?? 'cli',
    since: new Date(),
    lastActive: () => last,
  };
  const edit = (more: readonly string[]): void => {
    last = new Date();
    if (more.length === 0) return;
    const problems = database.edit(editor, (cursor) => runCommands(cursor, more));
    const wrong = problems.find((p) => p.severity === 'error');
    if (wrong !== undefined) throw refused(`${wrong.message}: ${wrong.badElement ?? ''}`);
  };
  if (options.lock === true) database.lock(editor);
  edit(lines);
  const session: OperatorSession = {
    user: editor.user,
    pid: editor.pid,
    edit,
    commit: (log) => database.commitAsOperator(editor, log === undefined ? {} : { log }),
    commitConfirmed: (minutes, log) =>
      database.commitAsOperator(editor, { confirmSeconds: minutes * 60, ...(log === undefined ? {} : { log }) }),
    check: () => database.commitAsOperator(editor, { check: true }),
    commitAt: (when) => database.scheduleCommit(editor, when),
    rollback: () => database.discard(editor),
    release: () => database.end(editor, 'closed'),
  };
  if (options.commit === true) session.commit();
  return session;
}
