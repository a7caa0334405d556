import type { JunosSettings } from '../../../src/devices/junos/settings';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import { parseIp } from '../../../src/domain/values/ip';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { preview } from '../../../src/devices/pass/preview';
import { bind, codeOf, outcomeOf, recordingContext, request, target, type DrivenSwitch } from './support';

/** Something that speaks NETCONF and holds bindings, seen from outside the driver. */
export interface ComplianceSubject {
  /** A driver for it; it is to hold VLANs v100 (id 100) and v200 (id 200). */
  device(settings?: Partial<JunosSettings>): DrivenSwitch;
  /** What becomes of a port with an IPv6 binding: it works, the binding is left out, or the server knows no such statement. */
  readonly ipv6: 'works' | 'excluded' | 'rejected';
  readonly vlanMustExist: boolean;
  /** Binding lines as an independent client sees them: `PORT IP MAC VLAN`, sorted. */
  bindings(): Promise<readonly string[]>;
  /** Everything else that is configured, in any stable form. */
  rest(): Promise<string>;
  /** Back to the seed: ge-0/0/1.0 has 192.0.2.10 with 02:00:00:00:00:10, ge-0/0/2.0 has 192.0.2.20 with …:20, both in v100. */
  reset(): Promise<void>;
  /** Takes the lock as somebody else, and gives it back. */
  holdLock(): Promise<() => Promise<void>>;
  /** Where the server has confirmed commits: lets so much time pass that each of their timers has run out. */
  letTimersRunOut?(): void;
  stop(): Promise<void>;
}

const MAC_10 = '02:00:00:00:00:10';
const MAC_20 = '02:00:00:00:00:20';
const SEED = [`ge-0/0/1.0 192.0.2.10 ${MAC_10} v100`, `ge-0/0/2.0 192.0.2.20 ${MAC_20} v100`];
const ABSENT = { named: [], absent: [parseIp('192.0.2.10')] };
const STRICT = { maxRemovedBindings: 1, maxRemovedShare: 0.5 };

