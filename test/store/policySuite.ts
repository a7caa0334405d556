import { parseServerId } from '../../src/domain/event/event';
import { parseAllowedAddress } from '../../src/domain/policies/addressPair';
import { scopeKey, type PolicyScope } from '../../src/domain/policies/policy';
import {
  versionOfScope,
  type NewPolicy,
  type PolicyChange,
  type StoredPolicy,
} from '../../src/domain/policies/storedPolicy';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { statement } from '../activities/fakes/values';
import type { PolicyCause } from '../../src/store/policies';
import type { Store } from '../../src/store/store';

const PORT = parsePortName('ge-0/0/1.0');
const NOW = new Date('2026-11-29T13:00:00.000Z');
const LATER = '2026-11-29T15:00:00.000Z';
const BY_ADA = { author: 'ada@ops1', reason: 'firewall of the customer' };
const OFF: Partial<NewPolicy> = { portSecurity: 'off' };
const PAIRS: Partial<NewPolicy> = { allowedAddressPairs: [{ address: parseAllowedAddress('10.10.10.0/24') }] };

const ofPort = (device: DeviceId): PolicyScope => ({ kind: 'port', device, port: PORT });
const policy = (scope: PolicyScope, fields: Partial<NewPolicy>): NewPolicy => ({ scope, ...BY_ADA, ...fields });

let workflows = 0;
const cause = (extra: Partial<PolicyCause> = {}): PolicyCause => ({
  at: NOW,
  workflowId: `changePolicy-${process.pid}-${(workflows += 1)}`,
  entries: () => [],
  ...extra,
});

