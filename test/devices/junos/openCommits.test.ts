import { setTimeout as sleep } from 'node:timers/promises';
import type { ConvergeContext } from '../../../src/devices/pass/request';
import { judgeOpenCommit } from '../../../src/devices/junos/openCommits';
import type { CommitEntry } from '../../../src/devices/junos/operations';
import type { CommitFinding, CommitIntent } from '../../../src/domain/change/commitIntent';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import { parseIp } from '../../../src/domain/values/ip';
import { parsePortName } from '../../../src/domain/values/port';
import { parseVlanId } from '../../../src/domain/values/vlan';
import type { JunosSwitch } from '../../../lab/junos';
import { addressOf, bind, deviceFor, quickSwitch, recordingContext, request, target } from './support';

const MAC = '02:00:00:00:00:10';
const CONFIGURATION = [
  'set system host-name sw',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10',
  'set ethernet-switching-options secure-access-port vlan v100 ip-source-guard',
];
const BOTH = [bind('192.0.2.10', MAC, 100), bind('192.0.2.11', MAC, 100)];

let lab: JunosSwitch;
beforeEach(async () => {
  lab = await quickSwitch('ex3300-12.3', CONFIGURATION);
});
afterEach(async () => {
  await lab.close();
});

/** The next pass over the port, with the intent that was left; what it finds out about it. */
async function nextPass(
  left: readonly CommitIntent[],
  more: Partial<ConvergeContext> = {},
): Promise<readonly CommitFinding[]> {
  const findings: CommitFinding[] = [];
  const onOpenCommits = async (found: readonly CommitFinding[]): Promise<void> => {
    findings.push(...found);
  };
  await deviceFor(addressOf(lab)).converge(
    request([target('ge-0/0/1', BOTH)], { openCommits: left }),
    recordingContext({ onOpenCommits, ...more }),
  );
  return findings;
}

/** A pass that is stopped right before its commit, or after it took place; what it wrote down. */
async function interrupted(
  when: 'before' | 'after',
  settings: Parameters<typeof deviceFor>[1] = { confirmedCommit: 'never' },
): Promise<CommitIntent> {
  let written: CommitIntent | undefined;
  const context: ReturnType<typeof recordingContext> = recordingContext({
    beforeCommit: async (intent) => {
      written = intent;
      if (when === 'before') throw new Error('killed');
      lab.events.once('commit', () => {
        context.controller.abort(new Error('killed'));
      });
    },
  });
  await expect(
    deviceFor(addressOf(lab), settings).converge(request([target('ge-0/0/1', BOTH)]), context),
  ).rejects.toThrow();
  for (let look = 0; look < 500 && lab.sessions() > 0; look += 1) await sleep(10);
  if (written === undefined) throw new Error('nothing was written down');
  return written;
}

test('what is written down before a commit says what the commit does, under the text that it has in the log', async () => {
  const intent = await interrupted('after');
  expect(intent).toEqual({
    logToken: lab.commits()[0]?.log,
    confirmed: false,
    ports: [
      {
        port: 'ge-0/0/1',
        effectivePort: 'ge-0/0/1.0',
        added: [statementOf({ ip: parseIp('192.0.2.11'), mac: MAC, vlanName: 'v100' }, parseVlanId(100))],
        removed: [],
        commands: [
          'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.11 vlan v100 mac 02:00:00:00:00:10',
          'commit',
        ],
      },
    ],
  });
});

test('a commit that took place is found in the log by the next pass', async () => {
  const intent = await interrupted('after');
  expect(await nextPass([intent])).toEqual([
    {
      logToken: intent.logToken,
      fate: 'committed',
      evidence: 'commit-log',
      ports: [{ port: 'ge-0/0/1', state: 'in-effect' }],
    },
  ]);
  expect(lab.commits()).toHaveLength(1);
});

test('one that was never sent is not, and its findings come before anything is changed', async () => {
  const intent = await interrupted('before');
  const order: string[] = [];
  const findings = await nextPass([intent], {
    onOpenCommits: async (found) => {
      order.push(...found.map(({ fate }) => fate));
    },
    beforeCommit: async () => {
      order.push('commit');
    },
  });
  expect(findings).toEqual([]);
  expect(order).toEqual(['not-committed', 'commit']);
});

