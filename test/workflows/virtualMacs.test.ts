import { randomUUID } from 'node:crypto';
import { ASSIGN_VIRTUAL_MAC_WORKFLOW, REVOKE_VIRTUAL_MAC_WORKFLOW } from '../../src/protocol/names';
import { createVirtualMacOperations, type VirtualMacOperations } from '../../src/temporal/virtualMacs';
import { assigned, attachment, ip, mac, server, vlan } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { macOf } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const FURTHER = ip('10.9.0.6');

suite('virtual MACs, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  let site: Site;
  let operations: VirtualMacOperations;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
    site = await workflows.startSite();
    operations = createVirtualMacOperations(workflows.client, site.taskQueue);
    site.world.panel.add({
      serverId: server(12),
      name: 'web-1',
      kind: 'dedicated',
      ips: [assigned('10.9.0.5'), assigned(FURTHER, { primary: false })],
      attachments: [attachment(site.device, 'ge-0/0/1.0')],
      pxeMac: mac(macOf(12)),
    });
    for (const address of [ip('10.9.0.5'), FURTHER]) site.world.panel.vlans.set(address, vlan(13));
    await site.run({ action: 'ip_assigned', serverId: 12, ip: FURTHER });
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const boundTo = (): (string | undefined)[] =>
    [...site.world.device.actual.values()].flat().flatMap((one) => (one.ip === FURTHER ? [one.mac] : []));
  const settled = async (batches: number): Promise<void> => {
    await site.until((state) => state.batches >= batches && state.pending.length === 0 && state.running === undefined);
  };

  it('a person assigns one: it replaces the binding in one commit; revoked, the policy rules again', async () => {
    expect(boundTo()).toEqual([macOf(12)]);
    const before = await site.state();
    const { virtualMac, ports } = await operations.assign({ server: server(12), ip: FURTHER, by: 'ann' });
    expect(ports).toEqual([{ device: site.device, port: 'ge-0/0/1.0' }]);
    await settled(before.batches + 1);
    expect([boundTo(), site.world.device.commits]).toEqual([[virtualMac.mac], 2]);
    expect(site.world.store.virtualMacs.rows).toMatchObject([{ state: 'active', mac: virtualMac.mac }]);
    await operations.revoke({ mac: virtualMac.mac, by: 'ann', reason: 'leaked' });
    await settled(before.batches + 2);
    expect([boundTo(), site.world.device.commits]).toEqual([[macOf(12)], 3]);
    expect(site.world.store.virtualMacs.rows).toMatchObject([{ state: 'revoked', reason: 'leaked', places: [] }]);
    expect(
      site.world.store.virtualMacs.happened.map(({ action, by, workflowId }) => [action, by, workflowId.split('-')[0]]),
    ).toEqual([
      ['allocated', 'ann', 'assignVirtualMac'],
      ['activated', undefined, `device:${site.device}`],
      ['revoked', 'ann', 'revokeVirtualMac'],
      ['unbound', undefined, `device:${site.device}`],
    ]);
  });

  it('goes on when the panel or the store is away for a moment', async () => {
    site.world.store.break('virtualMacs');
    const given = operations.assign({ server: server(12), ip: FURTHER });
    while (site.count('assignVirtualMac') < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    site.world.store.mend('virtualMacs');
    expect((await given).virtualMac.state).toBe('pending');
  });

  it('what is refused fails with its code', async () => {
    await expect(operations.assign({ server: server(12), ip: ip('10.9.0.5') })).rejects.toMatchObject({
      code: 'virtual-mac-refused',
    });
    await expect(operations.revoke({ mac: mac('02:00:00:00:00:99') })).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    [ASSIGN_VIRTUAL_MAC_WORKFLOW, { server: 12 }],
    [REVOKE_VIRTUAL_MAC_WORKFLOW, { mac: '00:50:56:00:00:01' }],
    [REVOKE_VIRTUAL_MAC_WORKFLOW, 'all'],
  ])('%s started by hand with %j is refused as a wrong request', async (workflow, input) => {
    const { taskQueue } = site;
    const run = workflows.client.workflow.execute(workflow, { workflowId: randomUUID(), taskQueue, args: [input] });
    await expect(run).rejects.toMatchObject({ cause: { type: 'invalid-request' } });
  });
});
