import { randomUUID } from 'node:crypto';
import type { PortName } from '../../src/domain/values/port';
import { DECIDE_PARKED_WORKFLOW } from '../../src/protocol/names';
import type { DecideParkedResult } from '../../src/protocol/parkedDecisions';
import { createDecisions } from '../../src/temporal/decisions';
import { statement } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, addressOf, held, macOf } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('decisions about what is parked', () => {
  let workflows: WorkflowServer;
  let site: Site;
  let at: PortName;
  const unknown = ['10.9.9.1', '10.9.9.2', '10.9.9.3'].map((address) => statement(address, macOf(1)));
  const event = { action: 'ip_assigned', serverId: 1, ip: addressOf(1) };

  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(() => workflows.stop());
  beforeEach(async () => {
    site = await workflows.startSite();
    at = addDedicated(site, 1);
    site.world.device.actual.set(at, [held(1), ...unknown]);
    await site.run(event);
  });

  const decide = (input: object): Promise<DecideParkedResult> =>
    workflows.client.workflow.execute<(asked: unknown) => Promise<DecideParkedResult>>(DECIDE_PARKED_WORKFLOW, {
      ...{ workflowId: `${DECIDE_PARKED_WORKFLOW}-${randomUUID()}`, taskQueue: site.taskQueue },
      args: [{ device: site.device, ports: [{ port: at }], author: 'ada', reason: 'moved', ...input }],
    });
  const texts = (): string[] => (site.world.device.actual.get(at) ?? []).map(({ text }) => text);
  const parked = () => site.world.store.parked.get(site.device, at);
  const says = async (): Promise<string[]> =>
    (await site.world.store.journal.list({ device: site.device, limit: 10 })).map(
      ({ status, author, summary }) => `${status} ${author ?? '-'} ${summary}`,
    );

  it('an approval carries out exactly what was seen; another fingerprint does nothing', async () => {
    const before = texts();
    expect(await decide({ verdict: 'approve', ports: [{ port: at, fingerprint: 'aaaaaaaaaaaaaaaa' }] })).toMatchObject({
      summary: '0 change(s) approved by ada, 1 refused',
      ports: [{ port: at, refused: 'what waits there is another change by now: look at it again' }],
    });
    expect(texts()).toEqual(before);
    const fingerprint = (await parked())?.fingerprint;
    expect(await decide({ verdict: 'approve', ports: [{ port: at, fingerprint }] })).toMatchObject({
      summary: '1 change(s) approved by ada',
      ports: [{ port: at, outcome: { status: 'applied' } }],
    });
    expect(texts()).toEqual([held(1).text]);
    expect(await parked()).toBeUndefined();
    expect(await says()).toContainEqual(expect.stringMatching(/^unchanged ada ada approves what waits: - 10\.9\.9\.1/));
  });

  it('a rejection drops it, says who did, and leaves the port; nothing that waits is said to be', async () => {
    const before = texts();
    expect(await decide({ verdict: 'reject' })).toMatchObject({
      summary: '1 change(s) rejected by ada',
      ports: [{ port: at, outcome: { status: 'skipped', summary: 'ada rejected the parked change' } }],
    });
    expect([texts(), await parked()]).toEqual([before, undefined]);
    expect(await says()).toContainEqual(expect.stringMatching(/^skipped ada ada rejected the parked change/));
    expect(await decide({ verdict: 'reject' })).toMatchObject({
      ports: [{ port: at, refused: 'nothing waits for a person there' }],
    });
  });

  it('what became another change between the decision and the pass stays, and is said to', async () => {
    const { device, world, taskQueue } = site;
    const seen = await parked();
    const decisions = createDecisions(workflows.client, taskQueue);
    // What is approved is named by its fingerprint, so that a fourth binding is no part of it.
    world.device.actual.set(at, [held(1), ...unknown, statement('10.9.9.4', macOf(1))]);
    const input = { verdict: 'approve' as const, device, author: 'ada', reason: 'moved' };
    const ports = [{ port: at, ...(seen === undefined ? {} : { fingerprint: seen.fingerprint }) }];
    const { workflowId } = await decisions.decideParked({ ...input, ports });
    const result = (await workflows.client.workflow.getHandle(workflowId).result()) as DecideParkedResult;
    expect(result.ports).toMatchObject([{ port: at, outcome: { status: 'unchanged' } }]);
    expect(texts()).toHaveLength(5);
    expect((await parked())?.removed).toHaveLength(4);
  });

  it('one with a key is started once, in every process; the same key with another decision is refused', async () => {
    const decisions = createDecisions(workflows.client, site.taskQueue);
    const input = { device: site.device, ports: [{ port: at }], author: 'ada', reason: 'moved' };
    const key = randomUUID();
    const first = await decisions.decideParked({ verdict: 'reject', ...input }, key);
    expect(first).toMatchObject({ alreadyStarted: false });
    const other = createDecisions(workflows.client, site.taskQueue);
    expect(await other.decideParked({ verdict: 'reject', ...input }, key)).toEqual({ ...first, alreadyStarted: true });
    await expect(decisions.decideParked({ verdict: 'approve', ...input }, key)).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    await workflows.client.workflow.getHandle(first.workflowId).result();
    expect(await decisions.status(first.workflowId)).toMatchObject({ state: 'completed' });
  });
});
