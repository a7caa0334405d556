import type { CommitLogStyle, JunosSwitch, JunosSwitchOptions, RpcEvent } from '../../../lab/junos';
import type { JunosSettings } from '../../../src/devices/junos/settings';
import {
  addressOf,
  bind,
  codeOf,
  containing,
  deviceFor,
  outcomeOf,
  quickSwitch,
  recordingContext,
  request,
  target,
} from './support';

const MAC = '02:00:00:00:00:10';
const BINDING = 'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip';
const CONFIGURATION = ['set vlans v100 vlan-id 100', `${BINDING} 192.0.2.10 vlan v100 mac ${MAC}`];
const AFTER = `${BINDING} 192.0.2.11 vlan v100 mac ${MAC}`;
const MINUTE = 60_000;
const NOTHING: CommitLogStyle = { comments: false, pendingMark: false };
const COMMENTS_ONLY: CommitLogStyle = { comments: true, pendingMark: false };
const MARK_ONLY: CommitLogStyle = { comments: false, pendingMark: true };

/** What a switch may show of a confirmed commit, and how wrong its clock may be. */
const LOOKS: readonly (readonly [string, Partial<JunosSwitchOptions>])[] = [
  ['shows all', {}],
  ['shows only the comment', { commitLog: COMMENTS_ONLY }],
  ['shows only the comment, 15 minutes ahead', { commitLog: COMMENTS_ONLY, clockSkewMs: 15 * MINUTE }],
  ['shows only the comment, 15 minutes behind', { commitLog: COMMENTS_ONLY, clockSkewMs: -15 * MINUTE }],
  ['shows only the mark', { commitLog: MARK_ONLY }],
  ['shows nothing', { commitLog: NOTHING }],
  ['shows nothing, 15 minutes ahead', { commitLog: NOTHING, clockSkewMs: 15 * MINUTE }],
];

