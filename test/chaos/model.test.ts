import { statement } from '../activities/fakes/values';
import { startLabWorld, type LabWorld } from '../../lab/world';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../projectRoot';
import { commitsOfNobody, judgeVerdict, untoldChanges } from './judge';
import { passOf, waitersIn, type PassWaiters } from './passWaiters';
import { bindingStatement, deleteBinding } from './model';
import type { EventVerdict } from './observer';
import { ALLOWED_VLANS, CLUSTER, chaosScenario, dedicated, SPARE_UPLINK, SWITCHES } from './scenario';
import { watchSwitches, type SwitchWatch } from './switchWatch';
import { PanelRollbacks } from './panelRollback';
import { Random } from './random';
import { FIRST_SETTINGS } from './siteSettings';
import { TruthHistory } from './truth';

/** The demands of the chaos suite, each with a commit that breaks it: a suite that cannot fail proves nothing. */

const VM = { id: 303, vmid: 1303, ip: '10.2.200.3', mac: 'bc:24:11:00:01:2f' };
const [AE0, AE1] = [`${SWITCHES.uplinks} ae0.0`, `${SWITCHES.uplinks} ae1.0`];
const GE1 = `${SWITCHES.access} ge-0/0/1.0`;
const BY_HAND = '10.0.48.199 00:00:5e:00:01:ff VLAN.13';
const VM_BINDING = `${VM.ip} ${VM.mac} VLAN.200`;

let world: LabWorld;
let history: TruthHistory;
let watches: SwitchWatch[];

beforeEach(async () => {
  world = await startLabWorld(chaosScenario, { timeScale: 1000 });
  history = new TruthHistory(world);
  watches = watchSwitches(world, history);
  jest.useFakeTimers({
    doNotFake: [
      'nextTick',
      'setImmediate',
      'setTimeout',
      'setInterval',
      'clearTimeout',
      'clearInterval',
      'queueMicrotask',
    ],
  });
});

afterEach(async () => {
  jest.useRealTimers();
  await world.close();
});

const laterBy = (ms: number): void => {
  jest.setSystemTime(Date.now() + ms);
};

/** A commit as portwarden makes it. */
function commit(
  key: string,
  { add = [], remove = [] }: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
): string[] {
  const watch = watches.find(({ id }) => key.startsWith(`${id} `));
  const lines = [
    ...remove.map((binding) => deleteBinding(key, binding)),
    ...add.map((binding) => `set ${bindingStatement(key, binding)}`),
  ];
  watch?.device.editAsOperator(lines, { user: 'portwarden', client: 'netconf' }).commit('portwarden test');
  return watches.flatMap(({ violations }) => violations);
}

test('what somebody put on a port by hand may not go, unless they took it away or approved it', () => {
  expect(commit(GE1, { remove: [BY_HAND] })).toEqual([expect.stringContaining('somebody put there by hand')]);
  commit(GE1, { add: [BY_HAND] });
  watches.forEach(({ violations }) => violations.splice(0));
  history.change(() => {
    history.ledger.releaseByHand(GE1, BY_HAND);
  });
  expect(commit(GE1, { remove: [BY_HAND] })).toEqual([]);
});

test('what a person keeps may come back, and may not go', () => {
  history.change(() => {
    history.ledger.adopt(GE1, BY_HAND);
  });
  expect(commit(GE1, { remove: [BY_HAND] })).toEqual([expect.stringContaining('somebody put there by hand')]);
  watches.forEach(({ violations }) => violations.splice(0));
  expect(commit(GE1, { add: [BY_HAND] })).toEqual([]);
});

test('what the panel asks for may not go, and nothing else may come', () => {
  expect(commit(AE1, { add: [VM_BINDING] })).toEqual([]);
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([expect.stringContaining('nothing justified it')]);
  expect(commit(AE1, { add: ['10.2.200.77 bc:24:11:00:01:2f VLAN.200'] })).toHaveLength(2);
});

test('what the panel no longer asks for may go', () => {
  commit(AE1, { add: [VM_BINDING] });
  laterBy(100_000);
  history.change(() => {
    world.panel.state.remove(VM.id, [VM.ip]);
  });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([]);
});

test('a migrated guest is bound at its new uplink before it is unbound at the old one', () => {
  commit(AE1, { add: [VM_BINDING] });
  laterBy(100_000);
  history.change(() => {
    world.clusters.get(CLUSTER)?.cluster.move(VM.vmid, 'pve1');
  });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([
    expect.stringContaining(`before it was bound at ${AE1} or ${AE0}`),
  ]);
  commit(AE1, { add: [VM_BINDING] });
  watches.forEach(({ violations }) => violations.splice(0));
  commit(AE0, { add: [VM_BINDING] });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([]);
});

test('what a person who restores a port sees to go, goes before it is bound at its new uplink (seed 7101)', () => {
  commit(AE1, { add: [VM_BINDING] });
  laterBy(100_000);
  history.change(() => {
    world.clusters.get(CLUSTER)?.cluster.move(VM.vmid, 'pve1');
  });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([expect.stringContaining('before it was bound at')]);
  commit(AE1, { add: [VM_BINDING] });
  watches.forEach(({ violations }) => violations.splice(0));
  history.change(() => {
    history.ledger.holds.ask(1, [{ port: AE1, added: [], removed: [VM_BINDING] }]);
  });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([]);
});

