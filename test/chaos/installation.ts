import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runPortwarden } from '../../lab/productCli';
import { startProductProcess, type ProductProcess } from '../../lab/productProcess';
import { writeSite, type Site, type SiteOverrides } from '../../lab/siteConfiguration';
import type { LabWorld } from '../../lab/world';
import { signalProcess } from '../../src/temporal/embedded/devServerProcess';
import { readState } from '../../src/temporal/embedded/stateFile';
import { startTemporalForTests, type TestTemporal } from '../servers/temporal';
import { placePreparedStore } from '../store/preparedStore';
import { FIRST_SETTINGS, writeSettings, type SiteSettings } from './siteSettings';
import { startPostgres, type PostgresServer } from '../store/postgresServer';

/** `all`: one process with embedded servers. `split`: API, two workers, PostgreSQL and Temporal, each by itself. */
export type Layout = 'all' | 'split';

/** A process of the installation that can be killed and started. */
export interface Member {
  readonly name: string;
  readonly role: 'all' | 'api' | 'worker';
  process: ProductProcess | undefined;
  frozen: boolean;
  /** While it is being started. */
  starting?: Promise<void> | undefined;
}

const START_TRIES = 4;

/** The product as a site runs it, with everything it needs, for rough treatment. */
export class Installation {
  /** Processes that ended without being told to. */
  readonly unexpected: string[] = [];
  /** When processes were ended, Unix milliseconds. */
  readonly interruptions: number[] = [];
  /** When processes were stopped in their tracks, Unix milliseconds. */
  readonly freezes: number[] = [];
  private stopping = false;
  private isTemporalDown = false;
  private isStorePaused = false;
  /** The last change of the configuration: each waits for the one before. */
  private restarted: Promise<void> = Promise.resolve();
  private readonly chores = new Set<Promise<void>>();

  /** The embedded server is no child of ours: it must not outlive the suite, however that ends. */
  private readonly killAtExit = (): void => {
    this.killEmbeddedTemporal();
  };

  private constructor(
    readonly layout: Layout,
    private readonly site: Site,
    readonly members: readonly Member[],
    private readonly environment: Readonly<Record<string, string>>,
    private readonly temporal: TestTemporal | undefined,
    private readonly postgres: PostgresServer | undefined,
  ) {}

