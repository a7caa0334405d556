import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../../lab/world';
import { Ending } from './ending';
import { drawFault, type Fault, type Targets } from './faults';
import { replayHistoriesAt } from '../support/replayHistories';
import { Happenings } from './happenings';
import { Installation, type Layout } from './installation';
import { Listener } from './listener';
import { Observer } from './observer';
import { Random } from './random';
import { PanelRollbacks } from './panelRollback';
import { Pauses } from './pauses';
import { People } from './people';
import { chaosScenario, CLUSTER } from './scenario';
import { FIRST_SETTINGS } from './siteSettings';
import { watchSwitches, type SwitchWatch } from './switchWatch';
import { drawSwitch, drawTraits, siteOverrides, type Traits } from './traits';
import { TruthHistory } from './truth';

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

const ADOPTION_MS = 300_000;
const AT_ONCE = 4;

/** One run: start everything, shake it, let it settle, and compare with the model. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const directory = mkdtempSync(join(tmpdir(), `portwarden-chaos-${options.seed}-`));
  const random = new Random(options.seed);
  const drawn: Layout = random.chance(0.4) && options.canSplit ? 'split' : 'all';
  const layout = options.layout ?? drawn;
  const traits = drawTraits(random);
  const switches = new Map(chaosScenario.switches.map(({ id }) => [id, drawSwitch(random)]));
  const world = await startLabWorld(chaosScenario, (id) => ({
    commitMs: 300,
    checkMs: 60,
    timeScale: 15,
    ...switches.get(id),
  }));
  const run = new Run(options, random, layout, traits, world, directory);
  try {
    run.say(
      `seed ${options.seed}, ${options.steps} steps, layout ${layout}, ${JSON.stringify({ ...traits, switches: Object.fromEntries(switches) })}`,
    );
    const installation = await Installation.start(layout, world, directory, siteOverrides(traits), {
      ...FIRST_SETTINGS,
      virtualMacs: traits.virtualMacs,
    });
    try {
      return await run.play(installation);
    } finally {
      await installation.stop();
    }
  } finally {
    await world.close();
    if (run.succeeded) rmSync(directory, { recursive: true, force: true });
  }
}

class Run {
  readonly log: string[] = [];
  succeeded = false;
  private readonly started = Date.now();
  private readonly history: TruthHistory;
  private readonly watches: readonly SwitchWatch[];
  private readonly active: { readonly fault: Fault; until: number }[] = [];

  constructor(
    private readonly options: ChaosOptions,
    private readonly random: Random,
    private readonly layout: Layout,
    private readonly traits: Traits,
    private readonly world: LabWorld,
    private readonly directory: string,
  ) {
    this.history = new TruthHistory(world);
    this.history.settings.push({ ...FIRST_SETTINGS, virtualMacs: traits.virtualMacs });
    this.watches = watchSwitches(world, this.history);
  }

  say(line: string): void {
    const text = `${((Date.now() - this.started) / 1000).toFixed(1).padStart(6)} ${line}`;
    this.log.push(text);
    appendFileSync(join(this.directory, 'run.log'), `${text}\n`);
  }

  async play(installation: Installation): Promise<ChaosReport> {
    const listener = new Listener(() => installation.apiUrl, LAB_SECRETS.bearerToken);
    const happenings = new Happenings(this.world, this.random, listener, this.history);
    const lookAgain = (count: number): void => {
      for (const server of this.random.shuffle(happenings.automated()).slice(0, count)) happenings.lookAgain(server.id);
    };
    const people = new People({
      ...{ installation, happenings, random: this.random, watches: this.watches, history: this.history },
      say: (line) => {
        this.say(line);
      },
    });
    const rollbacks = new PanelRollbacks(this.world, this.history, lookAgain);
    const pauses = new Pauses(installation, this.watches, LAB_SECRETS.bearerToken);
    const targets: Targets = {
      world: this.world,
      installation,
      watches: this.watches,
      history: this.history,
      rollbacks,
      pauses,
      lookAgain,
      emptyAnswers: this.traits.emptyAnswers,
      nextForeign: 1,
    };
    for (const watch of this.watches)
      watch.device.events.on('commit', ({ user, log }) => {
        this.say(`  ${watch.name} commit by ${user}: ${log ?? ''}`);
      });
    await this.adopt(installation, listener, happenings);
    for (let step = 1; step <= this.options.steps; step += 1)
      await this.step(step, happenings, people, targets, listener);
    await this.restore(installation, listener, happenings);
    const paused = await pauses.resumeAll();
    await people.settled();
    await listener.settled();
    const steered = await people.steering.judge();
    const ending = new Ending({
      installation,
      listener,
      happenings,
      history: this.history,
      watches: this.watches,
      approves: this.traits.approves,
      say: (line) => {
        this.say(line);
      },
    });
    const { problems: broken, verdicts } = await ending.judge();
    const problems = [
      ...paused,
      ...pauses.violations,
      ...steered,
      ...broken,
      ...(await this.differentInReplay(installation)),
    ];
    for (const problem of problems) this.say(`PROBLEM ${problem}`);
    this.succeeded = problems.length === 0;
    const statuses: Record<string, number> = {};
    for (const { result, code, status } of verdicts) {
      const name = code ?? result?.status ?? status;
      statuses[name] = (statuses[name] ?? 0) + 1;
    }
    const commits = this.watches.reduce((sum, watch) => sum + watch.commits.length, 0);
    return {
      seed: this.options.seed,
      layout: this.layout,
      problems,
      log: this.log,
      directory: this.directory,
      events: verdicts.length,
      commits,
      statuses,
      seconds: (Date.now() - this.started) / 1000,
    };
  }

  /** Whatever crashed meanwhile, workflows must do in a replay what they did. */
  private async differentInReplay({ temporalAddress = '' }: Installation): Promise<string[]> {
    try {
      await replayHistoriesAt(temporalAddress, { seed: this.options.seed });
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
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

  private async step(
    step: number,
    happenings: Happenings,
    people: People,
    targets: Targets,
    listener: Listener,
  ): Promise<void> {
    for (const entry of this.active.filter(({ until }) => until <= step)) await this.endFault(entry);
    const { random } = this;
    targets.rollbacks.remember();
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
      this.say(`${step}: ${await people.act()}`);
    }
    if (random.chance(0.1)) happenings.holding = true;
    else if (happenings.holding && random.chance(0.4)) this.release(happenings, listener);
    await sleep(
      random.weighted([
        [4, random.int(0, 60)],
        [4, random.int(100, 700)],
        [2, random.int(800, 2_500)],
      ]),
    );
  }

  private release(happenings: Happenings, listener: Listener): void {
    happenings.holding = false;
    const count = listener.release((items) => this.random.shuffle(items));
    if (count > 0) this.say(`delivered ${count} held webhooks in another order`);
  }

  private async endFault(entry: { readonly fault: Fault }): Promise<void> {
    this.active.splice(
      this.active.findIndex((other) => other === entry),
      1,
    );
    this.say(`  over: ${entry.fault.name}`);
    await entry.fault.end();
  }

  /** Everything works again; nothing more happens but what the accepted events still need. */
  private async restore(installation: Installation, listener: Listener, happenings: Happenings): Promise<void> {
    for (const entry of [...this.active]) await this.endFault(entry);
    this.world.panel.clearFaults();
    const cluster = this.world.clusters.get(CLUSTER);
    cluster?.clearFaults();
    for (const node of cluster?.cluster.nodes ?? []) node.online = true;
    for (const { device } of this.watches) device.faults.reset();
    this.release(happenings, listener);
    await installation.restore();
    this.say('everything works again');
  }
}
