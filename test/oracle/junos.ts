import { emptyTree } from '../../lab/junos/config/node';
import { grammar } from '../../lab/junos/config/schema';
import { renderSet, runCommands } from '../../lab/junos/config/set';
import { renderXml } from '../../lab/junos/config/xml';
import { parseXml } from '../../src/clients/netconf/xml';
import { dhcpSecurity } from '../../src/devices/junos/dialects/dhcpSecurity';
import { secureAccessPort } from '../../src/devices/junos/dialects/secureAccessPort';
import type { CoverageEntry } from '../../src/domain/coverage';
import { JunosState } from '../../src/devices/junos/junosState';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../../src/devices/junos/settings';
import { parseSwitchState } from '../../src/devices/junos/switchState';
import { ipVersion } from '../../src/domain/values/ip';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { planned } from './planned';
import { GROUPS, policiesOf, VLANS, UNGUARDED, type Packet, type WantedPort } from './port';

const DEVICE = deviceId('junos', 1);
export const SWITCH_PORT = parsePortName('ge-0/0/1.0');

/** The switch before portwarden comes: the port is a member of all VLANs, and all of them but one are filtered. */
export function switchLines(dialect: WantedPort['dialect']): readonly string[] {
  const port = 'set interfaces ge-0/0/1 unit 0 family ethernet-switching';
  const guarded = VLANS.filter((vlan) => vlan !== UNGUARDED);
  const knobs =
    dialect === 'els'
      ? ['ip-source-guard', 'ipv6-source-guard', 'arp-inspection'].flatMap((knob) =>
          guarded.map((vlan) => `set vlans net-${vlan} forwarding-options dhcp-security ${knob}`),
        )
      : ['ip-source-guard', 'arp-inspection'].flatMap((knob) =>
          guarded.map((vlan) => `set ethernet-switching-options secure-access-port vlan net-${vlan} ${knob}`),
        );
  return [
    ...VLANS.flatMap((vlan) => [`set vlans net-${vlan} vlan-id ${vlan}`, `${port} vlan members net-${vlan}`]),
    ...(dialect === 'els' ? [] : [`${port} port-mode tagged-access`]),
    ...knobs,
  ];
}

export function junosSettings({ off, groupsAs }: WantedPort): JunosSettings {
  const policies = { ...DEFAULT_JUNOS_SETTINGS.policies, off, securityGroups: groupsAs };
  return { ...DEFAULT_JUNOS_SETTINGS, policies, securityGroups: GROUPS };
}

/** What is asked of the pass. */
export function askedOfSwitch(port: WantedPort): ReturnType<typeof policiesOf> {
  return policiesOf(port, DEVICE, SWITCH_PORT);
}

/** The switch once the product has had the port: its plan, in its own commands, loaded by the lab's switch; and what the driver says of it then. */
export function configuredSwitch(port: WantedPort): {
  readonly lines: readonly string[];
  readonly coverage: readonly CoverageEntry[];
} {
  const tree = emptyTree(grammar(port.dialect, true));
  const cursor = { node: tree, statement: tree.statement, path: [] };
  const load = (lines: readonly string[]): void => {
    expect(runCommands(cursor, lines)).toEqual([]);
  };
  load(switchLines(port.dialect));
  const settings = junosSettings(port);
  const dialect = port.dialect === 'els' ? dhcpSecurity : secureAccessPort;
  const read = (): JunosState => {
    const { root } = parseXml(`<configuration>${renderXml(tree)}</configuration>`);
    return new JunosState(parseSwitchState(root, dialect, settings), settings);
  };
  const state = read();
  const plan = planned(state, DEVICE, SWITCH_PORT, port.sources, askedOfSwitch(port));
  load(state.commands([plan]).filter((line) => line !== 'commit'));
  return { lines: renderSet(tree), coverage: read().coverage(SWITCH_PORT) };
}

/** Its lines alone. */
export function configured(port: WantedPort): readonly string[] {
  return configuredSwitch(port).lines;
}

interface Bound {
  readonly ip: string;
  readonly mac: string;
  readonly vlan: string;
}

/**
 * What a switch with this configuration does with a packet of the port. Written from Juniper's pages (docs/policies-junos.md
 * names them) for the lines, not from the product: only frames that reach the switch are judged; in a VLAN with source guard a
 * port that is not trusted sends from its bindings; filters accept what one term accepts.
 */
