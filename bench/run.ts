import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startProductProcess, type ProductProcess } from '../lab/productProcess';
import { fleetScenario, fleetServerId, type FleetSize } from '../lab/scenarios/fleet';
import { writeSite, type Site } from '../lab/siteConfiguration';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../lab/world';
import { startPostgres } from '../test/store/postgresServer';
import { startTemporalForTests } from '../test/servers/temporal';
import { cpuSecondsOf, forgetPeakMemoryOf, ownCpuSeconds, peakMemoryOf, type CpuTime } from './cpuTime';

/** The processes of the product, and how they are ended with the servers that only they use. */
interface Running {
  readonly api: ProductProcess;
  /** The same process as the API's where one is everything. */
  readonly worker: ProductProcess;
  readonly temporalPid: () => number;
  readonly temporalAddress: string;
  stop(): Promise<void>;
}

/** What a run may have otherwise. */
export interface BenchOptions {
  /** The section `sites` of the configuration. */
  readonly sites?: Readonly<Record<string, { readonly devices: readonly string[] }>>;
  /** API and worker in processes of their own, with a PostgreSQL and a Temporal server, as a large site has them. */
  readonly isApart?: boolean;
}

/** A product that runs against a generated fleet, for one benchmark. */
export class BenchRun {
  private constructor(
    readonly size: FleetSize,
    readonly world: LabWorld,
    private readonly running: Running,
    private readonly connection: Connection,
    private readonly directory: string,
  ) {}

  static async start(size: FleetSize, commitMs: number, options: BenchOptions = {}): Promise<BenchRun> {
    const { sites = {}, isApart = false } = options;
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-'));
    const world = await startLabWorld(fleetScenario(size), { commitMs, checkMs: Math.round(commitMs / 5) });
    const site = writeSite(world, directory, {
      api: { host: '127.0.0.1', port: 0, eventsPerMinute: 1_000_000, readsPerMinute: 1_000_000 },
      ...(Object.keys(sites).length === 0 ? {} : { sites }),
    });
    const running = await (isApart ? startApart(site) : startTogether(site));
    const connection = await Connection.connect({ address: running.temporalAddress });
    return new BenchRun(size, world, running, connection, directory);
  }

  get client(): Client {
    return new Client({ connection: this.connection });
  }

  /** Posts one event per pair of indices, some at a time. @returns the workflow ids and the milliseconds each answer took. */
  async post(
    targets: readonly { readonly switchIndex: number; readonly serverIndex: number }[],
    atOnce = 16,
  ): Promise<{ ids: string[]; answerMs: number[] }> {
    const ids: string[] = [];
    const answerMs: number[] = [];
    const waiting = [...targets];
    const worker = async (): Promise<void> => {
      for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
        const started = performance.now();
        const response = await fetch(`${this.running.api.apiUrl}/api/port-security/event`, {
          method: 'POST',
          headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            action: 'ip_assigned',
            serverId: fleetServerId(this.size, target.switchIndex, target.serverIndex),
          }),
        });
        if (response.status !== 202) throw new Error(`the API answered ${response.status}`);
        ids.push(((await response.json()) as { workflowId: string }).workflowId);
        answerMs.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return { ids, answerMs };
  }

  /** Asks the API. @param said goes along as JSON. @throws Error when the answer is no success. */
  async ask<T>(path: string, said?: object): Promise<T> {
    const response = await fetch(`${this.running.api.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
      ...(said === undefined ? {} : { method: 'POST', body: JSON.stringify(said) }),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** The most resident memory that the worker's process has had since it was last forgotten, in MiB. */
  peakMemory(): number {
    return peakMemoryOf(this.running.worker.pid);
  }

  /** Peak memory counts from now on. */
  forgetPeakMemory(): void {
    forgetPeakMemoryOf(this.running.worker.pid);
  }

  /** CPU time used so far. */
  cpuTime(): CpuTime {
    const { api, worker, temporalPid } = this.running;
    const product = [...new Set([api.pid, worker.pid])].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    return { product, temporal: cpuSecondsOf(temporalPid()), lab: ownCpuSeconds() };
  }

  /** Waits until no event runs any more. */
  async settle(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { count } = await this.client.workflow.count(
        `WorkflowType = 'portSecurityEvent' AND ExecutionStatus = 'Running'`,
      );
      if (count === 0) return;
      if (Date.now() > deadline) throw new Error(`${count} events still run`);
    }
  }

  /** Lengths of all histories of a workflow type, in events. */
  async historyLengths(type: string, most = 500): Promise<number[]> {
    const lengths: number[] = [];
    for await (const workflow of this.client.workflow.list({ query: `WorkflowType = '${type}'` })) {
      lengths.push(await this.historyLength(workflow.workflowId, workflow.runId, workflow.historyLength));
      if (lengths.length >= most) break;
    }
    return lengths;
  }

  /** The list says 0 of a workflow that still runs; then the workflow itself is asked. */
  private async historyLength(workflowId: string, runId: string, listed: number | undefined): Promise<number> {
    if (listed !== undefined && listed > 0) return listed;
    return (await this.client.workflow.getHandle(workflowId, runId).describe()).historyLength;
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.running.stop();
    await this.world.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One process with everything in it, as `npm start` starts it. */
async function startTogether(site: Site): Promise<Running> {
  const product = await startProductProcess({ site, readyWithinMs: 120_000 });
  const record = JSON.parse(readFileSync(join(site.directory, 'data', 'temporal', 'temporal-server.json'), 'utf8')) as {
    server: { pid: number };
  };
  return {
    api: product,
    worker: product,
    temporalPid: () => record.server.pid,
    temporalAddress: product.temporalAddress,
    stop: () => product.stop(),
  };
}

async function startApart(site: Site): Promise<Running> {
  const postgres = await startPostgres();
  const temporal = await startTemporalForTests({ dbFile: join(site.directory, 'temporal.db') });
  // As the image of portwarden sets it.
  const environment = { DATABASE_URL: postgres.url, TEMPORAL_ADDRESS: temporal.address, MALLOC_ARENA_MAX: '2' };
  const start = (role: 'api' | 'worker'): Promise<ProductProcess> =>
    startProductProcess({ site, role, environment, readyWithinMs: 120_000 });
  const [api, worker] = await Promise.all([start('api'), start('worker')]);
  return {
    api,
    worker,
    temporalPid: () => temporal.pid() ?? Number.NaN,
    temporalAddress: temporal.address,
    async stop() {
      await Promise.all([api.stop(), worker.stop()]);
      await temporal.stop();
      await postgres.stop();
    },
  };
}

/** The p-th percentile (0 to 100) of some numbers. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? Number.NaN;
}
