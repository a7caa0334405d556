import type { JunosSwitch } from './index';
import type { OperatorSession } from './operator';

const USAGE =
  'status | committed | candidate | faults [JSON] | reset | edit JSON | commit PID | check PID | commit-confirmed PID MINUTES | commit-at PID MINUTES|reboot | rollback PID | release PID | clear-commit-at | advance MINUTES | crash | expire-confirm | arp JSON';

type Json = Record<string, unknown>;

function object(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError('a JSON object is expected');
  return value as Json;
}

function minutes(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !Number.isFinite(value) || value <= 0) throw new RangeError('minutes are expected');
  return value;
}

/** Copies known fields; nested objects are merged, so that `{"output":{"prefix":"nc:"}}` leaves the rest. */
function merge(target: Json, change: Json): void {
  for (const [name, value] of Object.entries(change)) {
    if (
      !(name in target) &&
      ![
        'rejectIps',
        'rejectAt',
        'namePath',
        'duplicateMac',
        'sameMacTwice',
        'unknownVlan',
        'rootAuthentication',
      ].includes(name)
    ) {
      throw new RangeError(`there is no fault ${name}`);
    }
    const present = target[name];
    const nested = typeof present === 'object' && present !== null && !Array.isArray(present) && name !== 'latencyMs';
    if (nested && typeof value === 'object' && value !== null) merge(present as Json, value as Json);
    else target[name] = value;
  }
}

/**
 * The lab's control commands, for whoever runs the switch in another process: they come as SSH commands of the
 * control account (`ssh lab@127.0.0.1 -p PORT 'faults {"commitMs":5000}'`). Who runs it in the same process has the same
 * as methods of {@link JunosSwitch}: a wrong clock is `faults.clockSkewMs`, a commit log that shows less is
 * `faults.commitLog`, a pending `commit at` is `editAsOperator(…).commitAt(…)`, and `advance` lets confirm timers run out.
 */
export class ControlCommands {
  private readonly operators = new Map<number, OperatorSession>();

  constructor(private readonly running: JunosSwitch) {}

  /** Runs one command. */
  run(command: string): { readonly text: string; readonly ok: boolean } {
    try {
      return { text: `${this.perform(command.trim())}\n`, ok: true };
    } catch (error) {
      return { text: `${error instanceof Error ? error.message : String(error)}\n`, ok: false };
    }
  }

  private perform(command: string): string {
    const sw = this.running;
    const [verb = '', ...rest] = command.split(/\s+/);
    const argument = command.slice(verb.length).trim();
    switch (verb) {
      case 'status':
        return JSON.stringify({
          profile: sw.profile,
          locked: sw.isLocked(),
          dirty: sw.isCandidateDirty(),
          sessions: sw.sessions(),
          pendingConfirm: sw.pendingConfirm()?.deadline ?? null,
          scheduledCommit: sw.scheduledCommit()?.due ?? null,
          commits: sw.commits(),
        });
      case 'committed':
        return sw.committedSet().join('\n');
      case 'candidate':
        return sw.candidateSet().join('\n');
      case 'faults':
        if (argument !== '') merge(sw.faults as unknown as Json, object(argument));
        return JSON.stringify(sw.faults);
      case 'reset':
        sw.faults.reset();
        return 'ok';
      case 'edit':
        return this.edit(object(argument));
      case 'commit':
      case 'check':
      case 'rollback':
      case 'release':
        return this.operate(verb, Number(rest[0]));
      case 'commit-confirmed':
        this.operator(Number(rest[0])).commitConfirmed(minutes(rest[1]));
        return 'ok';
      case 'commit-at':
        this.operator(Number(rest[0])).commitAt(rest[1] === 'reboot' ? 'reboot' : minutes(rest[1]));
        return 'ok';
      case 'clear-commit-at':
        sw.clearScheduledCommit();
        return 'ok';
      case 'advance':
        sw.advance(minutes(rest[0]));
        return 'ok';
      case 'crash':
        setImmediate(() => sw.crash());
        return 'ok';
      case 'arp':
        for (const [name, failed] of Object.entries(object(argument)))
          sw.arpInspection.set(name, { received: Number(failed), failed: Number(failed) });
        return 'ok';
      case 'expire-confirm':
        sw.expireConfirm();
        return 'ok';
      default:
        throw new RangeError(USAGE);
    }
  }

  private edit(request: Json): string {
    const { lines, user, lock, commit } = request;
    if (!Array.isArray(lines) || !lines.every((l) => typeof l === 'string'))
      throw new RangeError('lines must be set commands');
    const session = this.running.editAsOperator(lines, {
      ...(typeof user === 'string' ? { user } : {}),
      lock: lock === true,
      commit: commit === true,
    });
    this.operators.set(session.pid, session);
    return String(session.pid);
  }

  private operator(pid: number): OperatorSession {
    const session = this.operators.get(pid);
    if (session === undefined) throw new RangeError(`no operator session ${String(pid)}`);
    return session;
  }

  private operate(verb: 'commit' | 'check' | 'rollback' | 'release', pid: number): string {
    const session = this.operator(pid);
    if (verb === 'commit') session.commit();
    else session[verb]();
    if (verb === 'release') this.operators.delete(pid);
    return 'ok';
  }
}