export function switchModel(lines: readonly string[]): (packet: Packet) => boolean {
  const found = (pattern: RegExp): readonly (readonly string[])[] =>
    lines.flatMap((line) => {
      const match = pattern.exec(line);
      return match === null ? [] : [match.slice(1)];
    });
  const ids = new Map(found(/^set vlans (\S+) vlan-id (\d+)$/).map(([name = '', id = '']) => [id, name]));
  const isEls = lines.some((line) => line.includes(' dhcp-security '));
  const bound: readonly Bound[] = [
    ...found(/^set vlans (\S+) .* interface ge-0\/0\/1\.0 static-ip(?:v6)? (\S+) mac (\S+)$/),
    ...found(/secure-access-port interface ge-0\/0\/1\.0 static-ip (\S+) vlan (\S+) mac (\S+)$/).map(
      ([ip = '', vlan = '', mac = '']) => [vlan, ip, mac],
    ),
  ].map(([vlan = '', ip = '', mac = '']) => ({ vlan, ip, mac }));
  const knobs = new Set(
    [
      ...found(/^set vlans (\S+) forwarding-options dhcp-security (\S+)$/),
      ...found(/secure-access-port vlan (\S+) (\S+)$/),
    ].map((words) => words.join(' ')),
  );
  const trusting = new Set(
    found(/^set vlans (\S+) \S+ dhcp-security group (\S+) overrides trusted$/).map((words) => words.join(' ')),
  );
  const isTrusted = (vlan: string): boolean =>
    lines.includes(`set ethernet-switching-options secure-access-port interface ${SWITCH_PORT} dhcp-trusted`) ||
    found(/^set vlans (\S+) \S+ dhcp-security group (\S+) interface ge-0\/0\/1\.0\b/).some(
      ([name = '', group = '']) => name === vlan && trusting.has(`${name} ${group}`),
    );
  const filter = filterModel(lines, found);
  return (packet) => {
    if (packet.to !== 'outside') return true;
    const vlan = ids.get(String(packet.vlan));
    if (vlan === undefined) return false;
    const { ip, mac, what } = packet;
    const isGuarded = (knob: string): boolean => knobs.has(`${vlan} ${knob}`);
    const isBound = bound.some((one) => one.ip === ip && one.mac === mac && one.vlan === vlan);
    const byGuard = (): boolean => {
      switch (what) {
        case 'arp':
          return !isGuarded('arp-inspection') || isBound;
        case 'dhcp-client':
          return true;
        case 'dhcp-server':
          // What a server of DHCP says is dropped at ports that are not trusted, wherever the VLAN is snooped.
          return !isGuarded('ip-source-guard');
        default:
          if (ipVersion(ip) === 4) return !isGuarded('ip-source-guard') || isBound;
          return !isEls || !isGuarded('ipv6-source-guard') || isBound;
      }
    };
    return (isTrusted(vlan) || byGuard()) && filter(packet);
  };
}

function filterModel(
  lines: readonly string[],
  found: (pattern: RegExp) => readonly (readonly string[])[],
): (packet: Packet) => boolean {
  const [name] = found(/^set interfaces ge-0\/0\/1 unit 0 family ethernet-switching filter input (\S+)$/).flat();
  if (name === undefined) return () => true;
  const conditions = new Map<string, string[]>();
  for (const [filter, term = '', from = ''] of found(/ filter (\S+) term (\S+) from (.+)$/))
    if (filter === name) conditions.set(term, [...(conditions.get(term) ?? []), from]);
  const accepting = [...conditions].filter(([term]) =>
    lines.includes(`set firewall family ethernet-switching filter ${name} term ${term} then accept`),
  );
  return (packet) => accepting.some(([, list]) => list.every((condition) => isMet(condition, packet)));
}

function isMet(condition: string, packet: Packet): boolean {
  const { what, ip, source, destination, isFirst } = packet;
  const version = ipVersion(ip);
  const isSix = condition.startsWith('ip-version ipv6 ');
  const [field = '', value = ''] = condition.replace('ip-version ipv6 ', '').split(' ');
  if (field === 'ether-type') return value === (what === 'arp' ? 'arp' : `ipv${version}`);
  if (what === 'arp' || isSix !== (version === 6)) return false;
  const protocol = what === 'neighbour' ? 'icmp6' : what === 'tcp' ? 'tcp' : 'udp';
  const inPorts = (port: number): boolean => {
    const [low = 0, high = low] = value.split('-').map(Number);
    return protocol !== 'icmp6' && port >= low && port <= high;
  };
  switch (field) {
    case 'protocol':
    case 'ip-protocol':
    case 'next-header':
      return value === protocol;
    case 'source-port':
      return inPorts(source);
    case 'destination-port':
      return inPorts(destination);
    case 'tcp-established':
      return !isFirst;
    case 'icmp-type':
      return value === 'neighbor-solicit';
    default:
      throw new Error(`the model knows no condition ${condition}`);
  }
}
