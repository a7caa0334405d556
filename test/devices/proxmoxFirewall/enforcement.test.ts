import type { LabCluster } from '../../../lab/proxmox/cluster';
import { inspectFilters } from '../../../src/devices/proxmoxFirewall/inspection';
import { DEFAULT_FILTER_SETTINGS } from '../../../src/devices/proxmoxFirewall/settings';
import { converge } from '../../../src/devices/pass/converge';
import { bind, outcomeOf, recordingContext, request, target } from '../support';
import { FIRST, startCluster, type FilteredCluster } from './cluster';

let cluster: FilteredCluster;
afterEach(() => cluster.stop());

const { signal } = new AbortController();
const remarks = async (): Promise<readonly string[]> => {
  const wanted = request([target(FIRST, [bind('192.0.2.10', '02:00:00:00:00:10', 100)])]);
  return outcomeOf(await converge(cluster.device, wanted, recordingContext()), FIRST).remarks;
};
const guestOptions = (lab: LabCluster): Record<string, number | string> => lab.firewall(101).options;
const withoutFirewall = (lab: LabCluster): void => {
  const { config } = lab.guest(101);
  config['net0'] = (config['net0'] ?? '').replace(',firewall=1', '');
};

test.each<[string, (lab: LabCluster) => void, readonly string[]]>([
  ['everything is on', () => undefined, []],
  [
    'the firewall of the cluster is off',
    (lab) => (lab.firewallOptions = {}),
    ['accepted by Proxmox, not enforced: the firewall of the cluster is off'],
  ],
  [
    'that of the guest is off, and its NIC is not behind it',
    (lab) => {
      guestOptions(lab)['enable'] = 0;
      withoutFirewall(lab);
    },
    ['accepted by Proxmox, not enforced: the firewall of the guest is off, net0 does not have firewall=1'],
  ],
  [
    'MAC and ARP are not filtered',
    (lab) => {
      guestOptions(lab)['macfilter'] = 0;
      lab.firewallOptions = { enable: 1, ebtables: 0 };
    },
    ['enforced in part: macfilter=0: another MAC may be used, ebtables=0: ARP is not filtered'],
  ],
  ['the option ipfilter of the guest is off', (lab) => (guestOptions(lab)['ipfilter'] = 0), []],
])('%s: what Proxmox does with a filter is said, and nothing is switched', async (_case, arrange, expected) => {
  cluster = await startCluster();
  arrange(cluster.lab.cluster);
  const settings = JSON.stringify([cluster.lab.cluster.firewallOptions, guestOptions(cluster.lab.cluster)]);
  expect(await remarks()).toEqual(expected);
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.10']);
  expect(JSON.stringify([cluster.lab.cluster.firewallOptions, guestOptions(cluster.lab.cluster)])).toBe(settings);
});

test('with ipfilter=1 a NIC without a set lets nothing through already: its first filter takes nothing away', async () => {
  cluster = await startCluster();
  expect((await cluster.device.readState(signal)).isOpen?.(FIRST)).toBe(true);
  guestOptions(cluster.lab.cluster)['ipfilter'] = 1;
  expect((await cluster.device.readState(signal)).isOpen?.(FIRST)).toBe(false);
  cluster.put(FIRST, []);
  guestOptions(cluster.lab.cluster)['ipfilter'] = 0;
  expect((await cluster.device.readState(signal)).isOpen?.(FIRST)).toBe(false);
});

test('the doctor says what the token lacks, and what is not enforced', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  expect(await inspectFilters(cluster.client, DEFAULT_FILTER_SETTINGS, signal)).toEqual({
    healthy: true,
    lines: [
      'right      Sys.Audit on /: there',
      'right      VM.Audit on /vms: there',
      'right      VM.Config.Network on /vms: there',
      'cluster    firewall on',
      'filters    1 NICs of 2 guests have one, 3 let everything through',
    ],
  });
  const switching = { ...DEFAULT_FILTER_SETTINGS, switchOn: { nicFirewall: true, macFilter: false, ipFilter: false } };
  const { healthy, lines } = await inspectFilters(cluster.client, switching, signal);
  expect([healthy, lines[3]]).toEqual([true, expect.stringContaining('SDN.Use on /sdn: MISSING: firewall=1 cannot')]);
  cluster.lab.cluster.firewallOptions = {};
  expect((await inspectFilters(cluster.client, DEFAULT_FILTER_SETTINGS, signal)).lines.slice(3)).toEqual([
    'cluster    firewall OFF: no filter is enforced (Datacenter → Firewall → Options)',
    'filters    1 NICs of 2 guests have one, 3 let everything through',
    '101/net0: accepted by Proxmox, not enforced: the firewall of the cluster is off',
  ]);
  await cluster.stop();
  cluster = await startCluster({ privileges: ['VM.Audit'] });
  expect(await inspectFilters(cluster.client, DEFAULT_FILTER_SETTINGS, signal)).toMatchObject({
    healthy: false,
    lines: [expect.stringContaining('Sys.Audit on /: MISSING'), expect.anything(), expect.stringContaining('MISSING')],
  });
});
