import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ApplicationFailure, type WorkflowFailedError } from '@temporalio/client';
import { PortwardenError } from '../../src/domain/errors';
import { EVENT_WORKFLOW, QUERIES, SIGNALS } from '../../src/protocol/names';
import type { EventResult } from '../../src/protocol/events';
import { attachment, server } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, addressOf, addVm, bound, guestMac, held, macOf } from './siteWorld';
import { tctl } from './tctl';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('an event, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  let site: Site;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const failureOf = async (run: Promise<unknown>): Promise<ApplicationFailure> => {
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown as WorkflowFailedError,
    );
    if (!(error?.cause instanceof ApplicationFailure)) throw new Error(`not failed as expected: ${String(error)}`);
    return error.cause;
  };

  describe('that goes well', () => {
    beforeAll(async () => {
      site = await workflows.startSite();
    });

    it('binds the address of a dedicated server and reports what changed', async () => {
      const at = addDedicated(site, 101);
      const result = await site.run({ action: 'ip_assigned', serverId: 101, ip: addressOf(101) });
      expect(result).toMatchObject({
        action: 'ip_assigned',
        serverId: 101,
        status: 'applied',
        ports: [{ device: site.device, port: at, status: 'applied', added: [held(101)], journalId: 'j1' }],
      });
      expect(site.world.device.actual.get(at)).toEqual([held(101)]);
    });

    it("binds every guest of a VM's node on its uplink", async () => {
      addVm(site, 301);
      const at = addVm(site, 302);
      const result = await site.run({ action: 'ip_assigned', serverId: 301, ip: addressOf(301) });
      expect(result).toMatchObject({
        status: 'applied',
        ports: [{ port: at, added: [held(301, guestMac(3010)), held(302, guestMac(3020))] }],
      });
    });

    it('runs the activities under their names, in the order of the mission', () => {
      const first = [...new Set(site.calls)];
      expect(
        first
          .filter((name) =>
            ['fetchServerIps', 'findProxmoxNode', 'gatherVmMacs', 'filterByVlan', 'commitToSwitch'].includes(name),
          )
          .sort(),
      ).toEqual(['commitToSwitch', 'fetchServerIps', 'filterByVlan', 'findProxmoxNode', 'gatherVmMacs']);
    });

    it('recomputes the node without a deleted VM, its neighbours keep theirs', async () => {
      site.world.panel.servers.delete(server(302));
      site.world.cluster.nodes.set(
        'pve1',
        (site.world.cluster.nodes.get('pve1') ?? []).filter((guest) => guest.vmid !== 3020),
      );
      const result = await site.run({ action: 'server_deleted', serverId: 302 });
      expect(result).toMatchObject({ status: 'applied', ports: [{ removed: [held(302, guestMac(3020))], added: [] }] });
      expect(site.world.store.placed.has(server(302))).toBe(false);
      expect(site.world.store.placed.has(server(301))).toBe(true);
    });

    it('wipes the port of a deleted dedicated server, from the stored placement', async () => {
      const at = addDedicated(site, 102);
      await site.run({ action: 'ip_assigned', serverId: 102, ip: addressOf(102) });
      site.world.panel.servers.delete(server(102));
      const result = await site.run({ action: 'server_deleted', serverId: 102 });
      expect(result).toMatchObject({ status: 'applied', ports: [{ port: at, removed: [held(102)] }] });
      expect(bound(site, at)).toEqual([]);
    });

    it('is unchanged when it comes again', async () => {
      const result = await site.run({ action: 'ip_assigned', serverId: '101', ips: [addressOf(101)] });
      expect(result).toMatchObject({ status: 'unchanged', ips: [addressOf(101)], ports: [{ status: 'unchanged' }] });
    });

    it('binds at the new port of a server that moved before it unbinds at the one that it left', async () => {
      const before = addDedicated(site, 103);
      await site.run({ action: 'ip_assigned', serverId: 103, ip: addressOf(103) });
      const after = addDedicated(site, 103, 'ge-0/0/203.0');
      let together = 0;
      site.world.device.beforeCommit = async () => {
        if (bound(site, before).length + bound(site, after).length === 0) together += 1;
      };
      const result = await site.run({ action: 'ip_assigned', serverId: 103, ip: addressOf(103) });
      expect(result.status).toBe('applied');
      expect(result.ports.map((outcome) => outcome.port)).toEqual([after, before]);
      expect(together).toBe(0);
      expect([bound(site, before), bound(site, after)]).toEqual([[], [addressOf(103)]]);
    });

    it('can be found by server, action, device and port', async () => {
      const id = await site.start({ action: 'ip_assigned', serverId: 101, ip: addressOf(101) });
      await site.result(id);
      const { typedSearchAttributes } = await workflows.client.workflow.getHandle(id).describe();
      expect(
        Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])),
      ).toMatchObject({ ServerId: '101', Action: 'ip_assigned', Device: site.device, Port: 'ge-0/0/101.0' });
    });
  });

  describe('whose requirements do not hold', () => {
    beforeAll(async () => {
      site = await workflows.startSite();
    });

    const without = (id: number, attachments: ReturnType<typeof attachment>[]): void => {
      addDedicated(site, id);
      const found = site.world.panel.servers.get(server(id));
      if (found !== undefined) site.world.panel.add({ ...found, attachments });
    };

    it.each([
      ['switch-connection', 201, () => []],
      ['switch-automation', 202, () => [attachment(site.device, 'ge-0/0/202.0', { automated: false })]],
      ['switch-credentials', 203, () => [attachment(site.device, 'ge-0/0/203.0', { manageable: false })]],
      ['switch-connection', 204, () => [attachment(site.device, undefined)]],
    ])('is skipped and names %s', async (requirement, id, attachments) => {
      without(id, attachments());
      expect(await site.run({ action: 'ip_assigned', serverId: id, ip: addressOf(id) })).toMatchObject({
        status: 'skipped',
        requirement,
        ports: [],
      });
      expect(site.count('enlist')).toBe(0);
      expect(site.world.store.stands).toContainEqual(
        expect.objectContaining({ list: 'unautomated', serverId: id, rule: requirement }),
      );
    });

    it('is skipped when nothing is known of the server', async () => {
      expect(await site.run({ action: 'server_deleted', serverId: 999 })).toMatchObject({
        status: 'skipped',
        ports: [],
        summary: expect.stringContaining('nothing to change') as unknown,
      });
    });
  });

  describe('that is not valid', () => {
    beforeAll(async () => {
      site = await workflows.startSite();
    });

    it.each([
      ['serverId', { action: 'ip_assigned', serverId: 0, ip: '10.0.48.1' }],
      ['action', { action: 'explode', serverId: 1 }],
      ['ip', { action: 'ip_assigned', serverId: 1, ip: '10.0.48.1/24' }],
      ['ips[1]', { action: 'ip_removed', serverId: 1, ips: ['10.0.48.1', 7] }],
      ['body', 'ip_assigned'],
      ['body', undefined],
    ])('fails at once and names %s', async (field, input) => {
      const failure = await failureOf(site.run(input));
      expect([failure.type, failure.nonRetryable]).toEqual(['invalid-event', true]);
      expect(failure.message.startsWith(`${field} must be`)).toBe(true);
      expect(site.calls).toEqual([]);
    });
  });

  describe('whose sources fail', () => {
    it('fails with the code and the remedy when waiting does not help', async () => {
      site = await workflows.startSite();
      site.world.panel.fail('getServer', new PortwardenError('panel-unauthorized', 'The panel answers 401'));
      const failure = await failureOf(site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.1' }));
      expect([failure.type, failure.message]).toEqual([
        'panel-unauthorized',
        'The panel answers 401 Renew TENANTOS_API_KEY.',
      ]);
      expect(site.count('fetchServerIps')).toBe(1);
    });

    it('falls back to a regular activity when the quick one fails, and goes on when the source returns', async () => {
      site = await workflows.startSite();
      const at = addDedicated(site, 1);
      site.world.panel.fail('getServer', new PortwardenError('panel-failed', 'HTTP 500'));
      const id = await site.start({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) });
      const end = Date.now() + 15_000;
      while (site.count('fetchServerIps') < 2 && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 50));
      site.world.panel.mend();
      expect(await site.result(id)).toMatchObject({ status: 'applied' });
      expect(bound(site, at)).toEqual([addressOf(1)]);
      const { events } = await workflows.client.workflow.getHandle(id).fetchHistory();
      expect(
        (events ?? []).filter(
          (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'fetchServerIps',
        ),
      ).toHaveLength(1);
    });

    it('falls back to a regular activity when the quick one is slow', async () => {
      let slow = true;
      site = await workflows.startSite({
        wrap: (own) => ({
          fetchServerIps: async (input) => {
            if (slow) {
              slow = false;
              await new Promise((resolve) => setTimeout(resolve, 7_000));
            }
            return own.fetchServerIps(input);
          },
        }),
      });
      addDedicated(site, 1);
      expect(await site.run({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) })).toMatchObject({
        status: 'applied',
      });
    });

    it('outlasts a source that stays away longer than an activity is tried, and says so', async () => {
      site = await workflows.startSite();
      addDedicated(site, 1);
      site.world.panel.fail('getServer', new PortwardenError('panel-unreachable', 'no route'));
      const id = await site.start({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) });
      const handle = workflows.client.workflow.getHandle(id);
      const end = Date.now() + 40_000;
      let status = '';
      while (!status.startsWith('Waiting: panel-unreachable') && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        status = await handle.query<string>(QUERIES.status);
      }
      expect(status).toMatch(/^Waiting: panel-unreachable: no route Next try at 20/);
      site.world.panel.mend();
      expect(await site.result(id)).toMatchObject({ status: 'applied' });
    });
  });

  it('is not stopped by signals that are not what they should be', async () => {
    site = await workflows.startSite({ wrap: () => ({ notifyWaiters: async () => undefined }) });
    const at = addDedicated(site, 1);
    const id = await site.start({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) });
    const handle = workflows.client.workflow.getHandle(id);
    for (const message of [
      null,
      7,
      'applied',
      [],
      {},
      { device: 'x', port: 'y' },
      { device: site.device, port: at, status: 'fine', summary: '' },
    ]) {
      await handle.signal(SIGNALS.portOutcome, message);
      await handle.signal(SIGNALS.portProgress, message);
    }
    await handle.signal(SIGNALS.portProgress, { device: site.device, port: at, message: 'by hand' });
    expect(await handle.query(QUERIES.status)).toBe('by hand');
    await handle.signal(SIGNALS.portOutcome, {
      device: site.device,
      port: at,
      status: 'applied',
      summary: 'told by hand',
    });
    expect(await site.result(id)).toMatchObject({
      status: 'applied',
      summary: `${site.device} ${at}: told by hand`,
      ports: [{ added: [], excluded: [] }],
    });
  });

  describe('started by hand', () => {
    const run = promisify(execFile);
    beforeAll(async () => {
      site = await workflows.startSite();
      addDedicated(site, 101);
    });
    const event = JSON.stringify({ action: 'ip_assigned', serverId: 101, ip: addressOf(101) });

    it('with the Temporal CLI', async () => {
      const { address, cliPath } = workflows.temporal;
      await run(cliPath, [
        'workflow',
        'start',
        '--address',
        address,
        '--type',
        EVENT_WORKFLOW,
        '--task-queue',
        site.taskQueue,
        '--workflow-id',
        `${site.taskQueue}-cli`,
        '--input',
        event,
      ]);
      expect(await site.result(`${site.taskQueue}-cli`)).toMatchObject({
        status: 'applied',
        ports: [{ added: [{ mac: macOf(101) }] }],
      });
    });

    it('with the Temporal CLI and a mistake in it', async () => {
      const { address, cliPath } = workflows.temporal;
      await run(cliPath, [
        'workflow',
        'start',
        '--address',
        address,
        '--type',
        EVENT_WORKFLOW,
        '--task-queue',
        site.taskQueue,
        '--workflow-id',
        `${site.taskQueue}-cli-bad`,
        '--input',
        '{"action":"ip_assigned","serverId":"web-1"}',
      ]);
      expect((await failureOf(site.result(`${site.taskQueue}-cli-bad`))).message).toMatch(
        /^serverId must be a server id/,
      );
    });

    (tctl() === undefined ? it.skip : it)('with tctl', async () => {
      const workflowId = `${site.taskQueue}-tctl`;
      await run(tctl() ?? '', [
        '--address',
        workflows.temporal.address,
        '--namespace',
        workflows.temporal.namespace,
        'workflow',
        'start',
        '--taskqueue',
        site.taskQueue,
        '--workflow_type',
        EVENT_WORKFLOW,
        '--workflow_id',
        workflowId,
        '--execution_timeout',
        '60',
        '--input',
        event,
      ]);
      const result: EventResult = await site.result(workflowId);
      expect(['applied', 'unchanged']).toContain(result.status);
    });
  });
});
