import { runCli } from '../../src/cli/program';
import { configuredPort, requireDriver } from '../../src/app/deviceKinds';
import { PortwardenError } from '../../src/domain/errors';
import type { AssignVirtualMacInput, RevokeVirtualMacInput, VirtualMacResult } from '../../src/protocol/virtualMacs';
import { MemoryVirtualMacs } from '../activities/fakes/memoryVirtualMacs';
import { ip, junos, port, server } from '../activities/fakes/values';
import { startApi, TOKEN, type ApiUnderTest } from '../api/apiUnderTest';

const FIRST = '02:00:00:00:00:01';

let stored: MemoryVirtualMacs;
let site: ApiUnderTest;
let asked: (AssignVirtualMacInput | RevokeVirtualMacInput)[];
beforeEach(async () => {
  stored = new MemoryVirtualMacs(() => undefined);
  asked = [];
  const answer = async (input: AssignVirtualMacInput | RevokeVirtualMacInput): Promise<VirtualMacResult> => {
    asked.push(input);
    const [virtualMac] = stored.rows;
    if (virtualMac === undefined) throw new PortwardenError('virtual-mac-refused', 'it is the primary address');
    return { summary: 'it is done', virtualMac, ports: [] };
  };
  site = await startApi({ virtualMacs: { virtualMacs: stored, operations: { assign: answer, revoke: answer } } });
});
afterEach(() => site.api.close());

async function vmac(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(['vmac', ...args, '--api', site.api.url], {
    env: { PORT_SECURITY_EVENT_API_BEARER_TOKEN: TOKEN },
    cwd: process.cwd(),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    requireDriver,
    openCoordinators: () => Promise.reject(new Error('not asked')),
    panelSwitchDevice: () => junos(1),
    portOnDevice: configuredPort,
    inspectCluster: () => Promise.reject(new Error('not asked')),
    inspectDevice: () => Promise.reject(new Error('not asked')),
  });
  return { code, out, err };
}

async function two(): Promise<void> {
  await stored.allocate(
    [
      { serverId: server(12), ip: ip('10.0.48.6') },
      { serverId: server(12), ip: ip('2001:db8::7') },
    ],
    { workflowId: 'device:junos:1', by: 'ann', events: ['event-1'] },
  );
  const place = { device: junos(1), port: port('ge-0/0/1.0') };
  stored.rows = stored.rows.map((row) =>
    row.mac === FIRST
      ? { ...row, state: 'active', places: [place], activatedAt: row.allocatedAt }
      : { ...row, state: 'failed', reason: 'junos:1 ge-0/0/1.0: no' },
  );
}

test('list shows each with its state and where it is bound', async () => {
  expect((await vmac('list')).out).toBe('There is no virtual MAC\n');
  await two();
  const { code, out } = await vmac('list', '--server', '12');
  expect([code, out.split('\n')]).toEqual([
    0,
    [
      'MAC                STATE     SERVER    ADDRESS             WHERE',
      '02:00:00:00:00:02  failed    12        2001:db8::7         nowhere: junos:1 ge-0/0/1.0: no',
      '02:00:00:00:00:01  active    12        10.0.48.6           junos:1 ge-0/0/1.0',
      '',
    ],
  ]);
  const json = JSON.parse((await vmac('list', '--state', 'active', '--json')).out) as unknown[];
  expect(json).toEqual([expect.objectContaining({ mac: FIRST, serverId: 12 })]);
});

test('show prints what the customer configures, and what happened', async () => {
  await two();
  const { code, out } = await vmac('show', FIRST);
  expect(code).toBe(0);
  expect(out).toContain(`ip link add link eth0 name vmac0 address ${FIRST} type macvlan mode bridge\n`);
  expect(out).toContain('ip addr add 10.0.48.6/32 dev vmac0\n');
  expect(out).toContain('allocated by ann  for 10.0.48.6 of server 12  (device:junos:1, for event-1)');
  const failed = await vmac('show', '02:00:00:00:00:02');
  expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('ip addr add 2001:db8::7/128 dev vmac0')]);
  expect((await vmac('show', '02:00:00:00:00:77')).code).not.toBe(0);
});

test('assign and revoke say who asks, and what was done', async () => {
  await two();
  expect(await vmac('assign', '12', '10.0.48.9', '--mac', '02:aa:00:00:00:01')).toEqual({
    code: 0,
    out: 'it is done\n',
    err: '',
  });
  await vmac('revoke', FIRST, '--reason', 'leaked', '--by', 'ann');
  expect(asked).toEqual([
    { server: 12, ip: '10.0.48.9', mac: '02:aa:00:00:00:01', by: expect.stringMatching(/^.+@.+$/) as string },
    { mac: FIRST, reason: 'leaked', by: 'ann' },
  ]);
});

test('a refusal is told with what to do', async () => {
  const { code, err } = await vmac('assign', '12', '10.0.48.5');
  expect([code === 0, err]).toEqual([false, expect.stringContaining('virtual-mac-refused')]);
});

test('log shows what happened to all of them or to one', async () => {
  expect((await vmac('log')).out).toBe('Nothing happened yet\n');
  await two();
  expect((await vmac('log')).out.trim().split('\n')).toHaveLength(2);
  expect((await vmac('log', FIRST, '--limit', '5')).out).toContain('10.0.48.6 of server 12');
  expect(JSON.parse((await vmac('log', '--ip', '10.0.48.6', '--json')).out)).toHaveLength(1);
});