test('a mistyped VLAN takes nothing away, and asks for nothing where it contradicts the guest', () => {
  history.change(() => {
    world.panel.setSubnet(3, { staticAccessVlanId: 31 });
  });
  const { desired, kept } = history.now();
  expect([desired.get(AE1), kept.get(AE1)]).toEqual([
    expect.not.arrayContaining([VM_BINDING]),
    expect.arrayContaining([VM_BINDING]),
  ]);
  expect(ALLOWED_VLANS).not.toContain(31);
});

test('a changed configuration takes nothing away, and what it lets through may come', () => {
  commit(AE1, { add: [VM_BINDING] });
  laterBy(100_000);
  history.configure({ ...FIRST_SETTINGS, allowlist: [13, 100], uplinks: { pve2: [SPARE_UPLINK] } });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([expect.stringContaining('nothing justified it')]);
  history.change(() => {
    history.ledger.approve(AE1, VM_BINDING);
  });
  expect(history.now().kept.get(AE1)).not.toContain(VM_BINDING);
  history.configure({ ...FIRST_SETTINGS, uplinks: { pve2: [SPARE_UPLINK] } });
  watches.forEach(({ violations }) => violations.splice(0));
  expect(commit(SPARE_UPLINK, { add: [VM_BINDING] })).toEqual([]);
});

test('a further address may have a virtual MAC, but nobody exchanges one MAC for another by himself', () => {
  const [own, virtual] = ['10.0.48.2 00:50:56:86:00:65 VLAN.13', '10.0.48.2 02:00:00:00:00:01 VLAN.13'];
  expect(commit(GE1, { add: [virtual] })).toEqual([]);
  expect(commit(GE1, { remove: [virtual], add: [own] })).toEqual([
    expect.stringContaining('nobody asked for another MAC'),
  ]);
  watches.forEach(({ violations }) => violations.splice(0));
  history.ledger.otherMac.add('10.0.48.2');
  expect(commit(GE1, { remove: [own], add: [virtual] })).toEqual([]);
});

test('a binding to a virtual MAC goes for nobody but the person who revokes it, also where its server was lost untold', () => {
  const bindings = ['10.0.48.1 00:50:56:86:00:65 VLAN.13', '10.0.48.2 02:00:00:00:00:01 VLAN.13'];
  expect(commit(GE1, { add: bindings })).toEqual([]);
  laterBy(100_000);
  history.change(() => {
    for (const [at, binding] of history.keptOf(['10.0.48.1', '10.0.48.2']))
      history.ledger.leaveBehind(101, at, [binding]);
    world.panel.state.delete(101);
  });
  expect(commit(GE1, { remove: bindings })).toEqual([
    expect.stringContaining('removed 10.0.48.1 00:50:56:86:00:65 VLAN.13'),
    expect.stringContaining('removed 10.0.48.2 02:00:00:00:00:01 VLAN.13'),
  ]);
  watches.forEach(({ violations }) => violations.splice(0));
  commit(GE1, { add: bindings });
  watches.forEach(({ violations }) => violations.splice(0));
  history.ledger.revokedMacs.add('02:00:00:00:00:01');
  expect(commit(GE1, { remove: bindings })).toEqual([
    expect.stringContaining('removed 10.0.48.1 00:50:56:86:00:65 VLAN.13'),
  ]);
});

test('the same virtual MAC in the VLAN that the panel says by now is no other MAC (seed 131008)', () => {
  const at = (vlan: string): string => `10.0.48.2 02:00:00:00:00:01 ${vlan}`;
  commit(GE1, { add: [at('VLAN.13')] });
  history.change(() => {
    world.panel.setSubnet(1, { staticAccessVlanId: 200 });
  });
  expect(commit(GE1, { remove: [at('VLAN.13')], add: [at('VLAN.200')] })).toEqual([]);
});

test('what a panel forgets that went back in time stays, and so does what it remembers anew', async () => {
  const rollbacks = new PanelRollbacks(world, history, () => undefined);
  for (let step = 0; step < 10; step += 1) rollbacks.remember();
  history.change(() => {
    world.panel.state.delete(102);
    world.panel.state.add(dedicated(400, ['10.0.48.90'], SWITCHES.access, 5));
  });
  rollbacks.remember();
  const fault = rollbacks.draw(new Random(1));
  const NEW = `${SWITCHES.access} ge-0/0/5.0`;
  const there = (): unknown => [[...world.panel.state.servers.keys()].includes(102), history.now().kept.get(NEW)];
  const binding = '10.0.48.90 00:50:56:86:01:90 VLAN.13';
  await fault?.begin();
  expect(there()).toEqual([true, [binding]]);
  await fault?.end();
  expect(there()).toEqual([false, [binding]]);
  expect(history.now().desired.get(NEW)).toEqual([binding]);
});