/** What every engine must do with port policies. */
export function policySuite(open: () => Store, freshDevice: () => DeviceId): void {
  const set = (scope: PolicyScope, fields: Partial<NewPolicy>, extra: Partial<PolicyCause> = {}) =>
    open().policies.change({ change: 'set', policy: policy(scope, fields) }, cause(extra));
  const unset = (scope: PolicyScope, extra: Partial<PolicyCause> = {}) =>
    open().policies.change({ change: 'unset', scope, author: 'bob', reason: 'done' }, cause(extra));
  const versionOf = (change: PolicyChange | undefined): string => change?.version ?? 'none';

  it('has one policy for a scope, a version for each change, and remembers all of them', async () => {
    const { policies } = open();
    const scope = ofPort(freshDevice());
    expect(await policies.get(scope, NOW)).toBeUndefined();
    const first = await set(scope, PAIRS);
    const second = await set(scope, OFF);
    expect(await policies.get(scope, NOW)).toEqual({
      ...policy(scope, OFF),
      version: versionOf(second),
      createdAt: NOW.toISOString(),
    });
    const third = await unset(scope);
    expect(await policies.get(scope, NOW)).toBeUndefined();
    const changes = await policies.changes({ scope, limit: 10 });
    expect(changes).toEqual([third, second, first]);
    expect(changes.map(({ change, author, before, after }) => [change, author, before, after])).toEqual([
      ['unset', 'bob', second?.after, undefined],
      ['set', 'ada@ops1', first?.after, second?.after],
      ['set', 'ada@ops1', undefined, first?.after],
    ]);
    expect(await policies.changes({ scope, before: versionOf(third), limit: 1 })).toEqual([second]);
  });

  it('is changed once for a workflow, whoever asks again', async () => {
    const scope = ofPort(freshDevice());
    const mine = cause({ expected: '0' });
    const request = { change: 'set', policy: policy(scope, OFF) } as const;
    const made = await open().policies.change(request, mine);
    expect(await open().policies.change(request, mine)).toEqual(made);
    expect(await open().policies.changes({ scope, limit: 10 })).toHaveLength(1);
  });

  it('refuses a change that was decided for another version; of two at once one is made', async () => {
    const scope = ofPort(freshDevice());
    const both = await Promise.allSettled([set(scope, OFF, { expected: '0' }), set(scope, PAIRS, { expected: '0' })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [made] = await open().policies.changes({ scope, limit: 10 });
    await expect(unset(scope, { expected: '0' })).rejects.toMatchObject({ code: 'policy-changed' });
    await unset(scope, { expected: versionOf(made) });
    await expect(unset(scope)).rejects.toMatchObject({ code: 'policy-missing' });
    await expect(set(scope, OFF, { expected: versionOf(made) })).rejects.toMatchObject({ code: 'policy-changed' });
    expect(await open().policies.changes({ scope, limit: 10 })).toHaveLength(2);
  });

  it('of many that were decided for no policy, at the same moment, one is made', async () => {
    const scope = ofPort(freshDevice());
    const asked = Array.from({ length: 8 }, () => set(scope, OFF, { expected: '0' }));
    const made = (await Promise.allSettled(asked)).map(({ status }) => status);
    expect(made.filter((status) => status === 'fulfilled')).toHaveLength(1);
    expect(await open().policies.changes({ scope, limit: 10 })).toHaveLength(1);
  });

  it('a scope without a policy has the version of its last change, which does not come again', async () => {
    const { policies } = open();
    const scope = ofPort(freshDevice());
    const version = async (at = NOW): Promise<string> =>
      versionOfScope(await policies.get(scope, at), (await policies.changes({ scope, limit: 1 }))[0]);
    expect(await version()).toBe('0');
    const first = await set(scope, { ...OFF, expiresAt: LATER }, { expected: '0' });
    expect(await version()).toBe(versionOf(first));
    expect(await version(new Date(LATER))).toBe('0');
    await expect(set(scope, PAIRS, { expected: versionOf(first), at: new Date(LATER) })).rejects.toMatchObject({
      code: 'policy-changed',
    });
    const ended = await unset(scope);
    expect(await version()).toBe(versionOf(ended));
    const again = await set(scope, PAIRS, { expected: versionOf(ended) });
    await unset(scope, { expected: versionOf(again) });
    await expect(set(scope, PAIRS, { expected: versionOf(ended) })).rejects.toMatchObject({ code: 'policy-changed' });
    await set(scope, PAIRS, { expected: '0' });
  });

  it('writes the journal with the change, or neither', async () => {
    const device = freshDevice();
    const scope = ofPort(device);
    const entry = { device, port: PORT, workflowId: 'w', status: 'unchanged', added: [], removed: [] } as const;
    const entries: PolicyCause['entries'] = ({ version, author }) => [
      { ...entry, summary: `version ${version}`, commands: [], author, policies: [`port ${device} ${PORT}`] },
    ];
    const made = await set(scope, OFF, { entries });
    const broken = (): never => {
      throw new Error('no journal');
    };
    await expect(set(scope, PAIRS, { entries: broken })).rejects.toBeDefined();
    expect(await open().policies.get(scope, NOW)).toEqual(made?.after);
    const { journal } = open();
    const found = await journal.list({ policy: `port ${device} ${PORT}`, limit: 10 });
    expect(found).toMatchObject([{ summary: `version ${versionOf(made)}`, policies: [`port ${device} ${PORT}`] }]);
    expect(await journal.list({ device, policy: 'port junos:1 ge', limit: 10 })).toEqual([]);
  });

  it('one with an end gives way to the lasting one that it lies over, at that very instant', async () => {
    const { policies } = open();
    const device = freshDevice();
    const scope = ofPort(device);
    const lasting = await set(scope, PAIRS);
    await set(scope, { ...OFF, expiresAt: '2026-11-29T14:00:00.000Z' });
    const ending = await set(scope, { ...OFF, expiresAt: LATER });
    expect(ending?.after?.over).toEqual(lasting?.after);
    const before = new Date(Date.parse(LATER) - 1);
    expect(await policies.inForce(device, [], before)).toMatchObject([{ portSecurity: 'off' }]);
    expect(await policies.inForce(device, [], new Date(LATER))).toMatchObject([
      { ...PAIRS, version: versionOf(lasting) },
    ]);
    expect(await policies.list({ device, limit: 10 }, new Date(LATER))).toEqual([lasting?.after]);
    const restored = await unset(scope);
    expect(restored?.after).toEqual({
      ...lasting?.after,
      version: versionOf(restored),
    } satisfies Partial<StoredPolicy>);
    expect((await unset(scope))?.after).toBeUndefined();
  });

  it('ends when its time is over, once, whoever asks', async () => {
    const { policies } = open();
    const device = freshDevice();
    const scope = ofPort(device);
    const version = versionOf(await set(scope, { ...OFF, expiresAt: LATER }));
    const end = { change: 'end', scope, version } as const;
    expect(await policies.change(end, cause())).toBeUndefined();
    expect(await policies.inForce(device, [], new Date(LATER))).toEqual([]);
    const over = async () =>
      (await policies.over(new Date(LATER), 1_000)).filter((one) => one.version === version).length;
    expect(await over()).toBe(1);
    const both = await Promise.all([
      policies.change(end, cause({ at: new Date(LATER) })),
      policies.change(end, cause({ at: new Date(LATER) })),
    ]);
    expect(both.filter((made) => made !== undefined)).toMatchObject([
      { change: 'end', ...BY_ADA, before: { version } },
    ]);
    expect(await over()).toBe(0);
  });

  it('does not end what somebody has set anew meanwhile', async () => {
    const { policies } = open();
    const scope = ofPort(freshDevice());
    const version = versionOf(await set(scope, { ...OFF, expiresAt: LATER }));
    const renewed = await set(scope, { ...OFF, expiresAt: '2026-11-30T15:00:00.000Z' });
    expect(await policies.change({ change: 'end', scope, version }, cause({ at: new Date(LATER) }))).toBeUndefined();
    expect(await policies.get(scope, new Date(LATER))).toEqual(renewed?.after);
  });

  it('announces an end an hour ahead, for one caller, and again when it was put off', async () => {
    const { policies } = open();
    const scope = ofPort(freshDevice());
    const own = async (at: string): Promise<number> => {
      const told = await Promise.all([policies.announce(new Date(at)), policies.announce(new Date(at))]);
      return told.flat().filter((one) => scopeKey(one.scope) === scopeKey(scope)).length;
    };
    await set(scope, { ...OFF, expiresAt: LATER });
    expect(await own('2026-11-29T13:59:59.000Z')).toBe(0);
    expect(await own('2026-11-29T14:00:01.000Z')).toBe(1);
    expect(await own('2026-11-29T14:30:00.000Z')).toBe(0);
    await set(scope, { ...OFF, expiresAt: '2026-11-29T16:00:00.000Z' });
    expect(await own('2026-11-29T15:30:00.000Z')).toBe(1);
    expect(await own('2026-11-29T16:00:01.000Z')).toBe(0);
  });

  it('is found for a device and the servers behind its ports, and listed page by page', async () => {
    const { policies } = open();
    const device = freshDevice();
    const server: PolicyScope = { kind: 'server', serverId: parseServerId(2_000_000 + (workflows += 1)) };
    const network: PolicyScope = { kind: 'network', device, network: 'net-1' };
    await set(server, PAIRS);
    await set(network, OFF);
    await set(ofPort(device), { ...OFF, expiresAt: LATER });
    await set({ kind: 'device', device }, PAIRS);
    const kinds = async (...servers: (typeof server.serverId)[]) =>
      (await policies.inForce(device, servers, NOW)).map(({ scope }) => scope.kind);
    expect(await kinds()).toEqual(['device', 'network', 'port']);
    expect(await kinds(server.serverId, parseServerId(1_999_999))).toEqual(['device', 'network', 'port', 'server']);
    const all = (await policies.everywhere(NOW)).map(({ scope }) => scope);
    expect(all).toEqual(expect.arrayContaining([server, network, ofPort(device), { kind: 'device', device }]));
    expect((await policies.everywhere(new Date(LATER))).map(({ scope }) => scope)).not.toContainEqual(ofPort(device));
    const page = await policies.list({ device, limit: 2 }, NOW);
    expect(page.map(({ scope }) => scope.kind)).toEqual(['device', 'network']);
    const rest = await policies.list({ device, after: `network ${device} net-1`, limit: 2 }, NOW);
    expect(rest.map(({ scope }) => scope.kind)).toEqual(['port']);
    const listed = async (filter: object) =>
      (await policies.list({ ...filter, limit: 10 }, NOW)).map(({ scope }) => scope.kind);
    expect(await listed({ serverId: server.serverId })).toEqual(['server']);
    expect(await listed({ device, kind: 'device' })).toEqual(['device']);
    expect(await listed({ device, endingUntil: new Date(LATER) })).toEqual(['port']);
    const counted = await policies.count(new Date('2026-11-29T14:30:00.000Z'));
    expect(counted.find(({ kind, state }) => kind === 'port' && state === 'ending')?.count).toBeGreaterThan(0);
    expect(counted.find(({ kind, state }) => kind === 'device' && state === 'active')?.count).toBeGreaterThan(0);
  });

  it('remembers of each port what policies added and took, all of a call or nothing', async () => {
    const { portMemories } = open();
    const device = freshDevice();
    const other = parsePortName('ge-0/0/2.0');
    const nothing = { added: [], taken: [] };
    const first = { bindings: { added: [statement('10.0.48.1')], taken: [] }, enforcement: nothing };
    const second = {
      bindings: { added: [], taken: [{ statement: statement('10.0.48.2'), while: 'security off' }] },
      enforcement: nothing,
      proven: { statements: [{ key: 'off', text: 'security off' }], mark: 'revision 23' },
    };
    expect(await portMemories.of(device)).toEqual(new Map());
    await portMemories.put(device, [
      { port: PORT, memory: first },
      { port: other, memory: first },
    ]);
    await portMemories.put(device, [
      { port: PORT, memory: second },
      { port: other, memory: undefined },
      { port: parsePortName('ae0.0'), memory: undefined },
    ]);
    expect(await portMemories.of(device)).toEqual(new Map([[PORT, second]]));
    expect(await portMemories.of(freshDevice())).toEqual(new Map());
  });
}
