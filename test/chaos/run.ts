import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../../lab/world';
import { drawFault, type Fault, type Targets } from './faults';
import { Happenings } from './happenings';
import { Installation, type Layout } from './installation';
import { judgeVerdict, Observer, type EventVerdict } from './judge';
import { Listener } from './listener';
import { desiredNow, DesiredHistory } from './model';
import { Random } from './random';
import { ALLOWED_VLANS, chaosScenario, CLUSTER } from './scenario';
import { SwitchWatch } from './switchWatch';

/** What a run is made from; with the same seed and steps the same things happen in the same order. */
export interface ChaosOptions {
  readonly seed: number;
  /** How many events and faults. */
  readonly steps: number;
  /** Default: drawn from the seed, `split` only where PostgreSQL can be had. */
  readonly layout?: Layout;
  readonly canSplit: boolean;
}

/** What a run came to. */
export interface ChaosReport {
  readonly seed: number;
  readonly layout: Layout;
  /** Empty when every promise held. */
  readonly problems: readonly string[];
  readonly log: readonly string[];
  /** The site's folder with the product's logs; kept when there are problems. */
  readonly directory: string;
  readonly events: number;
  readonly commits: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const QUIET_MS = 300_000;
const ADOPTION_MS = 120_000;
const SESSIONS_MS = 15_000;
const AT_ONCE = 4;

/** One run: start everything, shake it, let it settle, and compare with the model. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const directory = mkdtempSync(join(tmpdir(), `portwarden-chaos-${options.seed}-`));
  const random = new Random(options.seed);
  const drawn: Layout = random.chance(0.4) && options.canSplit ? 'split' : 'all';
  const layout = options.layout ?? drawn;
  const confirmed = random.chance(0.25);
  const emptyAnswers = random.chance(0.25);
  const world = await startLabWorld(chaosScenario, { commitMs: 300, checkMs: 60, timeScale: 15 });
  const run = new Run(options, random, layout, emptyAnswers, world, directory);
  try {
    run.say(`seed ${options.seed}, ${options.steps} steps, layout ${layout}, confirmed commits ${confirmed ? 'always' : 'never'}${emptyAnswers ? ', empty answers of the panel' : ''}`);
    const installation = await Installation.start(layout, world, directory, siteOverrides(confirmed));
    try {
      return await run.play(installation);
    } finally {
      await installation.stop();
    }
  } finally {
    await world.close();
    writeFileSync(join(directory, 'run.log'), `${run.log.join('\n')}\n`);
    if (run.succeeded) rmSync(directory, { recursive: true, force: true });
  }
}

function siteOverrides(confirmed: boolean): Record<string, Record<string, unknown>> {
  return {
    panel: { timeoutSeconds: 2 },
    vlans: { allowlist: ALLOWED_VLANS.join(','), nameTemplate: 'VLAN.{id}' },
    guards: { maxRemovedBindings: 1000, maxRemovedShare: 1 },
    retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 4, giveUpAfterHours: 1 }, waitForOutcomeMinutes: 1 },
    switches: {
      defaults: { confirmedCommit: confirmed ? 'always' : 'never', timeouts: { connectSeconds: 4, rpcSeconds: 4, loadSeconds: 4, commitSeconds: 5 } },
    },
    logging: { level: 'debug' },
  };
}

class Run {
  readonly log: string[] = [];
  succeeded = false;
  private readonly started = Date.now();
  private readonly history = new DesiredHistory();
  private readonly watches: readonly SwitchWatch[];
  private readonly active: { readonly fault: Fault; until: number }[] = [];

  constructor(
    private readonly options: ChaosOptions,
    private readonly random: Random,
    private readonly layout: Layout,
    private readonly emptyAnswers: boolean,
    private readonly world: LabWorld,
    private readonly directory: string,
  ) {
    this.history.record(desiredNow(world));
    this.watches = [...world.switches].map(([id, device]) => new SwitchWatch(id, device, this.history));
  }

  say(line: string): void {
    this.log.push(`${((Date.now() - this.started) / 1000).toFixed(1).padStart(6)} ${line}`);
  }

  async play(installation: Installation): Promise<ChaosReport> {
    const listener = new Listener(() => installation.apiUrl, LAB_SECRETS.bearerToken);
    const happenings = new Happenings(this.world, this.random, listener, this.history);
    const targets: Targets = { world: this.world, installation, watches: this.watches, emptyAnswers: this.emptyAnswers, nextForeign: 1 };
    for (const watch of this.watches) watch.device.events.on('commit', ({ user, log }) => { this.say(`  ${watch.name} commit by ${user}: ${log ?? ''}`); });
    await this.adopt(installation, listener, happenings);
    for (let step = 1; step <= this.options.steps; step += 1) await this.step(step, happenings, targets, listener);
    const { busy, verdicts } = await this.settle(installation, listener, happenings);
    const problems = [
      ...busy.map((what) => `not quiet: ${what}`),
      ...installation.unexpected,
      ...listener.refusals,
      ...this.unknownEvents(listener, verdicts),
      ...verdicts.flatMap((verdict) => judgeVerdict(verdict, this.watches)),
      ...this.differences(),
      ...this.watches.flatMap((watch) => watch.leftovers()),
    ];
    for (const problem of problems) this.say(`PROBLEM ${problem}`);
    this.succeeded = problems.length === 0;
    const statuses: Record<string, number> = {};
    for (const { result, code, status } of verdicts) {
      const name = code ?? result?.status ?? status;
      statuses[name] = (statuses[name] ?? 0) + 1;
    }
    const commits = this.watches.reduce((sum, watch) => sum + watch.commits.length, 0);
    return { seed: this.options.seed, layout: this.layout, problems, log: this.log, directory: this.directory, events: verdicts.length, commits, statuses, seconds: (Date.now() - this.started) / 1000 };
  }

  /** Portwarden sees every server where it is before anything goes wrong: a server that moves before was never known elsewhere. */
  private async adopt(installation: Installation, listener: Listener, happenings: Happenings): Promise<void> {
    for (const server of happenings.automated()) happenings.lookAgain(server.id);
    await listener.settled();
    const observer = await Observer.connect(installation.temporalAddress ?? '');
    try {
      const busy = await observer.quiet(ADOPTION_MS);
      if (busy.length > 0) throw new Error(`the site did not settle before the chaos: ${busy.join('; ')}`);
    } finally {
      await observer.close();
    }
    this.say('every server is known');
  }

