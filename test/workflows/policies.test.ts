import { randomUUID } from 'node:crypto';
import type { PolicyScope } from '../../src/domain/policies/policy';
import { scopeKey } from '../../src/domain/policies/policy';
import type { NewPolicy } from '../../src/domain/policies/storedPolicy';
import { parseAllowedAddress } from '../../src/domain/policies/addressPair';
import { CHANGE_POLICY_WORKFLOW, END_POLICY_WORKFLOW, PREVIEW_POLICY_WORKFLOW } from '../../src/protocol/names';
import type { ChangePolicyResult } from '../../src/protocol/policies';
import { createPolicies, type PolicyService } from '../../src/temporal/policies';
import { PolicyExpiry } from '../../src/app/policyExpiry';
import { server } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const BY_ADA = { author: 'ada@ops1', reason: 'firewall of the customer' };

suite('port policies, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  let site: Site;
  let policies: PolicyService;
  let scope: PolicyScope;

  beforeAll(async () => {
    workflows = await startWorkflowServer();
    site = await workflows.startSite();
    policies = createPolicies(workflows.client, site.taskQueue);
    scope = { kind: 'port', device: site.device, port: addDedicated(site, 12) };
    addDedicated(site, 13);
    await site.run({ action: 'ip_assigned', serverId: 12, ip: '10.0.48.12' });
    await site.run({ action: 'ip_assigned', serverId: 13, ip: '10.0.48.13' });
  });
  afterAll(() => workflows.stop());

  const pairs: Partial<NewPolicy> = { allowedAddressPairs: [{ address: parseAllowedAddress('10.10.10.0/24') }] };
  const set = (of: PolicyScope, fields: Partial<NewPolicy>, expected?: string) =>
    policies.change({
      ...{ change: 'set', policy: { scope: of, ...BY_ADA, ...fields } },
      ...(expected === undefined ? {} : { expected }),
    });
  const result = (workflowId: string): Promise<ChangePolicyResult> =>
    workflows.client.workflow.getHandle(workflowId).result() as Promise<ChangePolicyResult>;
  const execute = (workflow: string, input: unknown, workflowId: string = randomUUID()) =>
    workflows.client.workflow.execute(workflow, { workflowId, taskQueue: site.taskQueue, args: [input] });
  const records = () => [...site.world.store.policies.records.keys()];

  it('is recorded and journaled, the port is looked at, and its outcome is told', async () => {
    const { change, workflowId } = await set(scope, pairs);
    expect(change).toMatchObject({ change: 'set', workflowId, ...BY_ADA, after: { scope, ...pairs } });
    const { summary, outcomes } = await result(workflowId);
    expect(outcomes).toMatchObject([
      { device: site.device, port: 'ge-0/0/12.0', summary: expect.any(String) as string },
    ]);
    expect(summary).toContain(`ada@ops1 set the policy of ${scopeKey(scope)}: further addresses 10.10.10.0/24`);
    expect(site.world.store.entries.filter((entry) => entry.workflowId === workflowId)).toMatchObject([
      { port: 'ge-0/0/12.0', ...BY_ADA, policies: [scopeKey(scope)], status: 'unchanged' },
    ]);
  });

  it('is changed once however often it is sent with one key, whatever became of it meanwhile', async () => {
    const of: PolicyScope = { kind: 'server', serverId: server(4711) };
    const ofThis = () => site.world.store.policies.changes({ scope: of, limit: 10 });
    const send = (fields: Partial<NewPolicy>) =>
      policies.change({ change: 'set', policy: { scope: of, ...BY_ADA, ...fields }, expected: '0' }, 'key-1');
    const [first, same] = await Promise.all([send(pairs), send(pairs)]);
    expect([first, same].map(({ alreadyStarted }) => alreadyStarted).sort()).toEqual([false, true]);
    expect({ ...same, alreadyStarted: true }).toEqual({ ...first, alreadyStarted: true });
    await policies.change({ change: 'unset', scope: of, ...BY_ADA }, 'key-2');
    expect(await send(pairs)).toEqual({ ...first, alreadyStarted: true });
    expect((await ofThis()).map(({ change }) => change)).toEqual(['unset', 'set']);
    await expect(send({ portSecurity: 'off' })).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await ofThis()).toHaveLength(2);
  });

  it('of a server and of a device concerns the ports where servers are', async () => {
    const ofServer = await result((await set({ kind: 'server', serverId: server(13) }, pairs)).workflowId);
    expect(ofServer.outcomes.map(({ port }) => port)).toEqual(['ge-0/0/13.0']);
    const ofDevice = await result((await set({ kind: 'device', device: site.device }, pairs)).workflowId);
    expect(ofDevice.outcomes.map(({ port }) => port).sort()).toEqual(['ge-0/0/12.0', 'ge-0/0/13.0']);
    const nowhere = await result((await set({ kind: 'server', serverId: server(99) }, pairs)).workflowId);
    expect(nowhere).toMatchObject({ outcomes: [], summary: expect.stringContaining('No port is known') as string });
  });

  it('of a device with more ports than a batch takes has all of them looked at', async () => {
    const large = await workflows.startSite();
    const ids = Array.from({ length: 130 }, (_, index) => index + 1);
    for (const id of ids) {
      const at = addDedicated(large, id);
      large.world.store.placed.set(server(id), {
        ...{ serverId: server(id), kind: 'dedicated', ips: [], ports: [{ device: large.device, port: at }] },
      });
    }
    const { workflowId } = await createPolicies(workflows.client, large.taskQueue).change({
      ...{ change: 'set', policy: { scope: { kind: 'device', device: large.device }, ...BY_ADA, ...pairs } },
    });
    const { outcomes, summary } = await result(workflowId);
    expect(new Set(outcomes.map(({ port }) => port)).size).toBe(130);
    expect(summary).toContain('130 port(s): 130 applied');
  });

  it('is refused in words, before anything is stored', async () => {
    const before = records();
    const refused = async (fields: Partial<NewPolicy>, expected?: string): Promise<unknown> =>
      set(scope, fields, expected).then(
        () => 'accepted',
        (error: unknown) => (error as { code?: string }).code,
      );
    expect(await refused({ ...pairs, portSecurity: 'off' })).toBe('policy-contradiction');
    expect(await refused({})).toBe('policy-empty');
    expect(await refused({ allowedAddressPairs: [{ address: parseAllowedAddress('0.0.0.0/0') }] })).toBe(
      'address-pair-too-wide',
    );
    expect(await refused({ portSecurity: 'off', expiresAt: '2026-01-01T00:00:00.000Z' })).toBe('policy-expired');
    expect(await refused({ securityGroups: ['web'] })).toBe('policy-unsupported');
    expect(await refused(pairs, '77')).toBe('policy-changed');
    expect(records()).toEqual(before);
  });

  it('that is unset has its ports looked at again', async () => {
    const before = site.world.store.policies.done.length;
    const { workflowId } = await policies.change({ change: 'unset', scope, author: 'bob', reason: 'done' });
    expect((await result(workflowId)).outcomes).toHaveLength(1);
    expect(site.world.store.policies.done.slice(before)).toMatchObject([{ change: 'unset', author: 'bob' }]);
    await expect(policies.change({ change: 'unset', scope, author: 'bob', reason: 'x' })).rejects.toMatchObject({
      code: 'policy-missing',
    });
  });

  it('whose time is over ends once, though two workers look for such all the time, and its port is looked at', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { change, workflowId } = await set(scope, { portSecurity: 'off', expiresAt });
    const version = change?.version ?? '';
    await result(workflowId);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(expiresAt) - Date.now() + 5)));
    const batches = (await site.state()).batches;
    const { store, log } = site.world;
    const workers = [1, 2].map(() => {
      const service = createPolicies(workflows.client, site.taskQueue);
      return new PolicyExpiry({ store, service, log, everyMs: 20 });
    });
    while (records().includes(scopeKey(scope))) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(workers.map((worker) => worker.stop()));
    const ended = await result(`${END_POLICY_WORKFLOW}-${version}`);
    expect(ended).toMatchObject({ change: { change: 'end', ...BY_ADA }, outcomes: [{ port: 'ge-0/0/12.0' }] });
    await policies.end({ scope, version });
    expect(await result(`${END_POLICY_WORKFLOW}-${version}`)).toMatchObject({ change: { change: 'end' } });
    const ends = site.world.store.policies.done.filter(({ change: made }) => made === 'end');
    expect(ends).toHaveLength(1);
    expect((await site.state()).batches).toBeGreaterThan(batches);
    expect(records()).not.toContain(scopeKey(scope));
  });

  it('goes on when the store is away for a moment', async () => {
    site.world.store.break('policies');
    const calls = () => site.count('findPolicyPorts') + site.count('recordPolicyChange');
    const before = calls();
    const given = set(scope, pairs);
    while (calls() < before + 3) await new Promise((resolve) => setTimeout(resolve, 50));
    site.world.store.mend('policies');
    expect((await result((await given).workflowId)).change?.change).toBe('set');
  });

  it('is previewed with the policy as proposed, and nothing is stored', async () => {
    const before = site.world.store.policies.done.length;
    const shown = await policies.preview({
      proposed: { change: 'set', policy: { scope, ...BY_ADA, portSecurity: 'off' } },
      form: 'difference',
    });
    expect(shown.devices).toMatchObject([{ device: site.device, ports: [{ port: 'ge-0/0/12.0' }] }]);
    expect(site.world.store.policies.done).toHaveLength(before);
  });

  it.each([
    [CHANGE_POLICY_WORKFLOW, { change: 'set', server: 1, portSecurity: 'maybe', ...BY_ADA }],
    [CHANGE_POLICY_WORKFLOW, { change: 'set', portSecurity: 'off', ...BY_ADA }],
    [CHANGE_POLICY_WORKFLOW, 'off'],
    [END_POLICY_WORKFLOW, { server: 1 }],
    [PREVIEW_POLICY_WORKFLOW, { change: 'drop', server: 1 }],
  ])('%s started by hand with %j is refused as a wrong request', async (workflow, input) => {
    await expect(execute(workflow, input)).rejects.toMatchObject({ cause: { type: 'invalid-request' } });
  });

  it('is set by hand from the command line of Temporal', async () => {
    const input = { change: 'set', server: 13, allowedAddressPairs: [{ address: '10.10.10.11/24' }], ...BY_ADA };
    await expect(execute(CHANGE_POLICY_WORKFLOW, input)).rejects.toMatchObject({
      cause: { type: 'address-pair-ambiguous', message: expect.stringContaining('10.10.10.0/24') as string },
    });
    const made = (await execute(CHANGE_POLICY_WORKFLOW, { ...input, as: 'host' })) as ChangePolicyResult;
    expect(made.change?.after?.allowedAddressPairs).toEqual([{ address: '10.10.10.11' }]);
  });
});