test('a confirmed commit that waits is confirmed first; then it is a commit like any other', async () => {
  const intent = await interrupted('after', { confirmedCommit: 'always' });
  expect([intent.confirmed, lab.pendingConfirm() !== undefined]).toEqual([true, true]);
  expect(await nextPass([intent])).toMatchObject([{ fate: 'committed', ports: [{ state: 'in-effect' }] }]);
  expect(lab.pendingConfirm()).toBeUndefined();
});

test('one that may wait, for the log does not show it, counts as committed only after a commit that confirms it', async () => {
  Object.assign(lab.faults.commitLog, { comments: false, pendingMark: false });
  const intent = await interrupted('after', { confirmedCommit: 'always' });
  const order: string[] = [];
  const more = request([target('ge-0/0/1', [...BOTH, bind('192.0.2.12', MAC, 100)])], { openCommits: [intent] });
  const onOpenCommits = async (found: readonly CommitFinding[]): Promise<void> => {
    order.push(...found.map(({ fate, ports }) => `${fate} ${ports[0]?.state ?? ''}`));
  };
  lab.events.on('commit', () => {
    order.push('commit');
  });
  await deviceFor(addressOf(lab)).converge(more, recordingContext({ onOpenCommits }));
  expect(order).toEqual(['commit', 'committed in-effect']);
  expect(lab.pendingConfirm()).toBeUndefined();
});

test('one that the switch took back meanwhile is found as such, and the change is made again', async () => {
  const intent = await interrupted('after', { confirmedCommit: 'always' });
  lab.expireConfirm();
  expect(await nextPass([intent])).toMatchObject([{ fate: 'committed', ports: [{ state: 'taken-back' }] }]);
  expect(lab.committedSet().filter((line) => line.includes('static-ip'))).toHaveLength(2);
});

test('one whose bindings somebody removed since is found as such', async () => {
  const intent = await interrupted('after');
  lab.editAsOperator(
    ['delete ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.11'],
    { commit: true },
  );
  expect(await nextPass([intent])).toMatchObject([{ fate: 'committed', ports: [{ state: 'changed-since' }] }]);
});

test('a pass that does not find out fails before it changes anything', async () => {
  const intent = await interrupted('before');
  const refuse = async (): Promise<void> => {
    throw new Error('the store does not answer');
  };
  await expect(nextPass([intent], { onOpenCommits: refuse })).rejects.toThrow('the store does not answer');
  expect(lab.commits()).toHaveLength(0);
});

describe('where the commit log does not tell', () => {
  const other = (log: string): CommitEntry => ({ user: 'netops', log, isMarkedPending: false });
  const full = Array.from({ length: 50 }, (_, index) => other(index === 49 ? 'portwarden before' : ''));
  const noBindings = { statements: () => [] };
  const intent = (more: Partial<CommitIntent> = {}): CommitIntent => ({
    logToken: 'portwarden lost',
    confirmed: false,
    ports: [],
    ...more,
  });

  test.each([
    ['none at all', undefined, 'bindings'],
    ['one that has moved on', { entries: full }, 'bindings'],
    ['one that is shorter than the switch keeps', { entries: full.slice(1) }, 'commit-log'],
  ] as const)('%s: the evidence is named', (_name, history, evidence) => {
    expect(judgeOpenCommit(intent(), history, noBindings)).toEqual({
      logToken: 'portwarden lost',
      fate: 'not-committed',
      evidence,
      ports: [],
    });
  });

  test('a full log that still has the commit before it would have this one too', () => {
    expect(
      judgeOpenCommit(intent({ previousToken: 'portwarden before' }), { entries: full }, noBindings),
    ).toMatchObject({ fate: 'not-committed', evidence: 'commit-log' });
  });

  test('the bindings do, and only ports where they are as the commit leaves them count as committed', async () => {
    const { logToken, ports, confirmed } = await interrupted('after');
    for (let more = 0; more < 51; more += 1) {
      const line = `ethernet-switching-options secure-access-port interface ge-0/0/2.0 mac-limit ${more + 1}`;
      lab.editAsOperator([`set ${line}`], { commit: true });
    }
    const untouched = ports.map((change) => ({
      ...change,
      port: parsePortName('ge-0/0/2'),
      effectivePort: parsePortName('ge-0/0/2.0'),
    }));
    expect(await nextPass([{ logToken, confirmed, ports: [...ports, ...untouched] }])).toEqual([
      { logToken, fate: 'committed', evidence: 'bindings', ports: [{ port: 'ge-0/0/1', state: 'in-effect' }] },
    ]);
  });
});