  private async step(step: number, happenings: Happenings, targets: Targets, listener: Listener): Promise<void> {
    for (const entry of this.active.filter(({ until }) => until <= step)) await this.endFault(entry);
    const { random } = this;
    const isFault = random.chance(0.35);
    if (isFault) {
      const fault = drawFault(random, targets);
      if (this.active.length < AT_ONCE) {
        this.say(`${step}: FAULT ${fault.name} (${fault.steps} steps)`);
        await fault.begin();
        if (fault.steps > 0) this.active.push({ fault, until: step + fault.steps });
        else await fault.end();
      }
    } else {
      this.say(`${step}: ${await happenings.next()}`);
    }
    if (random.chance(0.1)) happenings.holding = true;
    else if (happenings.holding && random.chance(0.4)) this.release(happenings, listener);
    await sleep(random.weighted([[4, random.int(0, 60)], [4, random.int(100, 700)], [2, random.int(800, 2_500)]]));
  }

  private release(happenings: Happenings, listener: Listener): void {
    happenings.holding = false;
    const count = listener.release((items) => this.random.shuffle(items));
    if (count > 0) this.say(`delivered ${count} held webhooks in another order`);
  }

  private async endFault(entry: { readonly fault: Fault }): Promise<void> {
    this.active.splice(this.active.findIndex((other) => other === entry), 1);
    this.say(`  over: ${entry.fault.name}`);
    await entry.fault.end();
  }

  /** Everything works again; then nothing more happens than what the accepted events still need. */
  private async settle(installation: Installation, listener: Listener, happenings: Happenings): Promise<{ busy: string[]; verdicts: EventVerdict[] }> {
    for (const entry of [...this.active]) await this.endFault(entry);
    this.world.panel.clearFaults();
    const cluster = this.world.clusters.get(CLUSTER);
    cluster?.clearFaults();
    for (const node of cluster?.cluster.nodes ?? []) node.online = true;
    for (const { device } of this.watches) device.faults.reset();
    this.release(happenings, listener);
    await installation.restore();
    this.say('everything works again');
    await listener.settled();
    this.say('every webhook is accepted');
    const observer = await Observer.connect(installation.temporalAddress ?? '');
    try {
      let busy = await observer.quiet(QUIET_MS);
      if (this.emptyAnswers && busy.length === 0) busy = await this.actAsOperator(observer, listener, happenings);
      const deadline = Date.now() + SESSIONS_MS;
      while (Date.now() < deadline && this.watches.some(({ device }) => device.sessions() > 0)) await sleep(100);
      this.say('quiet');
      return { busy, verdicts: busy.length === 0 ? await observer.verdicts() : [] };
    } finally {
      await observer.close();
    }
  }

  /** Where the panel wrongly said "nothing", guards parked ports and named them; a person then asks to look again. */
  private async actAsOperator(observer: Observer, listener: Listener, happenings: Happenings): Promise<string[]> {
    const parked = (await observer.verdicts()).filter(({ result }) => result?.status === 'parked');
    if (parked.length === 0) return [];
    this.say(`${parked.length} events are parked; their servers are looked at again`);
    const ids = new Set(parked.map(({ result }) => result?.serverId));
    for (const server of happenings.automated()) if (ids.has(server.id as never)) happenings.lookAgain(server.id);
    this.release(happenings, listener);
    await listener.settled();
    return observer.quiet(QUIET_MS);
  }

  private unknownEvents(listener: Listener, verdicts: readonly EventVerdict[]): string[] {
    const known = new Set(verdicts.map(({ workflowId }) => workflowId));
    return [...listener.accepted].flatMap(([id, event]) => (known.has(id) ? [] : [`accepted event ${id} ${JSON.stringify(event)} has no workflow`]));
  }

  private differences(): string[] {
    const desired = desiredNow(this.world);
    const actual = new Map(this.watches.flatMap((watch) => [...watch.bindings()]));
    return [...desired].flatMap(([port, want]) => {
      const have = actual.get(port) ?? [];
      const missing = want.filter((line) => !have.includes(line));
      const extra = have.filter((line) => !want.includes(line));
      return missing.length + extra.length === 0 ? [] : [`port ${port} differs from the model: missing [${missing.join('; ')}], too many [${extra.join('; ')}]`];
    });
  }
}
