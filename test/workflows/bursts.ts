import { SIGNALS } from '../../src/protocol/names';
import type { EnlistRequest } from '../../src/protocol/requests';
import type { PortName } from '../../src/domain/values/port';
import { port } from '../activities/fakes/values';
import { addDedicated, addressOf } from './siteWorld';
import type { Site } from './workflowServer';

/** An address of {@link addDedicated}'s is assigned. */
export const assign = (id: number) => ({ action: 'ip_assigned', serverId: id, ip: addressOf(id) });

/** What an event asks of a coordinator for a port. */
export const request = (at: PortName, extra: Partial<EnlistRequest> = {}): EnlistRequest => ({
  port: at,
  serverIds: [],
  nodes: [],
  deletedServerIds: [],
  explainedIps: [],
  ...extra,
});

/** Waits until something holds. @throws Error with what it is, when it does not in time */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** So many events at once, on 20 ports of one device, are at most 3 commits, and each has its binding. */
export async function mergesABurst(site: Site, count: number): Promise<void> {
  site.world.device.beforeCommit = () => eventually('all events to ask', () => site.count('enlist') >= count, 60_000);
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  for (const id of ids) addDedicated(site, id, `ge-0/0/${id % 20}.0`);
  const started = await Promise.all(ids.map((id) => site.start(assign(id))));
  const results = await Promise.all(started.map((id) => site.result(id)));
  expect(results.every((result) => result.status === 'applied' || result.status === 'unchanged')).toBe(true);
  expect([...site.world.device.actual.values()].flat()).toHaveLength(count);
  expect(site.count('commitToSwitch')).toBeLessThanOrEqual(3);
}

/** A coordinator of a site with a short history that is asked so often, 20 times at once, goes on as a new run, and every port is looked at. */
export async function continuesAsNewUnderLoad(site: Site, signals: number): Promise<void> {
  const ids = Array.from({ length: 40 }, (_, i) => i + 1);
  for (const id of ids) addDedicated(site, id);
  await site.startCoordinator();
  const first = (await site.coordinator.describe()).runId;
  const events = await Promise.all(ids.slice(0, 20).map((id) => site.start(assign(id))));
  for (let i = 0; i < signals; i += 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_, j) =>
        site.coordinator.signal(SIGNALS.enlist, [
          request(port(`ge-0/0/${((i + j) % 20) + 21}.0`), { waiter: `nobody-${i + j}` }),
        ]),
      ),
    );
  }
  const results = await Promise.all(events.map((id) => site.result(id)));
  expect(new Set(results.map((result) => result.status))).toEqual(new Set(['applied']));
  await site.until((state) => state.pending.length === 0 && state.running === undefined);
  expect((await site.coordinator.describe()).runId).not.toBe(first);
  for (const id of ids.slice(20)) addDedicated(site, id);
  const looked = new Set((await site.state()).lastOutcomes.map((outcome) => outcome.port));
  for (const id of ids) expect(looked).toContain(`ge-0/0/${id}.0`);
}
