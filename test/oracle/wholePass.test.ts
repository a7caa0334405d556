import fc from 'fast-check';
import type { Device } from '../../src/devices/device';
import { converge } from '../../src/devices/pass/converge';
import type { Binding } from '../../src/domain/desired/binding';
import type { PortName } from '../../src/domain/values/port';
import { NO_VLAN } from '../../src/domain/values/vlan';
import { addressOf, deviceFor, quickSwitch } from '../devices/junos/support';
import { startFakePolicyCloud } from '../devices/neutron/fakePolicyCloud';
import { FIRST, startCluster } from '../devices/proxmoxFirewall/cluster';
import { recordingContext, request, target } from '../devices/support';
import { askedOfSwitch, configured, junosSettings, SWITCH_PORT, switchLines } from './junos';
import { beforehand, OracleCloud } from './neutron';
import { GROUPS, HOME, policiesOf, wantedPort, type WantedPort } from './port';
import { filtered } from './proxmox';

/*
 * What the oracle's models read is what a whole pass leaves on the device: for some of its policies the driver's own session
 * (lock, requests, commit, read-back) is run against the labs, and has to leave the same.
 */

const SEED = 20_261_129;
const SAMPLE: readonly WantedPort[] = fc.sample(wantedPort, { numRuns: 12, seed: SEED });

async function pass(
  device: Device,
  port: PortName,
  sources: readonly Binding[],
  policies: ReturnType<typeof policiesOf>,
): Promise<void> {
  const asked = request([target(port, sources)], {
    policies: { device: device.id, policies, at: new Date(1), memories: new Map() },
  });
  const context = recordingContext({ onRemember: () => Promise.resolve() });
  const { ports } = await converge(device, asked, context);
  expect(ports.filter(({ status }) => status !== 'applied' && status !== 'unchanged')).toEqual([]);
}

test('a switch', async () => {
  for (const port of SAMPLE) {
    const profile = port.dialect === 'els' ? 'ex4300-21' : 'ex3300-12.3';
    const lab = await quickSwitch(profile, switchLines(port.dialect));
    try {
      await pass(deviceFor(addressOf(lab), junosSettings(port)), SWITCH_PORT, port.sources, askedOfSwitch(port));
      const ours = lab
        .committedSet()
        .filter((line) => /^set (vlans|interfaces|firewall|ethernet-switching-options) /.test(line));
      expect([...ours].sort()).toEqual([...configured(port)].sort());
    } finally {
      await lab.close();
    }
  }
});

test('a cloud', async () => {
  const alone = new OracleCloud();
  const fake = await startFakePolicyCloud({ maxPairs: 20 });
  const { lab, cloud } = fake.project;
  try {
    const ids = new Map<string, string>();
    for (const name of GROUPS.keys()) ids.set(name, await fake.makeGroup(name));
    const { id: natural } = lab.state.defaultGroup(cloud.projectId);
    const [name] = fake.ports;
    for (const port of SAMPLE) {
      await lab.ports.update({ ...cloud.operator, roles: ['admin'] }, name, beforehand(port, natural), undefined);
      const sources = port.sources.map((one) => ({ ...one, vlan: NO_VLAN }));
      await pass(
        fake.device,
        name,
        sources,
        policiesOf(port, fake.device.id, name, (group) => ids.get(group) ?? ''),
      );
      const [here, there] = [fake.port(name), await alone.written(port)];
      const groupsOf = (groups: readonly string[], nameOf: (id: string) => string | undefined): unknown =>
        groups.map(nameOf).sort();
      expect(here.port_security_enabled).toBe(there.port_security_enabled);
      expect(new Set(here.allowed_address_pairs)).toEqual(new Set(there.allowed_address_pairs));
      expect(groupsOf(here.security_groups, (id) => lab.state.groups.get(id)?.name)).toEqual(
        groupsOf(there.security_groups, (id) => alone.nameOf(id)),
      );
    }
  } finally {
    await fake.stop();
  }
});

test('a hypervisor', async () => {
  const cluster = await startCluster();
  try {
    const { sets } = cluster.lab.cluster.firewall(101);
    for (const port of SAMPLE) {
      sets.clear();
      if (port.hasSet) cluster.put(FIRST, []);
      const sources = port.sources.filter(({ vlan }) => vlan === HOME);
      await pass(cluster.device, FIRST, sources, policiesOf(port, cluster.device.id, FIRST));
      expect(cluster.cidrs(FIRST)?.sort()).toEqual(filtered(port)?.slice().sort());
    }
  } finally {
    await cluster.stop();
  }
});
