import { createCommitToSwitch } from '../../../src/activities/commitToSwitch';
import { createRevokeVirtualMac } from '../../../src/activities/virtualMacs/revokeVirtualMac';
import { fetchPortServers } from '../../../src/activities/fetchServerIps';
import { createFilterByVlan } from '../../../src/activities/filterByVlan';
import type { AdditionalAddressPolicy } from '../../../src/domain/desired/additionalAddress';
import { errorReport } from '../../../src/domain/errors';
import type { PanelServer } from '../../../src/domain/servers/server';
import type { PortName } from '../../../src/domain/values/port';
import type { PassInput, PassResult, PortQuestion } from '../../../src/protocol/activities';
import { assigned, attachment, ip, junos, mac, port, server, statement, vlan } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { inActivity } from '../inActivity';
import { DEVICE, question } from '../portQuestions';

const OWN = '00:50:56:00:00:0c';
const FIRST = '10.0.48.5';
const SECOND = '10.0.48.6';
const THIRD = '10.0.48.7';
const AT = '2026-11-29T13:00:00.000Z';
const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');

let policy: AdditionalAddressPolicy;
let world: FakeWorld;
beforeEach(() => {
  policy = 'virtual-mac';
  world = fakeWorld({ additionalAddresses: () => policy });
  for (const address of [FIRST, SECOND, THIRD]) world.panel.vlans.set(ip(address), vlan(13));
});

/** The panel has server 12 with these addresses, plugged into a port. */
function web(ips: readonly string[], at: readonly PortName[] = [P1]): PanelServer {
  const entry: PanelServer = {
    serverId: server(12),
    name: 'web-1',
    kind: 'dedicated',
    ips: ips.map((address) => assigned(address, { primary: address === FIRST })),
    attachments: at.map((one) => attachment(DEVICE, one)),
    pxeMac: mac(OWN),
  };
  world.panel.add(entry);
  return entry;
}

/** A batch over ports, as the coordinator runs it. */
async function pass(
  ports: readonly PortName[] = [P1],
  asked: Partial<PortQuestion> = {},
  extra: Partial<PassInput['ports'][number]> = {},
): Promise<PassResult> {
  const questions = ports.map((one) => question({ port: one, serverIds: [server(12)], ...asked }));
  const servers = await fetchPortServers(world, DEVICE, questions, new AbortController().signal);
  const { ports: desired } = await inActivity(createFilterByVlan(world), {
    device: DEVICE,
    ports: servers.map((one) => ({ servers: one, inventories: [] })),
  });
  const result = await inActivity(createCommitToSwitch(world), {
    device: DEVICE,
    batch: 1,
    guards: world.guards,
    ports: desired.map((one) => ({ ...one, approved: false, ...extra })),
  });
  if (result.pass !== undefined) await world.store.commitIntents.answered(DEVICE, result.pass);
  return result;
}

const held = (at = P1): string[] =>
  (world.device.actual.get(at) ?? []).map(({ ip: address, mac: with_ }) => `${address ?? ''} ${with_ ?? ''}`);
const rows = (): string[] =>
  world.store.virtualMacs.rows.map(({ ip: address, mac: of, state, places }) =>
    [address, of, state, ...places.map((place) => place.port)].join(' '),
  );
const log = (): string[] => world.store.virtualMacs.happened.map(({ action }) => action);

