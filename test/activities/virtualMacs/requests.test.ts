import { createAssignVirtualMac } from '../../../src/activities/virtualMacs/assignVirtualMac';
import { createRevokeVirtualMac } from '../../../src/activities/virtualMacs/revokeVirtualMac';
import type { AssignVirtualMacInput, VirtualMacResult } from '../../../src/protocol/virtualMacs';
import { assigned, attachment, ip, mac, port, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { inActivity } from '../inActivity';
import { DEVICE, dedicated, remembered, vm } from '../portQuestions';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.panel.add({
    serverId: server(12),
    name: 'web-1',
    kind: 'dedicated',
    ips: [
      assigned('10.0.48.5'),
      assigned('10.0.48.6', { primary: false }),
      assigned('10.0.49.0', { primary: false, isSubnet: true }),
    ],
    attachments: [attachment(DEVICE, 'ge-0/0/1.0'), attachment(DEVICE, 'ge-0/0/2.0', { automated: false })],
    pxeMac: mac('00:50:56:00:00:0c'),
  });
});

const assign = (address: string, more: Partial<AssignVirtualMacInput> = {}): Promise<VirtualMacResult> =>
  inActivity(createAssignVirtualMac(world), { server: server(12), ip: ip(address), ...more });
const asked = (): string[] => world.enlisted.map(({ request }) => `${request.port} ${request.serverIds.join()}`);

describe('a person asks for a virtual MAC', () => {
  it('makes it once, says for whom, and has the automated ports of the server looked at', async () => {
    const result = await assign('10.0.48.6', { by: 'ann' });
    expect(result).toMatchObject({
      summary: '10.0.48.6 of web-1 has the virtual MAC 02:00:00:00:00:01; junos:1 ge-0/0/1.0 is looked at again',
      virtualMac: { mac: '02:00:00:00:00:01', state: 'pending', serverId: 12 },
      ports: [{ device: DEVICE, port: 'ge-0/0/1.0' }],
    });
    expect((await assign('10.0.48.6')).virtualMac).toEqual(result.virtualMac);
    expect([asked(), world.store.virtualMacs.happened.map(({ action, by }) => [action, by])]).toEqual([
      ['ge-0/0/1.0 12', 'ge-0/0/1.0 12'],
      [['allocated', 'ann']],
    ]);
  });

  it('takes over the one that another system gave', async () => {
    expect((await assign('10.0.48.6', { mac: mac('02:aa:00:00:00:01') })).virtualMac.mac).toBe('02:aa:00:00:00:01');
    await expect(assign('10.0.48.6', { mac: mac('02:aa:00:00:00:02') })).rejects.toMatchObject({
      code: 'virtual-mac-taken',
    });
  });

  it.each([
    ['the primary address', '10.0.48.5', {}, 'primary address of web-1'],
    ['an address of nobody', '10.0.48.9', {}, 'does not assign 10.0.48.9 to web-1; it has 10.0.48.5, 10.0.48.6'],
    ['a subnet', '10.0.49.0', {}, 'whole subnet'],
    ['a server that the panel lacks', '10.0.48.6', { server: server(99) }, 'has no server 99'],
  ])('%s is refused', async (_what, address, more, message) => {
    await expect(assign(address, more)).rejects.toMatchObject({
      code: 'virtual-mac-refused',
      message: expect.stringContaining(message) as string,
    });
    expect([world.store.virtualMacs.rows, asked()]).toEqual([[], []]);
  });

  it('a virtual machine is refused: its hypervisor says which MACs it has', async () => {
    vm(world, 301, 3001);
    await expect(assign('10.0.48.101', { server: server(301) })).rejects.toMatchObject({ code: 'virtual-mac-refused' });
  });
});

describe('a person revokes a virtual MAC', () => {
  const revoke = (address: string, reason?: string): Promise<VirtualMacResult> =>
    inActivity(createRevokeVirtualMac(world), {
      mac: mac(address),
      by: 'ann',
      ...(reason === undefined ? {} : { reason }),
    });

  it('has every port looked at where it may be bound, and revokes it once', async () => {
    const { virtualMac } = await assign('10.0.48.6');
    world.enlisted.length = 0;
    world.store.virtualMacs.rows = world.store.virtualMacs.rows.map((row) => ({
      ...row,
      state: 'active' as const,
      places: [{ device: DEVICE, port: port('ge-0/0/3.0') }],
    }));
    dedicated(world, 12);
    remembered(world, 12);
    expect(await revoke(virtualMac.mac, 'leaked')).toMatchObject({
      summary: expect.stringContaining('ge-0/0/3.0 and junos:1 ge-0/0/1.0 are looked at again') as string,
      virtualMac: { state: 'revoked', reason: 'leaked' },
    });
    expect(asked()).toEqual(['ge-0/0/3.0 12', 'ge-0/0/1.0 12']);
    await revoke(virtualMac.mac);
    expect(world.store.virtualMacs.happened.map(({ action, by }) => [action, by])).toEqual([
      ['allocated', undefined],
      ['revoked', 'ann'],
    ]);
    expect(world.store.virtualMacs.rows[0]?.reason).toBe('leaked');
  });

  it('one that is not ours is not found', async () => {
    await expect(revoke('02:00:00:00:00:77')).rejects.toMatchObject({ code: 'not-found' });
  });
});