/** The promises of the Device interface, as sentences; run against every server that the driver claims to drive. */
export function describeCompliance(
  title: string,
  start: () => Promise<ComplianceSubject>,
  describeBlock: (title: string, tests: () => void) => void = describe,
): void {
  describeBlock(`${title} keeps the promises of the device interface`, () => {
    let subject: ComplianceSubject;
    let rest: string;

    beforeAll(async () => {
      subject = await start();
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
      const bindings = await subject.bindings();
      subject.letTimersRunOut?.();
      expect(await subject.bindings()).toEqual(bindings);
      expect(await subject.rest()).toBe(rest);
    });

    it('reads the bindings of all ports and of one', async () => {
      const state = await subject.device().readState(new AbortController().signal);
      expect(state.boundPorts()).toEqual(['ge-0/0/1.0', 'ge-0/0/2.0']);
      const port = state.effectivePort(target('ge-0/0/1', []).port);
      expect(port).toBe('ge-0/0/1.0');
      expect(state.statements(port)).toEqual([
        statementOf({ ip: parseIp('192.0.2.10'), mac: MAC_10, vlanName: 'v100' }, parseVlanId(100)),
      ]);
    });

    it('adds a binding beside the present one, reads it back and names the commands', async () => {
      const context = recordingContext();
      const result = await subject
        .device()
        .converge(
          request([
            target('ge-0/0/1.0', [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', '02:00:00:00:00:11', 200)]),
          ]),
          context,
        );
      expect(outcomeOf(result, 'ge-0/0/1.0')).toMatchObject({ status: 'applied', effectivePort: 'ge-0/0/1.0' });
      expect(outcomeOf(result, 'ge-0/0/1.0').statements).toHaveLength(2);
      expect(result.commands.filter((line) => line.startsWith('set '))).toHaveLength(1);
      expect(result.commands.at(-1)).toBe('commit');
      expect(result.commit?.diff).toContain('192.0.2.11');
      expect(result.commit?.diff).not.toContain('192.0.2.10 ');
      expect(await subject.bindings()).toEqual([SEED[0], 'ge-0/0/1.0 192.0.2.11 02:00:00:00:00:11 v200', SEED[1]]);
    });

    it('backs up what is committed right before it commits, and takes the steps in order', async () => {
      const context = recordingContext();
      await subject.device().converge(request([target('ge-0/0/5.0', [bind('192.0.2.50', MAC_10, 100)])]), context);
      const order = [...new Set(context.steps)];
      expect(order).toEqual(['lock', 'read', 'load', 'diff', 'check', 'backup', 'commit', 'read-back', 'unlock']);
      expect(context.backups).toHaveLength(1);
      expect(context.backups[0]).toContain('192.0.2.20');
      expect(context.backups[0]).not.toContain('192.0.2.50');
      expect(context.backups[0]).not.toContain('$6$lab$secret');
    });

    it('makes a port that had nothing exactly what is desired', async () => {
      const desired = [bind('192.0.2.50', '02:00:00:00:00:50', 100), bind('192.0.2.51', '02:00:00:00:00:51', 200)];
      const result = await subject.device().converge(request([target('ge-0/0/5', desired)]), recordingContext());
      expect(result.ports).toMatchObject([{ port: 'ge-0/0/5', effectivePort: 'ge-0/0/5.0', status: 'applied' }]);
      expect(await subject.bindings()).toEqual([
        ...SEED,
        'ge-0/0/5.0 192.0.2.50 02:00:00:00:00:50 v100',
        'ge-0/0/5.0 192.0.2.51 02:00:00:00:00:51 v200',
      ]);
    });

    it('replaces the MAC and the VLAN of a binding', async () => {
      const device = subject.device();
      await device.converge(
        request([target('ge-0/0/1.0', [bind('192.0.2.10', '02:00:00:00:00:aa', 100)])]),
        recordingContext(),
      );
      expect(await subject.bindings()).toEqual(['ge-0/0/1.0 192.0.2.10 02:00:00:00:00:aa v100', SEED[1]]);
      await device.converge(
        request([target('ge-0/0/1.0', [bind('192.0.2.10', '02:00:00:00:00:aa', 200)])]),
        recordingContext(),
      );
      expect(await subject.bindings()).toEqual(['ge-0/0/1.0 192.0.2.10 02:00:00:00:00:aa v200', SEED[1]]);
    });

    it('moves an address from one port to another in one commit', async () => {
      const result = await subject
        .device()
        .converge(
          request([
            target('ge-0/0/1.0', []),
            target('ge-0/0/2.0', [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.20', MAC_20, 100)]),
          ]),
          recordingContext(),
        );
      expect(result.ports.map(({ status }) => status)).toEqual(['applied', 'applied']);
      expect(await subject.bindings()).toEqual([`ge-0/0/2.0 192.0.2.10 ${MAC_10} v100`, SEED[1]]);
    });

    it("wipes a port and leaves the operator's settings on it", async () => {
      const result = await subject.device().converge(request([target('ge-0/0/1.0', [])]), recordingContext());
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
      expect(outcomeOf(result, 'ge-0/0/1.0').statements).toEqual([]);
      expect(await subject.bindings()).toEqual([SEED[1]]);
    });

    it('neither loads nor commits when nothing differs', async () => {
      const context = recordingContext();
      const result = await subject
        .device()
        .converge(request([target('ge-0/0/1.0', [bind('192.0.2.10', MAC_10, 100)])]), context);
      expect(result).toMatchObject({ ports: [{ status: 'unchanged' }], commands: [] });
      expect(result.commit).toBeUndefined();
      expect(context.steps).not.toContain('load');
      expect(context.steps).not.toContain('commit');
    });

    it('shows what a pass would do, while somebody else holds the lock, and changes nothing', async () => {
      const wanted = request([target('ge-0/0/1.0', [bind('192.0.2.11', '02:00:00:00:00:11', 200)])]);
      const release = await subject.holdLock();
      const shown = await preview(subject.device(), wanted, new AbortController().signal).finally(release);
      expect(shown).toMatchObject({
        ports: [{ status: 'change', desired: [{ ip: '192.0.2.11' }], actual: [{ ip: '192.0.2.10' }] }],
      });
      expect(await subject.bindings()).toEqual(SEED);
      const done = await subject.device().converge(wanted, recordingContext());
      expect(done.commands).toEqual(shown.commands.difference);
      expect(outcomeOf(done, 'ge-0/0/1.0')).toMatchObject({
        plan: { add: shown.ports[0]?.added, remove: shown.ports[0]?.removed },
        statements: shown.ports[0]?.desired,
      });
    });

    it('parks a port that would lose its bindings because their addresses are gone, and applies the others', async () => {
      const result = await subject
        .device()
        .converge(
          request(
            [target('ge-0/0/1.0', [], { removals: ABSENT }), target('ge-0/0/5.0', [bind('192.0.2.50', MAC_10, 100)])],
            { guards: STRICT },
          ),
          recordingContext(),
        );
      expect(outcomeOf(result, 'ge-0/0/1.0')).toMatchObject({
        status: 'parked',
        plan: { remove: [] },
        parked: { guarded: true, remove: [{ ip: '192.0.2.10' }] },
      });
      expect(outcomeOf(result, 'ge-0/0/5.0').status).toBe('applied');
      expect(result.commit?.diff).not.toContain('192.0.2.10');
      expect(await subject.bindings()).toContain(SEED[0]);
    });

    it('leaves bindings that nobody knows, adds what is new beside them, and removes them once they are approved', async () => {
      const device = subject.device();
      const desired = [bind('192.0.2.11', '02:00:00:00:00:11', 200)];
      const pass = (approvedFingerprint?: string): ReturnType<DrivenSwitch['converge']> =>
        device.converge(
          request(
            [
              target('ge-0/0/1.0', desired, {
                removals: NO_REMOVALS,
                ...(approvedFingerprint === undefined ? {} : { approvedFingerprint }),
              }),
            ],
            { guards: STRICT },
          ),
          recordingContext(),
        );
      const first = outcomeOf(await pass(), 'ge-0/0/1.0');
      expect(first).toMatchObject({
        status: 'applied',
        plan: { remove: [] },
        parked: { guarded: false, remove: [{ ip: '192.0.2.10' }] },
      });
      expect(await subject.bindings()).toEqual([SEED[0], 'ge-0/0/1.0 192.0.2.11 02:00:00:00:00:11 v200', SEED[1]]);
      expect(outcomeOf(await pass('another'), 'ge-0/0/1.0')).toMatchObject({
        status: 'unchanged',
        parked: { fingerprint: first.parked?.fingerprint },
      });
      const approved = outcomeOf(await pass(first.parked?.fingerprint), 'ge-0/0/1.0');
      expect(approved).toMatchObject({ status: 'applied', plan: { remove: [{ ip: '192.0.2.10' }] } });
      expect(approved.parked).toBeUndefined();
      expect(await subject.bindings()).toEqual(['ge-0/0/1.0 192.0.2.11 02:00:00:00:00:11 v200', SEED[1]]);
    });

    it('neither binds nor removes an address that two targets of one interface want for different MACs', async () => {
      const claims = (ip: string): ReturnType<typeof target>[] => [
        target('ge-0/0/1', [bind(ip, MAC_10, 100)]),
        target('ge-0/0/1.0', [bind(ip, MAC_20, 100)]),
      ];
      const present = await subject.device().converge(request(claims('192.0.2.10')), recordingContext());
      expect(outcomeOf(present, 'ge-0/0/1.0')).toMatchObject({
        status: 'unchanged',
        excluded: [{ ip: '192.0.2.10', rule: 'duplicate-address' }],
      });
      const fresh = await subject
        .device()
        .converge(
          request(claims('192.0.2.12').map((one) => ({ ...one, retainIps: [parseIp('192.0.2.10')] }))),
          recordingContext(),
        );
      expect(outcomeOf(fresh, 'ge-0/0/1.0')).toMatchObject({
        status: 'unchanged',
        excluded: [{ ip: '192.0.2.12', rule: 'duplicate-address' }],
      });
      expect(await subject.bindings()).toEqual(SEED);
    });

    it('keeps bindings whose source was not read for certain', async () => {
      const result = await subject
        .device()
        .converge(
          request([target('ge-0/0/1.0', [bind('192.0.2.12', MAC_10, 100)], { retainIps: [parseIp('192.0.2.10')] })]),
          recordingContext(),
        );
      expect(outcomeOf(result, 'ge-0/0/1.0').statements.map(({ ip }) => ip)).toEqual(['192.0.2.10', '192.0.2.12']);
    });

    it('merges two targets that are one interface and reports both', async () => {
      const result = await subject
        .device()
        .converge(
          request([
            target('ge-0/0/5', [bind('192.0.2.50', MAC_10, 100)]),
            target('ge-0/0/5.0', [bind('192.0.2.51', MAC_20, 100)]),
          ]),
          recordingContext(),
        );
      expect(result.ports.map(({ port, effectivePort, status }) => [port, effectivePort, status])).toEqual([
        ['ge-0/0/5', 'ge-0/0/5.0', 'applied'],
        ['ge-0/0/5.0', 'ge-0/0/5.0', 'applied'],
      ]);
      expect((await subject.bindings()).filter((line) => line.startsWith('ge-0/0/5.0'))).toHaveLength(2);
    });

    it('leaves out what the dialect cannot hold and says so', async () => {
      const result = await subject
        .device()
        .converge(
          request([target('ge-0/0/5.0', [bind('192.0.2.50', MAC_10, 100), bind('2001:db8::50', MAC_10, 100)])]),
          recordingContext(),
        );
      const outcome = outcomeOf(result, 'ge-0/0/5.0');
      const excluded = outcome.excluded.map(({ ip, rule }) => `${ip} ${rule}`);
      expect({
        status: outcome.status,
        excluded,
        bindings: outcome.statements.length,
        code: outcome.error?.code,
      }).toEqual(
        {
          works: { status: 'applied', excluded: [], bindings: 2, code: undefined },
          excluded: { status: 'applied', excluded: ['2001:db8::50 ipv6-unsupported'], bindings: 1, code: undefined },
          rejected: { status: 'failed', excluded: [], bindings: 0, code: 'device-rejected' },
        }[subject.ipv6],
      );
    });

    it('never brings a VLAN into being', async () => {
      const result = await subject
        .device({ vlanNameTemplate: 'v200' })
        .converge(request([target('ge-0/0/5.0', [bind('192.0.2.50', MAC_10, 300)])]), recordingContext());
      const outcome = outcomeOf(result, 'ge-0/0/5.0');
      if (subject.vlanMustExist)
        expect(outcome).toMatchObject({ status: 'unchanged', excluded: [{ rule: 'vlan-missing-on-device' }] });
      else expect(outcome).toMatchObject({ status: 'applied', statements: [{ vlan: 200 }] });
    });

    it('is busy while somebody else holds the lock, and works afterwards', async () => {
      const release = await subject.holdLock();
      const device = subject.device();
      const wanted = (): ReturnType<typeof device.converge> =>
        device.converge(request([target('ge-0/0/1.0', [])]), recordingContext());
      try {
        expect(await codeOf(wanted())).toBe('device-busy');
        expect(await subject.bindings()).toEqual(SEED);
      } finally {
        await release();
      }
      expect(outcomeOf(await wanted(), 'ge-0/0/1.0').status).toBe('applied');
    });

    it('commits nothing when the attempt is no longer the current one', async () => {
      const refuse = recordingContext({ beforeCommit: () => Promise.reject(new Error('superseded')) });
      await expect(subject.device().converge(request([target('ge-0/0/1.0', [])]), refuse)).rejects.toThrow(
        'superseded',
      );
      expect(await subject.bindings()).toEqual(SEED);
      const result = await subject.device().converge(request([target('ge-0/0/1.0', [])]), recordingContext());
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
    });

    it('commits nothing when the backup cannot be kept', async () => {
      const refuse = recordingContext({ onBackup: () => Promise.reject(new Error('disk full')) });
      await expect(subject.device().converge(request([target('ge-0/0/1.0', [])]), refuse)).rejects.toThrow('disk full');
      expect(await subject.bindings()).toEqual(SEED);
    });

    it('commits nothing after an abort, and leaves no lock behind', async () => {
      const context = recordingContext({ onBackup: async () => context.controller.abort() });
      expect(await codeOf(subject.device().converge(request([target('ge-0/0/1.0', [])]), context))).toBe(
        'stale-attempt',
      );
      expect(await subject.bindings()).toEqual(SEED);
      const result = await retryWhileBusy(() =>
        subject.device().converge(request([target('ge-0/0/1.0', [])]), recordingContext()),
      );
      expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
    });
  });
}

/** A dropped session's lock may take the server a moment to notice. */
async function retryWhileBusy<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 40; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (
        left === 0 ||
        !(
          error instanceof Error &&
          'code' in error &&
          (error.code === 'device-busy' || error.code === 'device-foreign-edits')
        )
      )
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
