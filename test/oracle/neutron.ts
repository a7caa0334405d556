import { Ports } from '../../lab/neutron/ports';
import { seedCloud, type SeededCloud } from '../../lab/neutron/seed';
import { shownPort } from '../../lab/neutron/shown';
import { CloudState, type Port } from '../../lab/neutron/world';
import { portRow, type NeutronPort } from '../../src/clients/openstack/schemas';
import type { CoverageEntry } from '../../src/domain/coverage';
import { NeutronState } from '../../src/devices/neutron/neutronState';
import { changeOf } from '../../src/devices/neutron/portChange';
import { deviceId } from '../../src/domain/values/device';
import { covers, tryParseCidr, tryParseIp, type IpAddress } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import { NO_VLAN } from '../../src/domain/values/vlan';
import { isLetOut } from './intent';
import { planned } from './planned';
import { GROUPS, HOME, HOST_BITS, linkLocalOf, OWN, policiesOf, type Packet, type WantedPort } from './port';

const DEVICE = deviceId('neutron', 'cloud1.lab');
const MAX_PAIRS = 20;

/** The port before portwarden comes. @param group the group that it has already. */
export function beforehand({ hasForeignPair }: WantedPort, group: string): Readonly<Record<string, unknown>> {
  return {
    mac_address: OWN,
    port_security_enabled: true,
    security_groups: [group],
    allowed_address_pairs: hasForeignPair ? [{ ip_address: `${HOST_BITS.address}/28`, mac_address: OWN }] : [],
  };
}

/** A cloud of the lab without its server: the port is its first one, with the server's MAC and the group `default`. */
export class OracleCloud {
  private readonly state = new CloudState();
  private readonly ports = new Ports(this.state, {
    maxPairs: MAX_PAIRS,
    database: 'sqlite',
    writersAtOnce: 1,
    newDefaults: false,
  });
  private readonly cloud: SeededCloud = seedCloud({ state: this.state, ports: this.ports });
  private readonly ids = new Map(
    [...GROUPS.keys()].map((name) => [name, this.state.addGroup(this.cloud.projectId, name).id]),
  );

  /** The port once the product has had it: its plan, in its own request, answered by the lab's Neutron. */
  async written(port: WantedPort): Promise<Port> {
    const { operator, projectId, first } = this.cloud;
    await this.ports.update(
      { ...operator, roles: ['admin'] },
      first.id,
      beforehand(port, this.state.defaultGroup(projectId).id),
      undefined,
    );
    const state = this.read();
    const name = parsePortName(first.id);
    const sources = port.sources.map((one) => ({ ...one, vlan: NO_VLAN }));
    const policies = policiesOf(port, DEVICE, name, (group) => this.ids.get(group) ?? '');
    const plan = planned(state, DEVICE, name, sources, policies);
    const read = state.port(name);
    if (read === undefined) throw new Error('the port is gone');
    if (plan.add.length + plan.remove.length > 0)
      await this.ports.update(
        operator,
        first.id,
        { ...changeOf(read, plan) },
        `revision_number=${read.revision_number ?? ''}`,
      );
    return structuredClone(this.state.ports.get(first.id) ?? first);
  }

  /** What the driver says of the port as it is now. */
  coverage(): readonly CoverageEntry[] {
    return this.read().coverage(parsePortName(this.cloud.first.id));
  }

  private read(): NeutronState {
    const shown = [...this.state.ports.values()].map((one): NeutronPort =>
      portRow.parse(structuredClone(shownPort(one, this.cloud.operator))),
    );
    return new NeutronState(shown, MAX_PAIRS, {
      groups: this.state.groups,
      subnets: [...this.state.subnets.values()],
      floatingIps: [],
    });
  }

  /** The name of a group. */
  nameOf(id: string): string {
    return this.state.groups.get(id)?.name ?? id;
  }
}

/**
 * What Neutron's port security does with a packet of a port, by its own documents and `iptables_firewall.py` (DHCP clients pass, DHCP
 * servers do not, a MAC's own link-local address passes): fixed addresses and pairs with their MACs, then groups. A port
 * is in one network, so whatever the machine tags is no matter of it.
 */
export function neutronModel(
  port: Port,
  nameOf: (id: string) => string,
  reading: WantedPort['reading'],
): (packet: Packet) => boolean {
  const { mac_address: own, fixed_ips, allowed_address_pairs, port_security_enabled, security_groups } = port;
  const sends = [...fixed_ips.map(({ ip_address }) => ({ ip_address, mac_address: own })), ...allowed_address_pairs];
  const isOf = (address: string, ip: IpAddress): boolean => {
    const [start = ''] = address.split('/');
    const range = address.includes('/') ? tryParseCidr(address) : undefined;
    if (range === undefined) return tryParseIp(address) === ip;
    const hasHostBits = !range.startsWith(`${start}/`);
    return hasHostBits && reading === 'host' ? tryParseIp(start) === ip : covers([range], ip);
  };
  const names = security_groups.map(nameOf);
  return (packet) => {
    const { vlan, mac, ip, what } = packet;
    if (vlan !== HOME) return false;
    if (!port_security_enabled || what === 'dhcp-client') return true;
    if (what === 'dhcp-server') return false;
    if (what === 'neighbour') return sends.some((one) => one.mac_address === mac) && ip === linkLocalOf(mac);
    const bySource = sends.some((one) => one.mac_address === mac && isOf(one.ip_address, ip));
    // `default` has no rule here that keeps anything in, as a new project's has none.
    return bySource && (what === 'arp' || names.includes('default') || isLetOut(names, packet));
  };
}
