import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startProductProcess, type ProductProcess } from '../lab/productProcess';
import { fleetScenario, fleetServerId, type FleetSize } from '../lab/scenarios/fleet';
import { writeSite } from '../lab/siteConfiguration';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../lab/world';
import { cpuSecondsOf, ownCpuSeconds, type CpuTime } from './cpuTime';

/** A product that runs against a generated fleet, for one benchmark. */
export class BenchRun {
  private constructor(
    readonly size: FleetSize,
    readonly world: LabWorld,
    private readonly product: ProductProcess,
    private readonly connection: Connection,
    private readonly directory: string,
  ) {}

  static async start(size: FleetSize, commitMs: number): Promise<BenchRun> {
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-'));
    const world = await startLabWorld(fleetScenario(size), { commitMs, checkMs: Math.round(commitMs / 5) });
    const site = writeSite(world, directory, {
      api: { host: '127.0.0.1', port: 0, eventsPerMinute: 1_000_000, readsPerMinute: 1_000_000 },
    });
    const product = await startProductProcess({ site, readyWithinMs: 120_000 });
    return new BenchRun(
      size,
      world,
      product,
      await Connection.connect({ address: product.temporalAddress }),
      directory,
    );
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
        const response = await fetch(`${this.product.apiUrl}/api/port-security/event`, {
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

  /** CPU time used so far. */
  cpuTime(): CpuTime {
    const record = JSON.parse(
      readFileSync(join(this.directory, 'data', 'temporal', 'temporal-server.json'), 'utf8'),
    ) as { server: { pid: number } };
    return { product: cpuSecondsOf(this.product.pid), temporal: cpuSecondsOf(record.server.pid), lab: ownCpuSeconds() };
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
    await this.product.stop();
    await this.world.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The p-th percentile (0 to 100) of some numbers. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? Number.NaN;
}
