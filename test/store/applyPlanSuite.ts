import { randomUUID } from 'node:crypto';
import { NO_PORT, planRow } from '../domain/applyAll/planRow';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { Scope } from '../../src/domain/values/scope';
import type { Store } from '../../src/store/store';
import { freshDevice } from './freshDevice';

/** What every engine must do for plans of Apply All. */
export function applyPlanSuite(open: () => Store): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-01-01T00:00:00.000Z') + seconds * 1_000);
  const run = (workflowId: string, plan: string) => ({
    ...{ workflowId, author: 'ada', reason: `of ${plan}\u0000` },
    startedAt: at(5).toISOString(),
  });
  const [first, second, third] = ['ge-0/0/1.0', 'ge-0/0/2.0', 'ge-0/0/3.0'].map(parsePortName);

  async function planned(device: DeviceId, seconds = 0) {
    const { applyPlans } = open();
    const scope: Scope = { kind: 'device', device };
    const id = randomUUID();
    await applyPlans.begin({ id, scope, author: 'ada' }, at(seconds));
    await applyPlans.addPorts(id, [
      planRow({ device, port: first ?? NO_PORT, status: 'change', digest: 'd1', additions: 2, seconds: 7 }),
      planRow({ device, port: second ?? NO_PORT, digest: 'd2', parked: 'a guard' }),
      planRow({ device, port: third ?? NO_PORT, status: 'skipped', outcome: 'skipped', said: 'not automated' }),
    ]);
    await applyPlans.finish(id, `hash ${id}`, ['a note\u0000']);
    return { applyPlans, scope, id };
  }

  test('plans of Apply All: are put in by pages, found by scope and hash, and summed up', async () => {
    const device = freshDevice();
    const { applyPlans, scope, id } = await planned(device);
    expect(await applyPlans.find(scope, `hash ${id}`)).toMatchObject({ id, state: 'planned', notes: ['a note\ufffd'] });
    expect(await applyPlans.find({ kind: 'all' }, `hash ${id}`)).toBeUndefined();
    expect(await applyPlans.totals(id)).toEqual({
      ports: 3,
      byStatus: { change: 1, unchanged: 1, skipped: 1 },
      byOutcome: { skipped: 1 },
      additions: 2,
      removals: 0,
      seconds: [7],
    });
    await applyPlans.addPorts(id, [planRow({ device, port: first ?? NO_PORT, digest: 'd9' })]);
    const page = await applyPlans.ports(id, { limit: 2 });
    expect(page.map(({ port, digest }) => [port, digest])).toEqual([
      [first, 'd9'],
      [second, 'd2'],
    ]);
    const after = page.at(-1);
    const rest = await applyPlans.ports(id, { limit: 2, ...(after === undefined ? {} : { after }) });
    expect(rest).toEqual([
      planRow({ device, port: third ?? NO_PORT, status: 'skipped', outcome: 'skipped', said: 'not automated' }),
    ]);
    expect((await applyPlans.ports(id, { limit: 9, notable: true })).map(({ port }) => port)).toEqual([second, third]);
  });

  test('plans of Apply All: are run once: what is open is listed, what was noted first stays, and passes learn what was planned', async () => {
    const device = freshDevice();
    const { applyPlans, id } = await planned(device);
    expect(await applyPlans.beginRun(id, run('w1', id))).toBe(true);
    expect(await applyPlans.beginRun(id, run('w1', id))).toBe(true);
    expect(await applyPlans.beginRun(id, run('w2', id))).toBe(false);
    expect(await applyPlans.devices(id, undefined, 5)).toEqual([device]);
    expect(await applyPlans.devices(id, device, 5)).toEqual([]);
    expect((await applyPlans.open(id, device, 5)).map(({ port }) => port)).toEqual([first, second]);
    await applyPlans.settle(id, [{ device, port: first ?? NO_PORT, outcome: 'applied', said: 'done' }]);
    await applyPlans.settle(id, [
      { device, port: first ?? NO_PORT, outcome: 'failed', code: 'internal', said: 'late' },
    ]);
    expect((await applyPlans.totals(id)).byOutcome).toEqual({ applied: 1, skipped: 1 });
    expect(await applyPlans.expectation(id, device, [first ?? NO_PORT])).toEqual({
      state: 'running',
      digests: new Map([[first, 'd1']]),
    });
    expect(await applyPlans.expectation('another', device, [])).toBeUndefined();
    expect([...(await applyPlans.runsOf(['w1', 'w7'])).keys()]).toEqual(['w1']);
    expect(await applyPlans.setState(id, ['paused'], 'running', at(6))).toBe(false);
    expect(await applyPlans.setState(id, ['running'], 'cancelled', at(7))).toBe(true);
    expect(await applyPlans.get(id)).toMatchObject({
      state: 'cancelled',
      run: { ...run('w1', id), reason: `of ${id}\ufffd`, endedAt: at(7).toISOString() },
    });
    expect(await applyPlans.beginRun(id, run('w2', id))).toBe(true);
  });

  test('a run of Apply All that was cut off ends when another one of the same workflow begins, and old plans are forgotten', async () => {
    const device = freshDevice();
    const [one, two] = [await planned(device, 1), await planned(device, 2)];
    const workflow = `run ${device}`;
    await one.applyPlans.beginRun(one.id, run(workflow, one.id));
    await two.applyPlans.beginRun(two.id, run(workflow, two.id));
    expect((await one.applyPlans.get(one.id))?.state).toBe('cancelled');
    for (const seconds of [3, 4, 5, 6, 7, 8]) await planned(device, seconds);
    const kept = await one.applyPlans.list(one.scope, 20);
    expect(kept.map(({ id }) => id)).not.toContain(one.id);
    expect(kept.map(({ id }) => id)).toContain(two.id);
    expect(kept).toHaveLength(6);
  });
}
