import type { JunosSwitch, RpcEvent, Trigger } from '../../../lab/junos';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../../../src/devices/junos/settings';
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

const CONFIGURATION = [
  'set system host-name sw',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10',
];
const MAC = '02:00:00:00:00:10';
const WANTED = [target('ge-0/0/1.0', [bind('192.0.2.11', MAC, 100)])];
const LINE_BEFORE =
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10';
const LINE_AFTER =
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.11 vlan v100 mac 02:00:00:00:00:10';

describe('a switch on which things go wrong', () => {
  let lab: JunosSwitch;
  const rpcs: RpcEvent[] = [];

  beforeEach(async () => {
    rpcs.length = 0;
    lab = await quickSwitch('ex3300-12.3', CONFIGURATION);
    lab.events.on('rpc', (event) => rpcs.push(event));
  });
  afterEach(() => lab.close());

  const device = (settings: Partial<JunosSettings> = {}, commitTimeout = 20_000): ReturnType<typeof deviceFor> =>
    deviceFor(addressOf(lab), { confirmedCommit: 'never', ...settings }, { timeouts: { commit: commitTimeout } });
  const converge = (
    settings: Partial<JunosSettings> = {},
    commitTimeout?: number,
  ): ReturnType<ReturnType<typeof device>['converge']> =>
    device(settings, commitTimeout).converge(request(WANTED), recordingContext());
  const sent = (operation: string, containing = ''): number =>
    rpcs.filter((rpc) => rpc.operation === operation && rpc.xml.includes(containing)).length;

  const untilFree = async (): Promise<void> => {
    for (let left = 50; lab.sessions() > 0 && left > 0; left -= 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lab.sessions()).toBe(0);
    expect(lab.isLocked()).toBe(false);
  };

  describe('when the connection is lost around the commit', () => {
    it.each<[string, Trigger]>([
      ['while locking', { on: 'rpc:lock', do: 'drop' }],
      ['while reading', { on: 'rpc:get-configuration', do: 'drop' }],
      ['after the load', { on: 'reply:load-configuration', do: 'drop' }],
    ])('before it, %s, is unreachable and changes nothing', async (_when, trigger) => {
      lab.faults.triggers.push(trigger);
      expect(await codeOf(converge())).toBe('device-unreachable');
      expect(lab.committedSet()).toContain(LINE_BEFORE);
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
    });

    it('right before it, reading back proves that nothing was committed', async () => {
      lab.faults.triggers.push({ on: 'before-commit', do: 'drop' });
      expect(await codeOf(converge())).toBe('device-unreachable');
      expect(lab.committedSet()).toContain(LINE_BEFORE);
      expect(lab.isLocked()).toBe(false);
    });

    it('during it, and it took effect, is applied', async () => {
      lab.faults.triggers.push({ on: 'during-commit', do: 'drop' });
      const result = await converge();
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.committedSet()).toContain(LINE_AFTER);
      expect(lab.commits()).toHaveLength(1);
      expect(lab.isLocked()).toBe(false);
    });

    it('during it, and it was abandoned, is unreachable', async () => {
      lab.faults.triggers.push({ on: 'during-commit', do: 'drop', commits: false });
      expect(await codeOf(converge())).toBe('device-unreachable');
      expect(lab.committedSet()).toContain(LINE_BEFORE);
    });

    it('after it and before the reply, is applied', async () => {
      lab.faults.triggers.push({ on: 'after-commit-before-reply', do: 'drop' });
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.commits()).toHaveLength(1);
    });

    it("on a second try, is not taken for the first try's commit", async () => {
      const again = (last: string): ReturnType<typeof converge> =>
        device().converge(
          request([target('ge-0/0/1.0', [bind(`192.0.2.${last}`, MAC, 100)])], { logToken: 'the-same-pass' }),
          recordingContext(),
        );
      expect((await again('12')).commit?.logToken).toBe('portwarden the-same-pass');
      lab.faults.triggers.push({ on: 'before-commit', do: 'drop' });
      expect(await codeOf(again('13'))).toBe('device-unreachable');
      expect((await again('13')).commit?.logToken).toBe('portwarden the-same-pass try 2');
      expect(lab.commits().map(({ log }) => log)).toEqual([
        'portwarden the-same-pass try 2',
        'portwarden the-same-pass',
      ]);
    });

    it('because the switch crashed, tells what survived', async () => {
      lab.faults.triggers.push({ on: 'before-commit', do: 'crash' });
      expect(await codeOf(converge())).toBe('device-unreachable');
      expect(lab.committedSet()).toContain(LINE_BEFORE);
    });

    it('and the switch stays away, is an unknown outcome', async () => {
      lab.faults.triggers.push({ on: 'during-commit', do: 'drop' });
      lab.events.on('commit', () => {
        lab.faults.refuseConnections = true;
      });
      expect(await codeOf(converge({ resolveDelaysMs: [10, 20] }))).toBe('device-unknown-outcome');
    });
  });

  it('waits for a commit that outlasts the time-out, and learns that it took effect', async () => {
    lab.faults.commitMs = 600;
    const result = await converge({}, 200);
    expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
    expect(lab.commits()).toHaveLength(1);
  });

  it('says unknown outcome, not success and not failure, while a commit hangs beyond all patience', async () => {
    lab.faults.commitMs = 800;
    expect(await codeOf(converge({ resolveDelaysMs: [20, 20] }, 100))).toBe('device-unknown-outcome');
  });

  it('does not wait for a silent switch twice: the session is cut and the switch drops lock and changes', async () => {
    lab.faults.triggers.push({ on: 'reply:load-configuration', do: 'hang' });
    const work = deviceFor(addressOf(lab), {}, { timeouts: { load: 200 } }).converge(
      request(WANTED),
      recordingContext(),
    );
    expect(await codeOf(work)).toBe('device-timeout');
    await untilFree();
    expect(lab.isCandidateDirty()).toBe(false);
    expect(lab.committedSet()).toContain(LINE_BEFORE);
  });

  it('takes a malformed success for what it is: unknown until read back', async () => {
    lab.faults.output.unclosedRoutingEngine = true;
    const result = await converge();
    expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
    expect(lab.commits()).toHaveLength(1);
  });

  it('does not trust a success from a virtual chassis one member of which did not answer, but reads back', async () => {
    const half = '<routing-engine><name>fpc0</name><commit-success/></routing-engine>';
    const silent =
      '<routing-engine><name>fpc1</name><rpc-error><error-severity>error</error-severity><error-message>Could not connect to fpc1 : No route to host</error-message></rpc-error></routing-engine>';
    lab.events.on('rpc', (event) => {
      if (event.operation === 'commit-configuration' && event.xml.includes('<log>')) {
        lab.faults.replies.push({
          rpc: 'commit-configuration',
          body: `<commit-results>${half}${silent}</commit-results>`,
        });
      }
    });
    expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
  });

  it('finds a change that somebody made between the commit and the read-back', async () => {
    lab.events.once('commit', () => {
      lab.faults.triggers.push({ on: 'reply:commit-configuration', do: 'drop' });
    });
    lab.events.on('session-close', () => {
      if (lab.commits().length === 1)
        lab.editAsOperator([LINE_AFTER.replace('set', 'delete').replace(/ vlan .*/, '')], { commit: true });
    });
    const result = await converge();
    expect(outcomeOf(result, 'ge-0/0/1.0')).toMatchObject({
      status: 'failed',
      error: { code: 'device-readback-mismatch' },
      statements: [],
    });
  });

  describe('when somebody else is at it', () => {
    it('names who holds the lock, and neither waits nor kills', async () => {
      const operator = lab.editAsOperator(['set system host-name theirs'], { lock: true, user: 'alice' });
      await expect(converge()).rejects.toMatchObject({ code: 'device-busy', details: { holder: 'alice' } });
      expect(sent('kill-session')).toBe(0);
      expect(lab.candidateSet()).toContain('set system host-name theirs');
      operator.release();
    });

    it('leaves uncommitted edits of others where they are', async () => {
      const operator = lab.editAsOperator(['set system host-name theirs']);
      expect(await codeOf(converge())).toBe('device-foreign-edits');
      expect(lab.candidateSet()).toContain('set system host-name theirs');
      expect(sent('discard-changes')).toBe(0);
      operator.commit();
      expect(outcomeOf(await converge(), 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.committedSet()).toContain('set system host-name theirs');
    });

    it('keeps away while a confirmed commit of somebody else waits: any check of ours would confirm it', async () => {
      lab.faults.replies.push({
        rpc: 'get-commit-information',
        body: '<commit-information><commit-history><sequence-number>0</sequence-number><user>alice</user><client>cli</client><comment>commit confirmed, rollback in 10mins</comment></commit-history></commit-information>',
      });
      await expect(converge()).rejects.toMatchObject({ code: 'device-busy', message: containing('alice') });
      expect(sent('commit-configuration')).toBe(0);
    });
  });

  describe('when the switch rejects some of many ports', () => {
    const many = (count: number): ReturnType<typeof target>[] =>
      Array.from({ length: count }, (_, i) => target(`ge-0/0/${i}.0`, [bind(`198.51.100.${i + 1}`, MAC, 100)]));

    it.each(['load', 'check'] as const)('drops the one that its %s names, and commits the rest', async (rejectAt) => {
      lab.faults.checkOut = { rejectIps: ['198.51.100.4'], rejectAt };
      const result = await device().converge(request(many(8)), recordingContext());
      expect(result.ports.map(({ status }) => status)).toEqual([
        'applied',
        'applied',
        'applied',
        'failed',
        'applied',
        'applied',
        'applied',
        'applied',
      ]);
      expect(outcomeOf(result, 'ge-0/0/3.0').error).toMatchObject({
        code: 'device-rejected',
        message: containing('198.51.100.4'),
      });
      expect(lab.commits()).toHaveLength(1);
      expect(sent('load-configuration')).toBe(2);
    });

    it.each([
      ['one', ['198.51.100.11']],
      ['three', ['198.51.100.1', '198.51.100.17', '198.51.100.32']],
    ] as const)('finds %s by halving when nothing is named, within log2 n checks each', async (_count, rejectIps) => {
      lab.faults.checkOut = { rejectIps: [...rejectIps], namePath: false };
      const result = await device().converge(request(many(32)), recordingContext());
      const failed = result.ports.filter(({ status }) => status === 'failed').map(({ port }) => port);
      expect(failed).toEqual(rejectIps.map((ip) => `ge-0/0/${Number(ip.split('.')[3]) - 1}.0`));
      expect(result.ports.filter(({ status }) => status === 'applied')).toHaveLength(32 - rejectIps.length);
      // The first try, one of the unchanged configuration, and per culprit five halvings and the try without it.
      expect(sent('commit-configuration', '<check')).toBeLessThanOrEqual(2 + rejectIps.length * (5 + 1));
      expect(lab.commits()).toHaveLength(1);
    });

    it('blames no port when the switch refuses even its present configuration', async () => {
      lab.faults.checkOut = { rootAuthentication: 'require' };
      await expect(device().converge(request(many(3)), recordingContext())).rejects.toMatchObject({
        code: 'device-rejected',
        message: containing('root-authentication'),
      });
      expect(lab.isCandidateDirty()).toBe(false);
      expect(lab.commits()).toHaveLength(0);
    });

    it('commits nothing and leaves a clean candidate when all are rejected', async () => {
      lab.faults.checkOut = { rejectIps: ['198.51.100.1', '198.51.100.2'] };
      const result = await device().converge(request(many(2)), recordingContext());
      expect(result.ports.map(({ status }) => status)).toEqual(['failed', 'failed']);
      expect(result.commit).toBeUndefined();
      expect(lab.commits()).toHaveLength(0);
      expect(lab.isCandidateDirty()).toBe(false);
    });

    it('takes a port out when only the commit refuses it', async () => {
      lab.faults.replies.push({
        rpc: 'commit-configuration',
        body: '<commit-results><routing-engine><name>fpc0</name><commit-check-success/></routing-engine></commit-results>',
      });
      lab.faults.checkOut = { rejectIps: ['198.51.100.1'] };
      const result = await device().converge(request(many(2)), recordingContext());
      expect(result.ports.map(({ status }) => status)).toEqual(['failed', 'applied']);
    });
  });

  describe('when the diff of the switch is not the computed change', () => {
    const diff = (text: string): void => {
      let loaded = false;
      lab.events.on('rpc', (event) => {
        if (event.operation === 'load-configuration') loaded = true;
        if (
          event.operation === 'get-configuration' &&
          loaded &&
          event.xml.includes('compare') &&
          lab.faults.replies.length === 0
        ) {
          lab.faults.replies.push({
            rpc: 'get-configuration',
            body: `<configuration-information><configuration-output>\n${text}\n</configuration-output></configuration-information>`,
            times: 1,
          });
        }
      });
    };

    it.each([
      ['touches something else', '[edit system]\n-  host-name sw;\n+  host-name other;'],
      [
        "deletes the port's node",
        '[edit ethernet-switching-options secure-access-port]\n-    interface ge-0/0/1.0 {\n-        static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10;\n-    }',
      ],
      ['lacks the change', ''],
      ['cannot be read', 'gibberish'],
    ])('commits nothing and discards its own changes when it %s', async (_what, text) => {
      diff(text);
      const outcome = await converge().then(
        (result) => outcomeOf(result, 'ge-0/0/1.0').error?.code,
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      );
      expect(outcome).toBe('device-diff-mismatch');
      expect(lab.commits()).toHaveLength(0);
      expect(lab.isCandidateDirty()).toBe(false);
      expect(lab.committedSet()).toContain(LINE_BEFORE);
    });
  });

  describe('with confirmed commits', () => {
    const confirmed = (): number => sent('commit-configuration', '<confirmed');
    const checks = (): number => sent('commit-configuration', '<check');

    it('uses one for the first change, confirms it by a check, and none for the next', async () => {
      const result = await converge({ confirmedCommit: 'first-change-and-large' });
      expect(result.commit?.confirmed).toBe(true);
      expect(lab.pendingConfirm()).toBeUndefined();
      expect([confirmed(), checks(), lab.commits().length]).toEqual([1, 2, 1]);
      expect(rpcs.find((rpc) => rpc.xml.includes('<confirmed'))?.xml).toContain(
        `<confirm-timeout>${DEFAULT_JUNOS_SETTINGS.confirmTimeoutMinutes}</confirm-timeout>`,
      );
      const second = await device({ confirmedCommit: 'first-change-and-large' }).converge(
        request([target('ge-0/0/1.0', [])]),
        recordingContext(),
      );
      expect(second.commit?.confirmed).toBe(false);
      expect(confirmed()).toBe(1);
    });

    it('uses one for a large change', async () => {
      await converge({ confirmedCommit: 'never' });
      const result = await device({ confirmedCommit: 'first-change-and-large', largeChangeBindings: 2 }).converge(
        request([target('ge-0/0/1.0', [bind('192.0.2.30', MAC, 100), bind('192.0.2.31', MAC, 100)])]),
        recordingContext(),
      );
      expect(result.commit?.confirmed).toBe(true);
    });

    it('falls back to a second commit where the check does not confirm', async () => {
      let committed = false;
      lab.events.on('rpc', (event) => {
        if (event.xml.includes('<confirmed')) committed = true;
        if (committed && event.operation === 'get-commit-information') {
          const token = /<log>([^<]+)</.exec(rpcs.find((rpc) => rpc.xml.includes('<confirmed'))?.xml ?? '')?.[1] ?? '';
          lab.faults.replies.push({
            rpc: 'get-commit-information',
            body: `<commit-information><commit-history><sequence-number>0</sequence-number><user>portwarden</user><comment>commit confirmed, rollback in 10mins</comment><log>${token}</log></commit-history></commit-information>`,
          });
        }
      });
      const result = await converge({ confirmedCommit: 'always' });
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.commits()).toHaveLength(2);
      expect(lab.pendingConfirm()).toBeUndefined();
    });

    it('does not confirm what was not read back, and says that the switch will undo it', async () => {
      lab.events.on('commit', () => {
        lab.faults.replies.push({
          rpc: 'get-configuration',
          body: '<configuration><vlans><vlan><name>v100</name><vlan-id>100</vlan-id></vlan></vlans></configuration>',
          times: 2,
        });
      });
      const result = await converge({ confirmedCommit: 'always', dialect: 'secure-access-port' });
      expect(outcomeOf(result, 'ge-0/0/1.0').error?.code).toBe('device-readback-mismatch');
      expect(lab.pendingConfirm()).toBeDefined();
      lab.expireConfirm();
      expect(lab.committedSet()).toContain(LINE_BEFORE);
    });

    it('confirms a commit whose reply was lost once it is found again', async () => {
      lab.faults.triggers.push({ on: 'after-commit-before-reply', do: 'drop' });
      const result = await converge({ confirmedCommit: 'always' });
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
      expect(lab.pendingConfirm()).toBeUndefined();
      expect(lab.committedSet()).toContain(LINE_AFTER);
    });

    it('confirms on the next pass what an interrupted one left pending', async () => {
      lab.events.on('commit', () => {
        lab.faults.refuseConnections = true;
        lab.faults.triggers.push({ on: 'reply:commit-configuration', do: 'drop' });
      });
      expect(await codeOf(converge({ confirmedCommit: 'always', resolveDelaysMs: [10] }))).toBe(
        'device-unknown-outcome',
      );
      expect(lab.pendingConfirm()).toBeDefined();
      lab.faults.reset();
      lab.events.removeAllListeners('commit');
      const result = await converge({ confirmedCommit: 'always' });
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('unchanged');
      expect(lab.pendingConfirm()).toBeUndefined();
      expect(lab.commits()).toHaveLength(1);
      expect(lab.committedSet()).toContain(LINE_AFTER);
    });
  });

  it('does not hide a missing right behind a rejection', async () => {
    await lab.close();
    lab = await quickSwitch('ex3300-12.3', CONFIGURATION, { permissions: 'read-only' });
    expect(await codeOf(converge())).toBe('device-permission');
  });

  it('closes every session it opened', async () => {
    await converge();
    await untilFree();
  });
});
