import type { ReadPort } from './readPort';

/** What a port must be set to. */
export type PortSettings = Pick<ReadPort, 'portSecurity' | 'groups' | 'pairs'>;

/** One command of a case, and what its port must be afterwards. */
export interface CaseStep {
  readonly port: string;
  readonly change: 'set' | 'unset';
  /** What the policy says, as options of the command. */
  readonly options: readonly string[];
  readonly reason: string;
  /** When it is previewed first: what the preview must say. */
  readonly opens?: readonly string[];
  readonly expected: PortSettings;
}

/** A case of port security in the cloud. */
export interface CloudCase {
  readonly title: string;
  readonly lesson: string;
  /** Ports that stay as they are beside the ones that are changed, to be shown. */
  readonly beside: readonly string[];
  readonly steps: readonly CaseStep[];
}

const OFF: PortSettings = { portSecurity: 'off', groups: [], pairs: [] };

/** The three cases of docs/openstack.md: single ports are treated otherwise than the ones beside them. */
export const cloudCases: readonly CloudCase[] = [
  {
    title: 'OpenStack 1: one port per VM, port security off on VM B',
    lesson: 'VM B is an appliance: whatever it sends shall pass. What its port had is remembered and comes back.',
    beside: ['vm-a'],
    steps: [
      {
        port: 'vm-b',
        change: 'set',
        options: ['--port-security', 'off'],
        reason: 'appliance',
        opens: ['203.0.113.12', 'web', 'ssh'],
        expected: OFF,
      },
      {
        port: 'vm-b',
        change: 'unset',
        options: [],
        reason: 'appliance gone',
        expected: { portSecurity: 'on', groups: ['ssh', 'web'], pairs: [] },
      },
    ],
  },
  {
    title: 'OpenStack 2: two ports, address filtering, a further address on port B',
    lesson: 'Both ports are filtered by address; port B alone may send from one more.',
    beside: ['web-front'],
    steps: [
      {
        port: 'web-back',
        change: 'set',
        options: ['--allowed-address', 'ip-address=10.10.10.60'],
        reason: 'virtual IP',
        expected: { portSecurity: 'on', groups: ['default'], pairs: ['10.10.10.60'] },
      },
    ],
  },
  {
    title: 'OpenStack 3: two ports per VM, off on the database port alone',
    lesson: 'The port to the trusted network is not filtered; the other one of the same VM is, as in case 2.',
    beside: [],
    steps: [
      {
        port: 'db-front',
        change: 'set',
        options: ['--allowed-address', 'ip-address=10.10.10.61'],
        reason: 'virtual IP',
        expected: { portSecurity: 'on', groups: ['default'], pairs: ['10.10.10.61'] },
      },
      {
        port: 'db-database',
        change: 'set',
        options: ['--port-security', 'off', '--expires', '30d'],
        reason: 'trusted network',
        opens: ['database'],
        expected: OFF,
      },
    ],
  },
];
