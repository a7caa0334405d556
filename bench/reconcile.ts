import { readCommittedSet } from '../lab/demo/readSwitch';
import { bringUpToDate } from './applyAll';
import { cpuLines, type Measurement } from './cases';
import { cpuBetween } from './cpuTime';
import type { FleetSize } from '../lab/scenarios/fleet';
import { BenchRun, percentile } from './run';

const PORTS_OF_LARGE = 480;
const SERVERS_OF_MANY = 5;
const TIMES = 5;
const TASK_QUEUE = 'portwarden';
const SITE = 'fleet';

/** What it costs to compare a large device with what it shall have, and many devices, beside reading them alone. */
export async function reconcile(ports = PORTS_OF_LARGE, devices = 200): Promise<Measurement[]> {
  return [...(await oneDevice(ports)), ...(await manyDevices(devices))];
}

/** One device full of servers whose ports are as they should be. */
async function oneDevice(ports: number): Promise<Measurement[]> {
  const what = `reconcile of a device of ${ports} ports`;
  const run = await started({ switches: 1, serversPerSwitch: ports });
  try {
    const reads: number[] = [];
    for (let turn = 0; turn < TIMES; turn += 1) reads.push(await timed(() => readBare(run, 1)));
    const before = run.cpuTime();
    const taken: number[] = [];
    for (let turn = 0; turn < TIMES; turn += 1) taken.push(await timed(() => reconciled(run, [1], turn)));
    const cpu = cpuBetween(before, run.cpuTime());
    return [
      {
        what: `${what} (median)`,
        value: percentile(taken, 50),
        unit: 'ms',
        against: { what: 'reading it alone', value: percentile(reads, 50) },
      },
      { what: `${what}: CPU of the product`, value: cpu.product / TIMES, unit: 's' },
    ];
  } finally {
    await run.close();
  }
}

/** Many devices at the same time, once. */
async function manyDevices(devices: number): Promise<Measurement[]> {
  const what = `reconcile of ${devices} devices at once`;
  const run = await started({ switches: devices, serversPerSwitch: SERVERS_OF_MANY });
  try {
    const ids = Array.from({ length: devices }, (_, index) => index + 1);
    const bare = await timed(() => Promise.all(ids.map((id) => readBare(run, id))));
    const before = run.cpuTime();
    const taken = await timed(() => reconciled(run, ids, 0));
    return [
      { what, value: taken, unit: 'ms', against: { what: 'reading them alone', value: bare } },
      ...cpuLines(what, cpuBetween(before, run.cpuTime())),
    ];
  } finally {
    await run.close();
  }
}

/**
 * A product that knows every server where it is. The switches have their bindings from the start: to bind them by an event each
 * takes longer than all that is measured here. Apply All looks at each port, and remembers what it saw.
 */
async function started(size: FleetSize): Promise<BenchRun> {
  const devices = Array.from({ length: size.switches }, (_, index) => `junos:${index + 1}`);
  const run = await BenchRun.start({ ...size, isBound: true }, 200, { sites: { [SITE]: { devices } } });
  try {
    await bringUpToDate(run, SITE, size.switches * size.serversPerSwitch);
    return run;
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** @throws Error when a reconcile did not see all ports as they should be. */
async function reconciled(run: BenchRun, ids: readonly number[], turn: number): Promise<void> {
  await Promise.all(
    ids.map(async (id) => {
      const found = (await run.client.workflow.execute('reconcile', {
        ...{ workflowId: `bench-reconcile-${id}-${turn}`, taskQueue: TASK_QUEUE },
        args: [{ device: `junos:${id}` }],
      })) as { readonly summary: string; readonly ports?: number; readonly drift?: object };
      if (found.ports !== run.size.serversPerSwitch || found.drift !== undefined) throw new Error(found.summary);
    }),
  );
}

async function readBare(run: BenchRun, id: number): Promise<void> {
  const { host = '', port = 0 } = run.world.switches.get(id) ?? {};
  await readCommittedSet({ host, port, username: 'portwarden', password: `lab-secret-${id}` });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
