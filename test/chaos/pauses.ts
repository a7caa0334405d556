import type { Fault } from './faults';
import type { Installation } from './installation';
import { portKey } from './model';
import type { Random } from './random';
import { ACCESS_PORTS, SWITCHES } from './scenario';
import type { SwitchWatch } from './switchWatch';

/** What the product promises of a pause is one second; the rest is for a machine that does everything at once. */
const BEGUN_MS = 5_000;
/** How long a commit that had begun may take to be seen, at the slowest switch. */
const COMMITTED_MS = 15_000;
/** A process that was stopped in its tracks may send what it had asked for before, for as long as it was stopped. */
const THAWED_MS = 45_000;
const ANSWER_MS = 10_000;

type PausedScope =
  { readonly all: true } | { readonly device: string } | { readonly device: string; readonly port: string };

interface PauseInForce {
  readonly scope: PausedScope;
  /** When the API had answered, Unix milliseconds. */
  readonly since: number;
}

/** People who pause everything, a device or a port for a while, and what must not be committed meanwhile. */
export class Pauses {
  readonly violations: string[] = [];
  private readonly inForce = new Set<PauseInForce>();
  private readonly asked: PausedScope[] = [];

  constructor(
    private readonly installation: Installation,
    private readonly watches: readonly SwitchWatch[],
    private readonly token: string,
  ) {
    for (const watch of watches) {
      watch.device.events.on('rpc', ({ operation, xml }) => {
        // Confirming a commit that had begun is the end of it, and a check commits nothing.
        if (operation !== 'commit-configuration' || xml.includes('<check')) return;
        if (watch.device.pendingConfirm() === undefined) this.judgeBegin(watch);
      });
      watch.device.events.on('commit', () => {
        this.judgeCommit(watch);
      });
    }
  }

  draw(random: Random): Fault {
    const device = `junos:${random.pick(this.watches).id}`;
    const scope = random.weighted<PausedScope>([
      [2, { all: true }],
      [4, { device }],
      [4, { device: `junos:${SWITCHES.access}`, port: `ge-0/0/${random.pick(ACCESS_PORTS)}` }],
    ]);
    let pause: PauseInForce | undefined;
    return {
      name: `a person pauses ${Object.values(scope).join(' ')}`,
      steps: random.int(1, 6),
      begin: async () => {
        this.asked.push(scope);
        const isTaken = await this.say('/api/pauses', scope);
        if (!isTaken) return;
        pause = { scope, since: Date.now() };
        this.inForce.add(pause);
      },
      end: async () => {
        if (pause !== undefined) this.inForce.delete(pause);
        // The same scope may be paused twice over: the newer pause took the older one's place, and ends with it.
        for (const one of this.inForce) if (keyOf(one.scope) === keyOf(scope)) this.inForce.delete(one);
        await this.say('/api/pauses/resume', scope);
      },
    };
  }

  /** Nothing is paused any more, whatever was answered to whom. @returns the scopes that could not be resumed. */
  async resumeAll(): Promise<string[]> {
    const left: string[] = [];
    for (const scope of this.asked)
      if (!(await this.say('/api/pauses/resume', scope))) left.push(`${keyOf(scope)} was not resumed`);
    return left;
  }

  private judgeBegin(watch: SwitchWatch): void {
    const now = Date.now();
    const found = [...this.inForce].find(
      ({ scope, since }) => !('port' in scope) && concerns(scope, watch) && since + BEGUN_MS < now,
    );
    if (found !== undefined && !this.wasFrozen(found.since - THAWED_MS, now))
      this.violations.push(
        `${watch.name}: a commit began ${now - found.since} ms after ${keyOf(found.scope)} was paused`,
      );
  }

  private judgeCommit(watch: SwitchWatch): void {
    const commit = watch.commits.at(-1);
    if (commit?.client !== 'netconf') return;
    for (const { scope, since } of this.inForce) {
      if (!('port' in scope) || !concerns(scope, watch) || since + COMMITTED_MS > commit.seenAt) continue;
      const isChanged = commit.changes.has(portKey(watch.id, `${scope.port}.0`));
      if (isChanged && !this.wasFrozen(since - THAWED_MS, commit.seenAt))
        this.violations.push(`${watch.name}: ${scope.port} was changed ${commit.seenAt - since} ms after its pause`);
    }
  }

  private wasFrozen(from: number, to: number): boolean {
    return this.installation.freezes.some((at) => at >= from && at <= to);
  }

  /** Whether the API took it. */
  private async say(path: string, scope: PausedScope): Promise<boolean> {
    try {
      const response = await fetch(`${this.installation.apiUrl ?? 'http://127.0.0.1:9'}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...scope, author: 'chaos', reason: 'whatever happens' }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}

const keyOf = (scope: PausedScope): string => Object.values(scope).join(' ');
const concerns = (scope: PausedScope, { id }: SwitchWatch): boolean => 'all' in scope || scope.device === `junos:${id}`;
