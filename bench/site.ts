import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startProductProcess, type ProductProcess } from '../lab/productProcess';
import type { Scenario } from '../lab/scenarios/scenario';
import { writeSite, type Site, type SiteOverrides } from '../lab/siteConfiguration';
import { startPostgres, type PostgresServer } from '../test/store/postgresServer';
import { Meter } from './meter';
import type { BareWorkerPart } from './parts/bareWorker';
import type { LoadPart, Pace, Sink, Started } from './parts/load';
import type { PanelPart } from './parts/panel';
import { startPart, type Part } from './parts/part';
import type { CommitTimes, SwitchesPart } from './parts/switches';
import { startTemporalOnPostgres, type TemporalOnPostgres } from './temporalOnPostgres';
import type { BareInput } from './bare/names';

/** What a measured site may have otherwise. */
export interface SiteOptions extends CommitTimes {
  readonly overrides?: SiteOverrides;
  /** The product's facts in a PostgreSQL server instead of the embedded store. */
  readonly hasPostgres?: boolean;
  /** API and so many workers in processes of their own, with PostgreSQL below the product and below Temporal. */
  readonly workers?: number;
}

/** The names under which a meter counts. */
export const PRODUCT = 'the product';
export const TEMPORAL = 'the Temporal server';
const POSTGRES = 'PostgreSQL';
export const BARE = 'the bare worker';

/** Servers that the site runs beside the product. */
interface Servers {
  readonly postgres: PostgresServer | undefined;
  /** Undefined: the product starts its own one. */
  readonly temporal: TemporalOnPostgres | undefined;
}

const READY_MS = 120_000;

/**
 * The product as `npm start` starts it, in a world whose panel, switches and load are processes of their own, so that none of
 * them waits for another and the CPU time of each is known.
 */
export class BenchSite {
  /** The first one has the API. */
  private processes: readonly ProductProcess[] = [];
  private temporalClient: { readonly connection: Connection; readonly client: Client } | undefined;
  private bareWorker: Part<BareWorkerPart> | undefined;

  private constructor(
    readonly panel: Part<PanelPart>,
    readonly switches: Part<SwitchesPart>,
    readonly load: Part<LoadPart>,
    private readonly servers: Servers,
    private readonly site: Site,
    private readonly workers: number,
  ) {}

  /** Starts everything but the product. */
  static async prepare(scenario: Scenario, options: SiteOptions): Promise<BenchSite> {
    const { commitMs, checkMs, overrides = {}, workers = 0, hasPostgres = workers > 0 } = options;
    const [panel, switches, load] = await Promise.all([
      startPart<PanelPart>('panel'),
      startPart<SwitchesPart>('switches'),
      startPart<LoadPart>('load'),
    ]);
    const { url } = await panel.ask('start', scenario.panel);
    const reached = await switches.ask('start', scenario.switches, { commitMs, checkMs });
    await panel.ask('reachSwitches', reached);
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-'));
    const world = {
      scenario,
      ...{ panel: { url }, clusters: new Map<string, never>(), cloud: undefined },
      switches: new Map(reached.map((one) => [one.id, one])),
    };
    const site = writeSite(world, directory, {
      ...overrides,
      api: { host: '127.0.0.1', port: 0, eventsPerMinute: 1_000_000, readsPerMinute: 1_000_000, ...overrides['api'] },
    });
    const postgres = hasPostgres ? await startPostgres() : undefined;
    const isApart = workers > 0 && postgres !== undefined;
    const temporal = isApart ? await startTemporalOnPostgres(postgres.url, join(directory, 'temporal')) : undefined;
    return new BenchSite(panel, switches, load, { postgres, temporal }, site, workers);
  }

  /** Starts everything. */
  static async start(scenario: Scenario, options: SiteOptions): Promise<BenchSite> {
    const site = await BenchSite.prepare(scenario, options);
    await site.startProduct();
    return site;
  }

  /** Starts the product, or starts it again. */
  async startProduct(): Promise<void> {
    const { postgres, temporal } = this.servers;
    const environment = {
      ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }),
      ...(temporal === undefined ? {} : { TEMPORAL_ADDRESS: temporal.address }),
    };
    const start = (role: 'all' | 'api' | 'worker', logName: string): Promise<ProductProcess> =>
      startProductProcess({ site: this.site, environment, role, logName, readyWithinMs: READY_MS });
    const workers = Array.from({ length: this.workers }, (_, n) => `worker-${n + 1}`);
    const first = await start(this.workers === 0 ? 'all' : 'api', 'first');
    this.processes = [first, ...(await Promise.all(workers.map((name) => start('worker', name))))];
    const connection = await Connection.connect({ address: this.temporalAddress });
    await this.temporalClient?.connection.close();
    this.temporalClient = { connection, client: new Client({ connection }) };
  }

  /** The process with the API. */
  get running(): ProductProcess {
    const [first] = this.processes;
    if (first === undefined) throw new Error('the product was not started');
    return first;
  }

  get temporalAddress(): string {
    return this.servers.temporal?.address ?? this.running.temporalAddress;
  }

  get client(): Client {
    if (this.temporalClient === undefined) throw new Error('the product was not started');
    return this.temporalClient.client;
  }

  /** The Temporal server's process. */
  get temporalPid(): number {
    if (this.servers.temporal !== undefined) return this.servers.temporal.pid;
    const file = join(this.site.directory, 'data', 'temporal', 'temporal-server.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { server: { pid: number } }).server.pid;
  }

  /** Sends events to the product. */
  post(events: readonly BareInput[], pace: Pace): Promise<Started> {
    return this.send(events, { webhook: this.running.apiUrl }, pace);
  }

  /** Starts as many bare workflows on the product's Temporal server, with a worker of their own. */
  async postBare(events: readonly BareInput[], pace: Pace): Promise<Started> {
    const address = this.temporalAddress;
    if (this.bareWorker === undefined) {
      this.bareWorker = await startPart<BareWorkerPart>('bareWorker');
      await this.bareWorker.ask('start', address);
    }
    return this.send(events, { temporal: address }, pace);
  }

  private send(events: readonly BareInput[], sink: Sink, pace: Pace): Promise<Started> {
    return this.load.ask('send', events, sink, pace);
  }

  /** Counts CPU time from now on. */
  meter(): Meter {
    return new Meter(() => ({
      [PRODUCT]: this.processes.map(({ pid }) => pid),
      [TEMPORAL]: [this.temporalPid],
      ...(this.servers.postgres === undefined ? {} : { [POSTGRES]: [this.servers.postgres.pid] }),
      ...(this.bareWorker === undefined ? {} : { [BARE]: [this.bareWorker.pid] }),
      "the lab's panel": [this.panel.pid],
      "the lab's switches": [this.switches.pid],
      'the load': [this.load.pid],
    }));
  }

  /** Milliseconds to panel and switches and back, from now on. */
  async delay(rttMs: number): Promise<void> {
    await Promise.all([this.panel.ask('delay', rttMs), this.switches.ask('delay', rttMs)]);
  }

  async close(): Promise<void> {
    await this.temporalClient?.connection.close();
    await this.bareWorker?.stop();
    await Promise.all(this.processes.map((one) => one.stop()));
    await Promise.all([this.panel.stop(), this.switches.stop(), this.load.stop()]);
    await this.servers.temporal?.stop();
    await this.servers.postgres?.stop();
    rmSync(this.site.directory, { recursive: true, force: true });
  }
}