  static async start(
    layout: Layout,
    world: LabWorld,
    directory: string,
    overrides: SiteOverrides,
    settings: SiteSettings = FIRST_SETTINGS,
  ): Promise<Installation> {
    const member = (name: string, role: Member['role']): Member => ({ name, role, process: undefined, frozen: false });
    if (layout === 'all') {
      await placePreparedStore(join(directory, 'data'));
      const site = writeSite(world, directory, overrides);
      writeSettings(site.configurationFile, settings);
      const installation = new Installation(layout, site, [member('all', 'all')], {}, undefined, undefined);
      return installation.started();
    }
    const postgres = await startPostgres();
    try {
      const temporal = await startTemporalForTests({ dbFile: join(directory, 'temporal.db') });
      const site = writeSite(world, directory, { ...overrides, temporal: { address: temporal.address } });
      writeSettings(site.configurationFile, settings);
      const members = [member('api', 'api'), member('worker-1', 'worker'), member('worker-2', 'worker')];
      const environment = { DATABASE_URL: postgres.url, TEMPORAL_ADDRESS: temporal.address };
      return await new Installation(layout, site, members, environment, temporal, postgres).started();
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  private async started(): Promise<this> {
    process.once('exit', this.killAtExit);
    try {
      await Promise.all(this.members.map((member) => this.up(member)));
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where the webhook goes now; undefined while no API runs. */
  get apiUrl(): string | undefined {
    return this.members.find((member) => member.role !== 'worker' && !member.frozen)?.process?.apiUrl;
  }

  get temporalAddress(): string | undefined {
    return this.temporal?.address ?? this.members[0]?.process?.temporalAddress;
  }

  /** Runs `portwarden …` as an operator does, against the API and the Temporal server that run now. */
  cli(args: readonly string[]): Promise<string> {
    return runPortwarden(this.site, [...args, '--api', this.apiUrl ?? 'http://127.0.0.1:9'], {
      ...this.environment,
      TEMPORAL_ADDRESS: this.temporalAddress ?? '',
    });
  }

  /** Kills a member as a crash would; false when it does not run. */
  async kill(member: Member): Promise<boolean> {
    const running = member.process;
    if (running === undefined) return false;
    member.process = undefined;
    member.frozen = false;
    this.interruptions.push(Date.now());
    await running.kill9();
    return true;
  }

  /** Ends a member as an operator would. */
  async end(member: Member): Promise<boolean> {
    const running = member.process;
    if (running === undefined || member.frozen) return false;
    member.process = undefined;
    this.interruptions.push(Date.now());
    await running.stop();
    return true;
  }

  /**
   * Another configuration: the file is written at once, and every process is started again with it, one after the other, as
   * an operator does it. What does not answer is killed.
   */
  configure(settings: SiteSettings): void {
    writeSettings(this.site.configurationFile, settings);
    const before = this.restarted;
    this.restarted = (async () => {
      await before;
      for (const member of this.members) await this.startAgain(member);
    })();
    this.background(this.restarted);
  }

  private async startAgain(member: Member): Promise<void> {
    await member.starting?.catch(() => undefined);
    if (member.process === undefined) return;
    if (member.frozen) await this.kill(member);
    else await this.end(member);
    await this.up(member);
  }

  /** Starts a member that is down. Starting is tried again: servers it needs may be down just now. */
  up(member: Member): Promise<void> {
    member.starting ??= this.start(member).finally(() => {
      member.starting = undefined;
    });
    return member.starting;
  }

  private async start(member: Member): Promise<void> {
    for (let attempt = 1; member.process === undefined; attempt += 1) {
      try {
        const started = await startProductProcess({
          site: this.site,
          role: member.role,
          environment: this.environment,
          logName: member.name,
        });
        member.process = started;
        void started.ended.then((how) => {
          if (!this.stopping && member.process === started) {
            member.process = undefined;
            this.unexpected.push(`${member.name} ended by itself (${how}); see ${started.logFile}`);
          }
        });
      } catch (error) {
        if (attempt >= START_TRIES) throw error;
        await sleep(1_000 * attempt);
      }
    }
  }

  /** Stops a member in its tracks (SIGSTOP): its connections stay open, nothing answers. */
  freeze(member: Member): boolean {
    if (member.process === undefined || member.frozen) return false;
    signalProcess(member.process.pid, 'SIGSTOP');
    this.freezes.push(Date.now());
    member.frozen = true;
    return true;
  }

  thaw(member: Member): void {
    if (member.process !== undefined && member.frozen) signalProcess(member.process.pid, 'SIGCONT');
    member.frozen = false;
  }

  /** Kills the Temporal server. The embedded one is started again by the product, the other one by {@link restoreTemporal}. */
  async killTemporal(): Promise<boolean> {
    if (this.temporal !== undefined) {
      this.isTemporalDown = true;
      await this.temporal.kill9();
      return true;
    }
    return this.killEmbeddedTemporal();
  }

  async restoreTemporal(): Promise<void> {
    if (!this.isTemporalDown) return;
    this.isTemporalDown = false;
    await this.temporal?.restart();
  }

  /** Stops the PostgreSQL server, where there is one. */
  async pauseStore(): Promise<boolean> {
    if (this.postgres === undefined || this.isStorePaused) return false;
    this.isStorePaused = true;
    await this.postgres.pause();
    return true;
  }

  async resumeStore(): Promise<void> {
    if (!this.isStorePaused) return;
    this.isStorePaused = false;
    await this.postgres?.resume();
  }

  /** Remembers work in the background, so that {@link restore} can wait for it. */
  background(chore: Promise<unknown>): void {
    const tracked: Promise<void> = chore.then(() => undefined).finally(() => this.chores.delete(tracked));
    tracked.catch((error: unknown) => {
      this.unexpected.push(error instanceof Error ? error.message : String(error));
    });
    this.chores.add(tracked);
  }

  /** Everything runs again. */
  async restore(): Promise<void> {
    while (this.chores.size > 0) await Promise.allSettled(this.chores);
    await this.resumeStore();
    await this.restoreTemporal();
    for (const member of this.members) {
      this.thaw(member);
      await this.up(member);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.chores);
    for (const member of this.members) {
      this.thaw(member);
      await member.process?.stop();
    }
    this.killEmbeddedTemporal();
    process.removeListener('exit', this.killAtExit);
    await this.temporal?.stop();
    await this.postgres?.stop();
  }

  private killEmbeddedTemporal(): boolean {
    const state = readState(join(this.site.directory, 'data', 'temporal'));
    if (state !== undefined) signalProcess(state.server.pid, 'SIGKILL');
    return state !== undefined;
  }
}
