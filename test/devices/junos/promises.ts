import type { JunosSettings } from '../../../src/devices/junos/settings';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import { parseIp } from '../../../src/domain/values/ip';
import { parsePortName } from '../../../src/domain/values/port';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { describeCompliance } from '../compliance/compliance';
import { MAC_10, type Capabilities, type ComplianceSubject, type SubjectPorts } from '../compliance/subject';
import { bind, outcomeOf, recordingContext, request, target, type DrivenSwitch } from './support';

/** A NETCONF server with VLANs v100 and v200, seeded on ge-0/0/1.0 and ge-0/0/2.0 in v100. */
export interface JunosSubject extends ComplianceSubject {
  device(settings?: Partial<JunosSettings>): DrivenSwitch;
  /** Whether naming an unknown VLAN would create it, so that only the switch's own may be named. */
  readonly vlanMustExist: boolean;
}

export const PORTS: SubjectPorts = {
  first: parsePortName('ge-0/0/1.0'),
  firstAlias: parsePortName('ge-0/0/1'),
  second: parsePortName('ge-0/0/2.0'),
  empty: parsePortName('ge-0/0/5.0'),
  emptyAlias: parsePortName('ge-0/0/5'),
};

/** What every switch can; servers without a commit log or without IPv6 statements say so. */
export const CAN: Omit<Capabilities, 'ipv6' | 'evidence'> = {
  lock: true,
  vlans: true,
  aliases: true,
  steps: ['lock', 'read', 'load', 'diff', 'check', 'backup', 'commit', 'read-back', 'unlock'],
};

/** A binding as clients of the switch see it: `PORT IP MAC VLAN`. */
export const lines: ComplianceSubject['lines'] = (port, ip, mac, vlan) => [`${port} ${ip} ${mac} v${vlan}`];

/** The promises that every kind keeps, and those in Junos' own words. */
export function describeJunos(
  title: string,
  start: () => Promise<JunosSubject>,
  describeBlock: (title: string, tests: () => void) => void = describe,
): void {
  describeCompliance(title, start, describeBlock);

  describeBlock(`${title} keeps what a driver of Junos promises besides`, () => {
    let subject: JunosSubject;
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
    });

    it("reads a binding as a statement that says the VLAN's id", async () => {
      const state = await subject.device().readState(new AbortController().signal);
      expect(state.boundPorts()).toEqual(['ge-0/0/1.0', 'ge-0/0/2.0']);
      expect(state.statements(PORTS.first)).toEqual([
        statementOf({ ip: parseIp('192.0.2.10'), mac: MAC_10, vlanName: 'v100' }, parseVlanId(100)),
      ]);
    });

    it('names the change in commands that end with a commit', async () => {
      const result = await subject
        .device()
        .converge(
          request([
            target('ge-0/0/1.0', [bind('192.0.2.10', MAC_10, 100), bind('192.0.2.11', '02:00:00:00:00:11', 200)]),
          ]),
          recordingContext(),
        );
      expect(result.commands.filter((line) => line.startsWith('set '))).toHaveLength(1);
      expect(result.commands.at(-1)).toBe('commit');
      const wiped = await subject.device().converge(request([target('ge-0/0/1.0', [])]), recordingContext());
      expect(wiped.commands.some((line) => line.startsWith('delete '))).toBe(true);
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
  });
}