describe('a pass over the port of a dedicated server', () => {
  it('binds new further addresses to virtual MACs, made together and committed together, and proves them', async () => {
    web([FIRST, SECOND, THIRD]);
    const result = await pass([P1], {}, { events: ['event-1'] });
    expect(held()).toEqual([`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:01`, `${THIRD} 02:00:00:00:00:02`]);
    expect([world.device.commits, world.store.virtualMacs.writes]).toEqual([1, 3]);
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 active ${P1}`, `${THIRD} 02:00:00:00:00:02 active ${P1}`]);
    expect(log()).toEqual(['allocated', 'allocated', 'activated', 'activated']);
    expect(world.store.virtualMacs.happened.every(({ events }) => events?.[0] === 'event-1')).toBe(true);
    expect(result.outcomes[0]).toMatchObject({ status: 'applied', excluded: [] });
  });

  it('keeps them: the next passes find them, whatever the policy is by then', async () => {
    web([FIRST, SECOND]);
    await pass();
    const before = held();
    for (const next of ['virtual-mac', 'same-mac', 'reject'] as const) {
      policy = next;
      expect((await pass()).outcomes[0]?.status).toBe('unchanged');
      expect(held()).toEqual(before);
    }
    expect([world.device.commits, log()]).toEqual([1, ['allocated', 'activated']]);
  });

  it('keeps what was bound to the own MAC before the policy, also where the server goes', async () => {
    policy = 'same-mac';
    web([FIRST, SECOND]);
    await pass();
    policy = 'virtual-mac';
    expect((await pass()).outcomes[0]?.status).toBe('unchanged');
    web([FIRST, SECOND, THIRD], [P2]);
    await pass([P2]);
    expect(held(P2)).toEqual([`${FIRST} ${OWN}`, `${SECOND} ${OWN}`, `${THIRD} 02:00:00:00:00:01`]);
  });

  it('keeps with its own MAC what is bound and parked, when the panel gives it back', async () => {
    policy = 'same-mac';
    web([FIRST, SECOND]);
    await pass();
    policy = 'virtual-mac';
    const before = world.store.placed.get(server(12));
    if (before === undefined) throw new Error('nothing remembered');
    world.store.placed.set(server(12), { ...before, ips: [ip(THIRD)] });
    expect((await pass()).outcomes[0]?.status).toBe('unchanged');
    expect([held(), rows()]).toEqual([[`${FIRST} ${OWN}`, `${SECOND} ${OWN}`], []]);
  });

  it('keeps at first contact what somebody else bound, to whichever MAC, and makes none for it', async () => {
    web([FIRST, SECOND, THIRD]);
    world.device.actual.set(P1, [statement(FIRST, OWN), statement(SECOND, OWN), statement(THIRD, '02:aa:00:00:00:01')]);
    for (let looks = 0; looks < 2; looks += 1) {
      const result = await pass();
      expect(result.outcomes[0]?.excluded.map(({ ip: of, rule }) => [of, rule])).toEqual([[THIRD, 'bound-otherwise']]);
    }
    expect([world.device.commits, rows()]).toEqual([0, []]);
  });

  it('leaves out new further addresses where the policy rejects them, and takes none away', async () => {
    policy = 'same-mac';
    web([FIRST, SECOND]);
    await pass();
    policy = 'reject';
    web([FIRST, SECOND, THIRD]);
    const [outcome] = (await pass()).outcomes;
    expect(outcome?.excluded.map(({ ip: of, rule }) => [of, rule])).toEqual([[THIRD, 'additional-address']]);
    expect([held(), rows()]).toEqual([[`${FIRST} ${OWN}`, `${SECOND} ${OWN}`], []]);
  });

  it('tries a refused one again with the same MAC', async () => {
    web([FIRST, SECOND]);
    world.device.rejected.set(P1, errorReport('device-rejected', 'duplicate MAC address'));
    for (let looks = 0; looks < 2; looks += 1) expect((await pass()).outcomes[0]?.status).toBe('failed');
    expect([rows(), log()]).toEqual([[`${SECOND} 02:00:00:00:00:01 failed`], ['allocated', 'failed']]);
    world.device.rejected.clear();
    expect((await pass()).outcomes[0]?.status).toBe('applied');
    expect([rows(), log()]).toEqual([
      [`${SECOND} 02:00:00:00:00:01 active ${P1}`],
      ['allocated', 'failed', 'activated'],
    ]);
  });

  it('gives the same MAC again when the attempt before it was cut off', async () => {
    web([FIRST, SECOND]);
    world.device.duringCommit = async () => {
      throw new Error('the connection is gone');
    };
    await expect(pass()).rejects.toThrow('gone');
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 pending`]);
    world.device.duringCommit = async () => undefined;
    await pass();
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 active ${P1}`]);
  });

  it('goes on for the record when the store fails after the commit; the next pass completes it', async () => {
    web([FIRST, SECOND]);
    world.device.afterCommit = async () => {
      world.store.break('virtualMacs');
    };
    expect((await pass()).outcomes[0]?.status).toBe('applied');
    world.store.mend('virtualMacs');
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 pending`]);
    await pass();
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 active ${P1}`]);
  });
});

describe('a server that moves', () => {
  beforeEach(async () => {
    web([FIRST, SECOND]);
    await pass();
    web([FIRST, SECOND], [P2]);
  });

  it('keeps the MAC: bound at the target, proven, and only then gone from the source', async () => {
    await pass([P1]);
    expect(held(P1)).toHaveLength(2);
    await pass([P2]);
    expect([held(P1), held(P2)]).toEqual([held(P2), [`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:01`]]);
    await pass([P1]);
    expect([held(P1), rows()]).toEqual([[], [`${SECOND} 02:00:00:00:00:01 active ${P2}`]]);
    expect(log()).toEqual(['allocated', 'activated', 'bound', 'moved']);
  });

  it('stays bound at the source while the target refuses it', async () => {
    world.device.rejected.set(P2, errorReport('device-rejected', 'no'));
    for (const at of [P2, P1, P2, P1]) await pass([at]);
    expect([held(P1), held(P2)]).toEqual([[`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:01`], []]);
    expect(rows()).toEqual([`${SECOND} 02:00:00:00:00:01 active ${P1}`]);
    expect(log()).toEqual(['allocated', 'activated', 'failed']);
    expect(world.store.virtualMacs.happened.at(-1)?.detail).toBe(`junos:1 ${P2}: no; it stays bound at junos:1 ${P1}`);
    // The panel takes the move back: nothing has to be restored.
    web([FIRST, SECOND], [P1]);
    expect((await pass([P1])).outcomes[0]?.status).toBe('unchanged');
  });

  it('is bound at both ports while it is connected to both', async () => {
    web([FIRST, SECOND], [P1, P2]);
    await pass([P1, P2]);
    expect([held(P1), rows()]).toEqual([held(P2), [`${SECOND} 02:00:00:00:00:01 active ${P1} ${P2}`]]);
  });
});

describe('what ends a virtual MAC', () => {
  beforeEach(async () => {
    web([FIRST, SECOND]);
    await pass();
  });
  const revokeByHand = () =>
    world.store.virtualMacs.change(
      { macs: [mac('02:00:00:00:00:01')] },
      () => ({ fields: { state: 'revoked' }, events: [] }),
      { workflowId: 'by hand' },
    );

  it('its address leaves the server: it is revoked once it is bound no longer, and never given again', async () => {
    web([FIRST]);
    await pass([P1], { explainedIps: [ip(SECOND)] });
    expect([held(), rows()]).toEqual([[`${FIRST} ${OWN}`], [`${SECOND} 02:00:00:00:00:01 revoked`]]);
    expect(world.store.virtualMacs.happened.at(-1)).toMatchObject({
      action: 'revoked',
      detail: `web-1 no longer has ${SECOND}`,
    });
    web([FIRST, SECOND]);
    await pass();
    expect(held()).toEqual([`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:02`]);
  });

  it('stays while the removal of its address waits for a person, or the entry is empty', async () => {
    world = Object.assign(world, { guards: { ...world.guards, maxRemovedBindings: 0 } });
    web([FIRST]);
    expect((await pass()).outcomes[0]?.parked?.remove).toHaveLength(1);
    web([]);
    await pass();
    expect([held(), rows()]).toEqual([
      [`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:01`],
      [`${SECOND} 02:00:00:00:00:01 active ${P1}`],
    ]);
  });

  it('its server is deleted', async () => {
    world.panel.servers.delete(server(12));
    await pass([P1], { deletedServerIds: [server(12)] });
    expect([held(), rows()]).toEqual([[], [`${SECOND} 02:00:00:00:00:01 revoked`]]);
  });

  it('a person revokes it: the address gets another one, its own MAC, or is unbound, as the policy says', async () => {
    await revokeByHand();
    await pass();
    expect(held()).toEqual([`${FIRST} ${OWN}`, `${SECOND} 02:00:00:00:00:02`]);
    expect(world.store.virtualMacs.rows[0]).toMatchObject({
      state: 'revoked',
      places: [],
      releasedAt: expect.anything() as string,
    });
  });

  it.each([
    ['same-mac' as const, [`${FIRST} ${OWN}`, `${SECOND} ${OWN}`]],
    ['reject' as const, [`${FIRST} ${OWN}`]],
  ])('with %s a revoked one becomes %j, and stays so when the policy changes again', async (next, expected) => {
    policy = next;
    await revokeByHand();
    await pass();
    expect(held()).toEqual(expected);
    policy = 'virtual-mac';
    await pass();
    expect(held()).toEqual(next === 'same-mac' ? expected : [...expected, `${SECOND} 02:00:00:00:00:02`]);
  });
});

describe('a person revokes one of a server that is in doubt', () => {
  const GONE = mac('02:00:00:00:00:01');
  const STAYS = [`${FIRST} ${OWN}`, `${THIRD} 02:00:00:00:00:02`];
  const revokeIt = () => inActivity(createRevokeVirtualMac(world), { mac: GONE, reason: 'seen elsewhere', by: 'ada' });
  beforeEach(async () => {
    web([FIRST, SECOND, THIRD]);
    await pass();
  });

  it.each<[string, () => unknown]>([
    ['that the panel lost without a word', () => world.panel.servers.delete(server(12))],
    ['that cannot be read', () => world.panel.unreadable.add(server(12))],
    ['that has no address any more, all at once', () => web([])],
    ['without a MAC of its own', () => delete (web([FIRST, SECOND, THIRD]) as { pxeMac?: unknown }).pxeMac],
  ])('%s: what is bound to it goes with the next pass, and nothing else does', async (_name, happens) => {
    happens();
    expect((await pass()).outcomes[0]?.removed).toEqual([]);
    await revokeIt();
    const [outcome] = (await pass()).outcomes;
    expect(outcome?.removed).toMatchObject([{ ip: SECOND, mac: GONE, because: 'revoked' }]);
    expect(outcome?.summary).toContain('its virtual MAC was revoked');
    expect(held()).toEqual(STAYS);
    expect(world.store.virtualMacs.rows[0]).toMatchObject({
      state: 'revoked',
      releasedAt: expect.anything() as string,
    });
    expect((await pass()).outcomes[0]?.status).not.toBe('applied');
  });

  it('whose port nobody remembers: it is found by where it was read back', async () => {
    world.panel.servers.delete(server(12));
    world.store.placed.clear();
    await revokeIt();
    const [outcome] = (await pass([P1], { serverIds: [] })).outcomes;
    expect(outcome?.parked?.remove.map(({ ip: of }) => of)).toEqual([FIRST, THIRD]);
    expect(held()).toEqual(STAYS);
  });

  it('stays where another person keeps exactly that, and says so', async () => {
    world.panel.servers.delete(server(12));
    const [binding] = world.device.actual.get(P1)?.filter(({ ip: of }) => of === SECOND) ?? [];
    if (binding === undefined) throw new Error('it was not bound');
    const createdAt = AT;
    world.store.kept.push({
      id: '7',
      device: DEVICE,
      port: P1,
      statement: binding,
      reason: 'a router',
      author: 'bob',
      createdAt,
    });
    await revokeIt();
    const [outcome] = (await pass()).outcomes;
    expect([outcome?.status, held()]).toEqual([
      'unchanged',
      [...STAYS.slice(0, 1), `${SECOND} ${GONE}`, ...STAYS.slice(1)],
    ]);
    expect(outcome?.summary).toContain('was revoked, but it stays: it is kept by bob');
  });

  it('that a restore brought back goes again with the hold', async () => {
    const before = world.device.actual.get(P1) ?? [];
    await revokeIt();
    world.panel.servers.delete(server(12));
    await pass();
    expect(held()).toEqual(STAYS);
    const [gone] = before.filter(({ mac: of }) => of === GONE);
    if (gone === undefined) throw new Error('it was not bound');
    const by = { author: 'bob', reason: 'wrong batch' };
    const hold = {
      ...{ id: '1', device: DEVICE, port: P1, askedAs: [P1], removes: [], brought: [gone], ...by },
      ...{ statements: before.map((one) => ({ ...one, vlan: vlan(13) })), backup: '1', workflowId: 'restoreBackup-1' },
      ...{ backupAt: AT, createdAt: AT, expiresAt: '2099-01-01T00:00:00.000Z' },
    };
    world.store.holds.rows.push(hold);
    expect((await pass()).outcomes[0]?.status).toBe('applied');
    expect(held()).toContain(`${SECOND} ${GONE}`);
    expect((await pass()).outcomes[0]?.status).toBe('held');
    world.store.holds.rows[0] = { ...hold, released: { ...by, at: AT } };
    expect((await pass()).outcomes[0]).toMatchObject({
      status: 'applied',
      removed: [{ ip: SECOND, because: 'revoked' }],
    });
    expect(held()).toEqual(STAYS);
  });

  it('put back by hand once it was gone, it is of somebody else and stays', async () => {
    await revokeIt();
    world.panel.servers.delete(server(12));
    await pass();
    const again = statement(SECOND, GONE);
    world.device.actual.set(P1, [...(world.device.actual.get(P1) ?? []), again]);
    for (let looks = 0; looks < 2; looks += 1) await pass();
    expect(held()).toContain(`${SECOND} ${GONE}`);
  });
});

it('a guest with the MAC of a virtual one is a conflict like any other', async () => {
  web([FIRST, SECOND]);
  await pass();
  const clone: PanelServer = {
    serverId: server(13),
    name: 'clone',
    kind: 'dedicated',
    ips: [assigned(THIRD)],
    attachments: [attachment(junos(1), P2)],
    pxeMac: mac('02:00:00:00:00:01'),
  };
  world.panel.add(clone);
  const [outcome] = (await pass([P2], { serverIds: [server(13)] })).outcomes;
  expect(outcome?.excluded).toEqual([
    { ip: THIRD, rule: 'duplicate-mac', message: expect.stringContaining('server 12 at junos:1 ge-0/0/1.0') as string },
  ]);
  expect(held(P2)).toEqual([]);
});