describe('confirmed commits', () => {
  let lab: JunosSwitch;
  const rpcs: RpcEvent[] = [];

  const start = async (options: Partial<JunosSwitchOptions> = {}): Promise<void> => {
    rpcs.length = 0;
    lab = await quickSwitch('ex3300-12.3', CONFIGURATION, options);
    lab.events.on('rpc', (event) => rpcs.push(event));
  };
  afterEach(() => lab.close());

  const converge = (settings: Partial<JunosSettings> = {}): ReturnType<ReturnType<typeof deviceFor>['converge']> =>
    deviceFor(addressOf(lab), { confirmedCommit: 'always', ...settings }).converge(
      request([target('ge-0/0/1.0', [bind('192.0.2.11', MAC, 100)])]),
      recordingContext(),
    );
  const sent = (operation: string, part = ''): number =>
    rpcs.filter((rpc) => rpc.operation === operation && rpc.xml.includes(part)).length;

  /** The process dies after its confirmed commit: the switch is left with it. */
  const interrupted = async (): Promise<void> => {
    lab.events.on('commit', () => {
      lab.faults.refuseConnections = true;
      lab.faults.triggers.push({ on: 'reply:commit-configuration', do: 'drop' });
    });
    expect(await codeOf(converge({ resolveDelaysMs: [10] }))).toBe('device-unknown-outcome');
    expect(lab.pendingConfirm()).toBeDefined();
    lab.faults.reset();
    lab.events.removeAllListeners('commit');
    rpcs.length = 0;
  };

  describe('of this pass', () => {
    it.each(LOOKS)('outlive their timer on a switch that %s', async (_look, options) => {
      await start(options);
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      expect(sent('commit-configuration', '<confirmed/>')).toBe(1);
      expect(lab.pendingConfirm()).toBeUndefined();
      lab.advance(24 * 60);
      expect(lab.committedSet()).toContain(AFTER);
    });

    it.each(LOOKS)('outlive it also when a check does not confirm, on a switch that %s', async (_look, options) => {
      await start(options);
      lab.faults.checkConfirms = false;
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      lab.advance(24 * 60);
      expect(lab.committedSet()).toContain(AFTER);
    });

    it('cost no second commit where the mark was seen to go, and one where it cannot be seen', async () => {
      await start();
      await converge();
      expect(lab.commits()).toHaveLength(1);
      await lab.close();
      await start({ commitLog: COMMENTS_ONLY });
      await converge();
      expect(lab.commits()).toHaveLength(2);
    });

    it('are confirmed by a commit when the switch refuses the check', async () => {
      await start();
      let committed = false;
      lab.events.on('commit', () => {
        committed = true;
      });
      lab.events.on('rpc', ({ xml }) => {
        if (committed && xml.includes('<check/>'))
          lab.faults.replies.push({
            rpc: 'commit-configuration',
            problems: [{ severity: 'error', message: 'a commit script objects' }],
          });
      });
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      lab.advance(24 * 60);
      expect(lab.committedSet()).toContain(AFTER);
    });

    it('are of unknown outcome, never applied, when the switch refuses to confirm them at all', async () => {
      await start({ commitLog: NOTHING });
      let committed = false;
      lab.events.on('commit', () => {
        committed = true;
      });
      lab.events.on('rpc', ({ operation }) => {
        if (committed && operation === 'commit-configuration')
          lab.faults.replies.push({ rpc: operation, problems: [{ severity: 'error', message: 'no more today' }] });
      });
      expect(await codeOf(converge())).toBe('device-unknown-outcome');
    });
  });

  describe('of an interrupted pass', () => {
    it.each(LOOKS)('are confirmed by the next one on a switch that %s', async (_look, options) => {
      await start(options);
      await interrupted();
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('unchanged');
      expect(lab.pendingConfirm()).toBeUndefined();
      lab.advance(24 * 60);
      expect(lab.committedSet()).toContain(AFTER);
    });

    it.each(LOOKS)(
      'are confirmed also when all that the next pass wants is refused, on a switch that %s',
      async (_look, options) => {
        await start(options);
        await interrupted();
        lab.faults.checkOut = { rejectIps: ['192.0.2.12'] };
        const result = await deviceFor(addressOf(lab), {}).converge(
          request([target('ge-0/0/2.0', [bind('192.0.2.12', MAC, 100)])]),
          recordingContext(),
        );
        expect(outcomeOf(result, 'ge-0/0/2.0').status).toBe('failed');
        lab.advance(24 * 60);
        expect(lab.committedSet()).toContain(AFTER);
      },
    );

    it('and undone since are made anew', async () => {
      await start({ commitLog: NOTHING });
      await interrupted();
      lab.advance(24 * 60);
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      lab.advance(24 * 60);
      expect(lab.committedSet()).toContain(AFTER);
    });

    it("cost nothing any more once a commit followed, or their time is over by the switch's own clock", async () => {
      await start({ commitLog: COMMENTS_ONLY, clockSkewMs: -15 * MINUTE });
      await converge();
      rpcs.length = 0;
      await converge();
      expect(sent('commit-configuration')).toBe(0);
      await lab.close();
      await start();
      await converge();
      lab.advance(12);
      rpcs.length = 0;
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('unchanged');
      expect(sent('commit-configuration')).toBe(0);
    });

    it('count as pending when the switch tells no time', async () => {
      await start({ commitLog: COMMENTS_ONLY });
      await interrupted();
      lab.faults.replies.push({
        rpc: 'get-system-uptime-information',
        problems: [{ severity: 'error', message: 'permission denied' }],
      });
      await converge();
      expect(lab.pendingConfirm()).toBeUndefined();
    });
  });

  describe('of somebody else', () => {
    const colleague = (minutes = 10): void => {
      lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' }).commitConfirmed(minutes);
    };

    it.each(LOOKS.filter(([look]) => !look.startsWith('shows nothing')))(
      'are not touched on a switch that %s',
      async (_look, options) => {
        await start(options);
        colleague();
        const pending = lab.pendingConfirm();
        await expect(converge()).rejects.toMatchObject({ code: 'device-busy', message: containing('alice') });
        expect(sent('commit-configuration') + sent('load-configuration')).toBe(0);
        expect(lab.pendingConfirm()).toEqual(pending);
        lab.advance(11);
        expect(lab.committedSet()).not.toContain('set vlans v900 vlan-id 900');
        expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      },
    );

    it('are not touched when the clock was put back since, nor when no time can be had', async () => {
      await start({ commitLog: COMMENTS_ONLY });
      colleague();
      lab.faults.clockSkewMs = -60 * MINUTE;
      expect(await codeOf(converge())).toBe('device-busy');
      lab.faults.clockSkewMs = 0;
      lab.advance(9);
      lab.faults.replies.push({
        rpc: 'get-system-uptime-information',
        problems: [{ severity: 'error', message: 'permission denied' }],
      });
      expect(await codeOf(converge())).toBe('device-busy');
      lab.faults.replies.push({ rpc: 'get-system-uptime-information', body: '<system-uptime-information/>' });
      expect(await codeOf(converge())).toBe('device-busy');
      expect(lab.pendingConfirm()).toBeDefined();
    });

    it('do not hold up anybody once they were confirmed, but for what their comment leaves in doubt', async () => {
      await start({ commitLog: MARK_ONLY });
      const session = lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' });
      session.commitConfirmed(10);
      session.check();
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.committedSet()).toContain('set vlans v900 vlan-id 900');
      await lab.close();
      await start({ commitLog: COMMENTS_ONLY });
      const other = lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' });
      other.commitConfirmed(10);
      other.check();
      expect(await codeOf(converge())).toBe('device-busy');
      lab.advance(12);
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
    });
  });

  describe('a pending `commit at`', () => {
    const scheduled = (): void => {
      lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' }).commitAt(30);
    };

    it('is busy, told from the commit log before anything is loaded', async () => {
      await start();
      scheduled();
      await expect(converge()).rejects.toMatchObject({ code: 'device-busy', message: containing('alice') });
      expect(sent('load-configuration') + sent('commit-configuration')).toBe(0);
      lab.advance(31);
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.committedSet()).toContain('set vlans v900 vlan-id 900');
    });

    it.each(['load', 'check', 'commit'] as const)(
      'is busy and blames no port when only its %s is refused',
      async (refusesAt) => {
        await start();
        for (const text of [
          'commit at is pending',
          'Another commit is scheduled and pending',
          'a pending commit exists; use clear system commit',
        ]) {
          lab.faults.scheduledCommit = { refusesAt, text, shown: false };
          scheduled();
          rpcs.length = 0;
          expect(await codeOf(converge())).toBe('device-busy');
          expect(sent('load-configuration')).toBeLessThanOrEqual(1);
          expect([lab.isLocked(), lab.isCandidateDirty()]).toEqual([false, false]);
          lab.clearScheduledCommit();
        }
      },
    );
  });
});
