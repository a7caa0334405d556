import type { DeviceState } from '../../../src/devices/device';
import type { Convergence } from '../../../src/devices/pass/convergence';
import { converge as pass } from '../../../src/devices/pass/converge';
import { preview } from '../../../src/devices/pass/preview';
import type { ConvergeContext, ConvergeRequest, PortTarget } from '../../../src/devices/pass/request';
import type { CommitFinding, CommitIntent } from '../../../src/domain/change/commitIntent';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { Keep } from '../../../src/domain/change/keep';
import type { Binding } from '../../../src/domain/desired/binding';
import { parseIp } from '../../../src/domain/values/ip';
import type { PortName } from '../../../src/domain/values/port';
import { bind, codeOf, outcomeOf, recordingContext, request, retryWhileBusy, target } from '../support';
import { MAC_10, MAC_20, type ComplianceSubject, type SubjectPorts } from './subject';

const ABSENT = { named: [], absent: [parseIp('192.0.2.10')] };
const STRICT = { maxRemovedBindings: 1, maxRemovedShare: 0.5 };
const MAC_11 = '02:00:00:00:00:11';
const MAC_50 = '02:00:00:00:00:50';

/** The promises of a pass, as sentences; run against every device of every kind that there is a driver for. */
export function describeCompliance(
  title: string,
  start: () => Promise<ComplianceSubject>,
  describeBlock: (title: string, tests: () => void) => void = describe,
): void {
  describeBlock(`${title} keeps the promises of a pass`, () => {
    let subject: ComplianceSubject;
    let ports: SubjectPorts;
    let rest: string;
    const seed = (): readonly string[] => [...firstSeed(), ...secondSeed()].sort();
    const firstSeed = (): readonly string[] => subject.lines(ports.first, '192.0.2.10', MAC_10, 100);
    const secondSeed = (): readonly string[] => subject.lines(ports.second, '192.0.2.20', MAC_20, 100);
    const together = (...lines: readonly (readonly string[])[]): readonly string[] => lines.flat().sort();
    const want = (port: PortName, desired: readonly Binding[], more: Partial<PortTarget> = {}): PortTarget =>
      target(port, desired, more);
    const converge = (
      targets: readonly PortTarget[],
      more: Partial<ConvergeRequest> = {},
      context: ConvergeContext = recordingContext(),
    ): Promise<Convergence> => pass(subject.device(), request(targets, more), context);

    beforeAll(async () => {
      subject = await start();
      ({ ports } = subject);
    });
    afterAll(async () => {
      await subject.stop();
    });
    beforeEach(async () => {
      await subject.reset();
      rest = await subject.rest();
    });
    afterEach(async () => {
      expect(await subject.rest()).toBe(rest);
      // Whatever a pass said stays true: nothing that it committed waits for a confirmation.
      const statements = await subject.statements();
      subject.letTimersRunOut?.();
      expect(await subject.statements()).toEqual(statements);
      expect(await subject.rest()).toBe(rest);
    });

    it('reads the statements of all ports, and of one by any of its names', async () => {
      const state = await subject.device().readState(new AbortController().signal);
      expect([...state.boundPorts()].sort()).toEqual([ports.first, ports.second].sort());
      expect(state.effectivePort(ports.firstAlias)).toBe(ports.first);
      const statements = state.statements(ports.first);
      expect(statements).toHaveLength(firstSeed().length);
      for (const { ip } of statements) expect(ip).toBe('192.0.2.10');
      expect(state.statements(ports.empty)).toEqual([]);
    });

    it('gives each statement of a port its own key, and the same one at every reading', async () => {
      await converge([want(ports.first, [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', MAC_10, 100)])]);
      const keys = async (): Promise<readonly string[]> =>
        (await subject.device().readState(new AbortController().signal)).statements(ports.first).map(({ key }) => key);
      const first = await keys();
      expect(new Set(first).size).toBe(first.length);
      expect(await keys()).toEqual(first);
    });

    it('says what it enforces of a port, each code once, whether the port has anything or not', async () => {
      const state = await subject.device().readState(AbortSignal.timeout(60_000));
      for (const port of [ports.first, ports.empty]) {
        const codes = state.coverage(state.effectivePort(port)).map(({ code }) => code);
        expect(codes).toContain('source-addresses');
        expect(new Set(codes).size).toBe(codes.length);
      }
    });

    it('adds a binding beside the present one, reads it back and names the commands', async () => {
      const result = await converge([
        want(ports.first, [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', MAC_11, 200)]),
      ]);
      expect(outcomeOf(result, ports.first)).toMatchObject({ status: 'applied', effectivePort: ports.first });
      const added = subject.lines(ports.first, '192.0.2.11', MAC_11, 200);
      expect(outcomeOf(result, ports.first).statements).toHaveLength(firstSeed().length + added.length);
      expect(result.commands.join('\n')).toContain('192.0.2.11');
      expect(result.commands.join('\n')).not.toContain('192.0.2.10 ');
      expect(result.commit?.diff).toContain('192.0.2.11');
      expect(result.commit?.diff).not.toContain('192.0.2.10 ');
      expect(await subject.statements()).toEqual(together(seed(), added));
    });

    it('backs up what is in force right before it commits, without secrets, and takes the steps in order', async () => {
      const context = recordingContext();
      await converge([want(ports.empty, [bind('192.0.2.50', MAC_10, 100)])], {}, context);
      expect([...new Set(context.steps)]).toEqual(subject.can.steps);
      expect(context.backups).toHaveLength(1);
      expect(context.backups[0]).toContain('192.0.2.20');
      expect(context.backups[0]).not.toContain('192.0.2.50');
      if (subject.secret !== undefined) expect(context.backups[0]).not.toContain(subject.secret);
    });

    it('makes a port that had nothing exactly what is desired', async () => {
      const desired = [bind('192.0.2.50', MAC_50, 100), bind('192.0.2.51', '02:00:00:00:00:51', 200)];
      const result = await converge([want(ports.emptyAlias, desired)]);
      expect(result.ports).toMatchObject([{ port: ports.emptyAlias, effectivePort: ports.empty, status: 'applied' }]);
      expect(await subject.statements()).toEqual(
        together(
          seed(),
          subject.lines(ports.empty, '192.0.2.50', MAC_50, 100),
          subject.lines(ports.empty, '192.0.2.51', '02:00:00:00:00:51', 200),
        ),
      );
    });

    it('replaces the MAC and, where it knows one, the VLAN of a binding', async () => {
      const other = '02:00:00:00:00:aa';
      await converge([want(ports.first, [bind('192.0.2.10', other, 100)])]);
      expect(await subject.statements()).toEqual(
        together(subject.lines(ports.first, '192.0.2.10', other, 100), secondSeed()),
      );
      const moved = await converge([want(ports.first, [bind('192.0.2.10', other, 200)])]);
      expect(outcomeOf(moved, ports.first).status).toBe(subject.can.vlans ? 'applied' : 'unchanged');
      expect(await subject.statements()).toEqual(
        together(subject.lines(ports.first, '192.0.2.10', other, 200), secondSeed()),
      );
    });

    it('moves an address from one port to another in one commit', async () => {
      const result = await converge([
        want(ports.first, []),
        want(ports.second, [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.20', MAC_20, 100)]),
      ]);
      expect(result.ports.map(({ status }) => status)).toEqual(['applied', 'applied']);
      expect(await subject.statements()).toEqual(
        together(subject.lines(ports.second, '192.0.2.10', MAC_10, 100), secondSeed()),
      );
    });

    it("wipes a port and leaves the operator's settings on it", async () => {
      const result = await converge([want(ports.first, [])]);
      expect(outcomeOf(result, ports.first)).toMatchObject({ status: 'applied', statements: [] });
      expect(await subject.statements()).toEqual(secondSeed());
    });

    it('neither prepares nor commits when nothing differs', async () => {
      const context = recordingContext();
      const result = await converge([want(ports.first, [bind('192.0.2.10', MAC_10, 100)])], {}, context);
      expect(result).toMatchObject({ ports: [{ status: 'unchanged' }], commands: [] });
      expect(result.commit).toBeUndefined();
      for (const step of ['load', 'backup', 'commit']) expect(context.steps).not.toContain(step);
    });

    it('shows what a pass would do, also while somebody else holds the device, and changes nothing', async () => {
      const wanted = request([want(ports.first, [bind('192.0.2.11', MAC_11, 200)])]);
      const release = await subject.holdLock?.();
      const readWhileHeld = async (): Promise<DeviceState> => {
        try {
          return await subject.device().readState(new AbortController().signal);
        } finally {
          await release?.();
        }
      };
      const state = await readWhileHeld();
      const shown = preview(state, wanted, []);
      expect(shown.ports).toMatchObject([{ status: 'change', effectivePort: ports.first }]);
      expect(shown.expected).toEqual({ seconds: expect.any(Number) as number, measuredCommits: 0 });
      expect(shown.expected.seconds).toBeGreaterThan(0);
      expect(shown.commands.replace.join('\n')).toContain('192.0.2.11');
      expect(await subject.statements()).toEqual(seed());
      const done = await pass(subject.device(), wanted, recordingContext());
      expect(done.commands).toEqual(shown.commands.difference);
      expect(outcomeOf(done, ports.first)).toMatchObject({
        plan: { add: shown.ports[0]?.added, remove: shown.ports[0]?.removed },
        statements: shown.ports[0]?.desired,
      });
    });

    it('parks a port that would lose its bindings because their addresses are gone, and applies the others', async () => {
      const result = await converge(
        [want(ports.first, [], { removals: ABSENT }), want(ports.empty, [bind('192.0.2.50', MAC_10, 100)])],
        { guards: STRICT },
      );
      const outcome = outcomeOf(result, ports.first);
      expect(outcome).toMatchObject({ status: 'parked', plan: { remove: [] }, parked: { guarded: true } });
      expect(outcome.parked?.remove).toHaveLength(firstSeed().length);
      expect(outcomeOf(result, ports.empty).status).toBe('applied');
      expect(result.commit?.diff).not.toContain('192.0.2.10');
      expect(await subject.statements()).toEqual(expect.arrayContaining([...firstSeed()]));
    });

    it('leaves statements that nobody knows, adds what is new beside them, and removes them once they are approved', async () => {
      const added = subject.lines(ports.first, '192.0.2.11', MAC_11, 200);
      const again = (approvedFingerprint?: string): Promise<Convergence> =>
        converge(
          [
            want(ports.first, [bind('192.0.2.11', MAC_11, 200)], {
              removals: NO_REMOVALS,
              ...(approvedFingerprint === undefined ? {} : { approvedFingerprint }),
            }),
          ],
          { guards: STRICT },
        );
      const first = outcomeOf(await again(), ports.first);
      expect(first).toMatchObject({ status: 'applied', plan: { remove: [] }, parked: { guarded: false } });
      expect(await subject.statements()).toEqual(together(seed(), added));
      expect(outcomeOf(await again('another'), ports.first)).toMatchObject({
        status: 'unchanged',
        parked: { fingerprint: first.parked?.fingerprint },
      });
      const approved = outcomeOf(await again(first.parked?.fingerprint), ports.first);
      expect(approved).toMatchObject({ status: 'applied', plan: { remove: first.parked?.remove } });
      expect(approved.parked).toBeUndefined();
      expect(await subject.statements()).toEqual(together(added, secondSeed()));
    });

    it('neither binds nor removes an address that two targets of one port want for different MACs', async () => {
      const claims = (ip: string, more: Partial<PortTarget> = {}): PortTarget[] => [
        want(ports.firstAlias, [bind(ip, MAC_10, 100)], more),
        want(ports.first, [bind(ip, MAC_20, 100)], more),
      ];
      expect(outcomeOf(await converge(claims('192.0.2.10')), ports.first)).toMatchObject({
        status: 'unchanged',
        excluded: [{ ip: '192.0.2.10', rule: 'duplicate-address' }],
      });
      const fresh = await converge(claims('192.0.2.12', { retainIps: [parseIp('192.0.2.10')] }));
      expect(outcomeOf(fresh, ports.first)).toMatchObject({
        status: 'unchanged',
        excluded: [{ ip: '192.0.2.12', rule: 'duplicate-address' }],
      });
      expect(await subject.statements()).toEqual(seed());
    });

    it('holds what a person keeps against a named removal, and puts it back where enough of it is known', async () => {
      const state = await subject.device().readState(new AbortController().signal);
      const keeps = state.statements(ports.second).map((statement, index): Keep => ({
        ...{ id: String(index), device: subject.device().id, port: ports.second, statement },
        ...{ author: 'ada@ops1', reason: 'router', createdAt: '2026-11-29T13:00:00.000Z' },
      }));
      expect(outcomeOf(await converge([want(ports.second, [])], { keeps }), ports.second)).toMatchObject({
        status: 'unchanged',
        remarks: keeps.map(() => expect.stringContaining('stays: it is kept by ada@ops1') as unknown),
      });
      expect(await subject.statements()).toEqual(seed());
      await converge([want(ports.second, [])]);
      expect(await subject.statements()).not.toEqual(seed());
      const isWhole = keeps.every(({ statement: { ip, mac, vlan } }) => ![ip, mac, vlan].includes(undefined));
      const outcome = outcomeOf(await converge([want(ports.second, [])], { keeps }), ports.second);
      if (isWhole) expect([outcome.status, await subject.statements()]).toEqual(['applied', seed()]);
      else expect(outcome.remarks[0]).toContain('not enough is known of it to put it back');
    });

    it('keeps statements whose source was not read for certain', async () => {
      const retained = { retainIps: [parseIp('192.0.2.10')] };
      await converge([want(ports.first, [bind('192.0.2.12', MAC_10, 100)], retained)]);
      expect(await subject.statements()).toEqual(
        together(seed(), subject.lines(ports.first, '192.0.2.12', MAC_10, 100)),
      );
    });

    it('merges targets that are one port and reports each', async () => {
      const result = await converge([
        want(ports.emptyAlias, [bind('192.0.2.50', MAC_10, 100)]),
        want(ports.empty, [bind('192.0.2.51', MAC_20, 100)]),
      ]);
      const names = subject.can.aliases ? [ports.emptyAlias, ports.empty] : [ports.empty];
      expect(result.ports.map(({ port, effectivePort, status }) => [port, effectivePort, status])).toEqual(
        names.map((name) => [name, ports.empty, 'applied']),
      );
      expect(await subject.statements()).toEqual(
        together(
          seed(),
          subject.lines(ports.empty, '192.0.2.50', MAC_10, 100),
          subject.lines(ports.empty, '192.0.2.51', MAC_20, 100),
        ),
      );
    });

    it('leaves out what the device cannot hold and says so', async () => {
      const result = await converge([
        want(ports.empty, [bind('192.0.2.50', MAC_10, 100), bind('2001:db8::50', MAC_10, 100)]),
      ]);
      const { status, excluded, statements, error } = outcomeOf(result, ports.empty);
      expect({
        status,
        excluded: excluded.map(({ ip, rule }) => `${ip} ${rule}`),
        addresses: new Set(statements.map(({ ip }) => ip)).size,
        code: error?.code,
      }).toEqual(
        {
          works: { status: 'applied', excluded: [], addresses: 2, code: undefined },
          excluded: { status: 'applied', excluded: ['2001:db8::50 ipv6-unsupported'], addresses: 1, code: undefined },
          rejected: { status: 'failed', excluded: [], addresses: 0, code: 'device-rejected' },
        }[subject.can.ipv6],
      );
    });

    it('lets a port that the device refuses fail alone', async () => {
      if (subject.refuse === undefined) return;
      subject.refuse(['192.0.2.50']);
      const result = await converge([
        want(ports.empty, [bind('192.0.2.50', MAC_50, 100)]),
        want(ports.first, [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', MAC_11, 100)]),
      ]);
      expect(outcomeOf(result, ports.empty)).toMatchObject({ status: 'failed', error: { code: 'device-rejected' } });
      expect(outcomeOf(result, ports.first).status).toBe('applied');
      expect(result.commands.join('\n')).not.toContain('192.0.2.50');
      expect(await subject.statements()).toEqual(
        together(seed(), subject.lines(ports.first, '192.0.2.11', MAC_11, 100)),
      );
    });

    it('commits nothing when it refuses every port', async () => {
      if (subject.refuse === undefined) return;
      subject.refuse(['192.0.2.50']);
      const result = await converge([want(ports.empty, [bind('192.0.2.50', MAC_50, 100)])]);
      expect(outcomeOf(result, ports.empty).status).toBe('failed');
      expect([result.commit, result.commands]).toEqual([undefined, []]);
      expect(await subject.statements()).toEqual(seed());
    });

    it('is busy while somebody else holds it, and works afterwards', async () => {
      if (subject.holdLock === undefined) return;
      const release = await subject.holdLock();
      const wanted = (): Promise<Convergence> => converge([want(ports.first, [])]);
      try {
        expect(await codeOf(wanted())).toBe('device-busy');
        expect(await subject.statements()).toEqual(seed());
      } finally {
        await release();
      }
      expect(outcomeOf(await wanted(), ports.first).status).toBe('applied');
    });

    it('finds out what became of a commit whose pass was interrupted, before it changes anything', async () => {
      const wanted = [want(ports.first, [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', MAC_11, 100)])];
      const written: CommitIntent[] = [];
      const beforeCommit = async (intent: CommitIntent): Promise<void> => {
        written.push(intent);
      };
      await converge(wanted, {}, recordingContext({ beforeCommit }));
      const refuse = async (intent: CommitIntent): Promise<void> => {
        written.push(intent);
        throw new Error('killed');
      };
      const more = [want(ports.empty, [bind('192.0.2.50', MAC_50, 100)])];
      await expect(converge(more, {}, recordingContext({ beforeCommit: refuse }))).rejects.toThrow('killed');
      const findings: CommitFinding[] = [];
      const onOpenCommits = async (found: readonly CommitFinding[]): Promise<void> => {
        findings.push(...found);
      };
      await converge(wanted, { openCommits: written }, recordingContext({ onOpenCommits }));
      expect(findings).toMatchObject([
        { fate: 'committed', evidence: subject.can.evidence, ports: [{ port: ports.first, state: 'in-effect' }] },
        { fate: 'not-committed', evidence: subject.can.evidence },
      ]);
    });

    it('commits nothing when the attempt is no longer the current one', async () => {
      const refuse = recordingContext({ beforeCommit: () => Promise.reject(new Error('superseded')) });
      await expect(converge([want(ports.first, [])], {}, refuse)).rejects.toThrow('superseded');
      expect(await subject.statements()).toEqual(seed());
      expect(outcomeOf(await converge([want(ports.first, [])]), ports.first).status).toBe('applied');
    });

    it('commits nothing when the backup cannot be kept', async () => {
      const refuse = recordingContext({ onBackup: () => Promise.reject(new Error('disk full')) });
      await expect(converge([want(ports.first, [])], {}, refuse)).rejects.toThrow('disk full');
      expect(await subject.statements()).toEqual(seed());
    });

    it('commits nothing after an abort, and leaves nothing held', async () => {
      const context = recordingContext({ onBackup: async () => context.controller.abort() });
      expect(await codeOf(converge([want(ports.first, [])], {}, context))).toBe('stale-attempt');
      expect(await subject.statements()).toEqual(seed());
      const result = await retryWhileBusy(() => converge([want(ports.first, [])]));
      expect(outcomeOf(result, ports.first).status).toBe('applied');
    });
  });
}