test('what a deleted server left behind stays while its guest runs', () => {
  commit(AE1, { add: [VM_BINDING] });
  history.change(() => {
    history.ledger.leaveBehind(VM.id, AE1, [VM_BINDING]);
    world.panel.state.delete(VM.id);
  });
  expect(commit(AE1, { remove: [VM_BINDING] })).toEqual([expect.stringContaining('nothing justified it')]);
});

test('a commit that the switch took back is told from those that last, and a confirm timer that still runs is a fault', () => {
  const [watch] = watches.filter(({ id }) => id === SWITCHES.uplinks);
  const session = watch?.device.editAsOperator([`set ${bindingStatement(AE1, VM_BINDING)}`], {
    user: 'portwarden',
    client: 'netconf',
  });
  session?.commitConfirmed(10, 'portwarden test');
  expect(watch?.leftovers()).toEqual(expect.arrayContaining([expect.stringContaining('a confirmed commit waits')]));
  expect(watch?.expireConfirmTimers()).toEqual([expect.stringContaining('was never confirmed')]);
  expect([...(watch?.takenBack ?? [])].map(({ log }) => log)).toEqual(['portwarden test']);
  expect(watch?.bindings().get(AE1)).toEqual([]);
});

describe('what events are told', () => {
  const port = {
    device: 'junos:2',
    port: 'ae1.0',
    summary: '',
    removed: [],
    excluded: [],
    added: [statement(VM.ip, VM.mac, 'VLAN.200')],
  };
  const verdict = (outcome: { readonly status: string; readonly commit?: string }): EventVerdict =>
    ({
      workflowId: 'event-1',
      startedAt: 0,
      endedAt: Number.MAX_SAFE_INTEGER,
      status: 'COMPLETED',
      result: { ips: [VM.ip], status: outcome.status, ports: [{ ...port, ...outcome }] },
    }) as unknown as EventVerdict;

  test('"applied" is believed when the commit is there and lasts', () => {
    expect(judgeVerdict(verdict({ status: 'applied', commit: 'portwarden test' }), watches)).toEqual([
      expect.stringContaining('commit log lacks'),
    ]);
    commit(AE1, { add: [VM_BINDING] });
    expect(judgeVerdict(verdict({ status: 'applied', commit: 'portwarden test' }), watches)).toEqual([]);
  });

  test('"applied" is untrue when the switch took the commit back', () => {
    const [watch] = watches.filter(({ id }) => id === SWITCHES.uplinks);
    watch?.device
      .editAsOperator([`set ${bindingStatement(AE1, VM_BINDING)}`], { client: 'netconf' })
      .commitConfirmed(10, 'portwarden test');
    watch?.expireConfirmTimers();
    expect(judgeVerdict(verdict({ status: 'applied', commit: 'portwarden test' }), watches)).toEqual([
      expect.stringContaining('took back'),
    ]);
  });

  describe('"unchanged" of a change that was made meanwhile', () => {
    const killed = (): readonly number[] => [Date.now() + 1_000];
    const waiting = (...events: string[]): PassWaiters => new Map([['portwarden test', new Map([['ae1.0', events]])]]);

    test('is untrue when the pass that made it worked for the event, and told nobody', () => {
      commit(AE1, { add: [VM_BINDING] });
      const unchanged = verdict({ status: 'unchanged' });
      expect(untoldChanges([unchanged], watches, killed(), waiting('event-1'))).toEqual([
        expect.stringContaining('nobody was told'),
      ]);
      const told = verdict({ status: 'applied', commit: 'portwarden test' });
      expect(untoldChanges([unchanged, told], watches, killed(), waiting('event-1'))).toEqual([]);
    });

    test('is true when the event asked after the batch was taken together, and the next one served it (seed 8112)', () => {
      commit(AE1, { add: [VM_BINDING] });
      const late = verdict({ status: 'unchanged' });
      expect(untoldChanges([late], watches, killed(), waiting())).toEqual([]);
      expect(untoldChanges([late], watches, killed(), waiting('event-0'))).toEqual([]);
    });

    test('whom a pass worked for is in the history of its coordinator; a commit that no pass made is found', () => {
      const of = (name: string, workflowId: string): PassWaiters =>
        waitersIn(
          { workflowId, runId: '6fe73c53-5282-4634-afd0-cee506f426cc' },
          historyFromJSON(
            JSON.parse(readFileSync(join(projectRoot(), 'test/replay/histories', name), 'utf8')) as unknown,
          ),
        );
      const waiters = of('faults-coordinator.json', 'device:junos:4');
      const text = 'portwarden device:junos:4 batch 1 6fe73c53';
      expect(waiters.get(text)).toEqual(new Map([['ge-0/0/1.0', [expect.stringMatching(/event-1$/)]]]));
      for (const mark of ['confirm within 10 min', 'confirmation'])
        expect(passOf(waiters, `${text} [${mark}]`)).toBe(waiters.get(text));
      commit(AE1, { add: [VM_BINDING] });
      expect(commitsOfNobody(watches, waiters)).toEqual([expect.stringContaining('"portwarden test"')]);
      expect(commitsOfNobody(watches, waiting())).toEqual([]);
    });
  });
});
