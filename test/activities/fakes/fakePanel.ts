import type { PanelEntryName } from '../../../src/sources/hypervisorSource';
import type { PanelSource } from '../../../src/sources/panelSource';
import type { PanelConnections } from '../../../src/domain/servers/portFacts';
import { PortwardenError } from '../../../src/domain/errors';
import type { ServerId } from '../../../src/domain/event/event';
import { overlap, type Cidr, type IpAddress, type IpOrRange } from '../../../src/domain/values/ip';
import type { DeviceId } from '../../../src/domain/values/device';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import type { AssignedIp, PanelServer, SwitchAttachment } from '../../../src/domain/servers/server';
import type { VlanId } from '../../../src/domain/values/vlan';
import type { PanelAddress } from '../../../src/domain/desired/vlanResolution';
import { attachment } from './values';

/** A panel in memory. Every question is counted, and any can be told to fail. */
export class FakePanel implements PanelSource {
  readonly servers = new Map<ServerId, PanelServer>();
  /** What the panel's switches list on a port: `junos:1 ge-0/0/1.0` → servers. */
  readonly assignments = new Map<string, ServerId[]>();
  readonly vlans = new Map<IpAddress, VlanId>();
  /** What the subnets say of an address besides its VLAN. */
  readonly subnetFacts = new Map<IpAddress, Partial<PanelAddress>>();
  readonly subnetFaults: string[] = [];
  /** The subnets that are in a VLAN. */
  readonly vlanSubnets = new Map<VlanId, readonly Cidr[]>();
  readonly vlanOfPort = new Map<string, VlanId>();
  readonly asked: string[] = [];
  /** Servers whose entry cannot be read for certain. */
  readonly unreadable = new Set<ServerId>();
  /** Servers that the list answers nothing about: neither found nor gone. */
  readonly unanswered = new Set<ServerId>();
  private readonly faults = new Map<string, Error>();

  add(server: PanelServer): void {
    this.servers.set(server.serverId, server);
  }

  /** Makes a question fail: its method name, or method name and argument (`portVlan ge-0/0/1.0`). */
  fail(question: string, error: Error): void {
    this.faults.set(question, error);
  }

  mend(): void {
    this.faults.clear();
  }

  count(question: string): number {
    return this.asked.filter((asked) => asked === question || asked.startsWith(`${question} `)).length;
  }

  async getServer(id: ServerId): Promise<PanelServer | undefined> {
    this.ask('getServer', id);
    return this.servers.get(id);
  }

  async getServersIps(
    first: readonly ServerId[],
    _signal?: AbortSignal,
    further: Promise<readonly ServerId[]> = Promise.resolve([]),
  ): Promise<Awaited<ReturnType<PanelSource['getServersIps']>>> {
    this.ask('getServersIps', first.length);
    const ids = new Set([...first, ...(await further)]);
    const found = new Map<ServerId, { name: string; ips: readonly AssignedIp[] }>();
    const failed = new Map<ServerId, PortwardenError>();
    const gone: ServerId[] = [];
    for (const id of ids) {
      const server = this.servers.get(id);
      if (this.unanswered.has(id)) continue;
      if (this.unreadable.has(id))
        failed.set(id, new PortwardenError('panel-invalid-answer', `server ${id} has no ipassignments`));
      else if (server === undefined) gone.push(id);
      else found.set(id, { name: server.name, ips: server.ips });
    }
    return { found, gone, failed };
  }

  async connectionsOf(id: ServerId): Promise<PanelConnections | undefined> {
    this.ask('connectionsOf', id);
    const server = this.servers.get(id);
    if (server === undefined) return undefined;
    const { attachments, pxeMac, hypervisor } = server;
    return {
      attachments,
      ...(pxeMac === undefined ? {} : { pxeMac }),
      ...(hypervisor === undefined ? {} : { hypervisor }),
    };
  }

  async vmServerIds(cluster: string): Promise<readonly ServerId[]> {
    this.ask('vmServerIds', cluster);
    return [...this.servers.values()]
      .filter((server) => server.hypervisor?.cluster === cluster)
      .map((server) => server.serverId);
  }

  async addressHolders(ips: readonly IpOrRange[]): ReturnType<PanelSource['addressHolders']> {
    this.ask('addressHolders', ips.join(','));
    const all = [...this.servers.values()];
    const holding = ips.map(
      (ip) =>
        [
          ip,
          all
            .filter((server) => server.ips.some((assigned) => overlap(assigned.range ?? assigned.ip, ip)))
            .map((server) => server.serverId),
        ] as const,
    );
    return { holders: new Map(holding.filter(([, ids]) => ids.length > 0)), unread: [...this.unreadable] };
  }

  async findNodeEntry(
    entry: PanelEntryName,
  ): Promise<{ serverId: ServerId; attachments: readonly SwitchAttachment[] } | undefined> {
    this.ask('findNodeEntry', 'name' in entry ? entry.name : entry.serverId);
    if ('serverId' in entry) return this.servers.get(entry.serverId);
    return [...this.servers.values()].find((server) => server.name === entry.name);
  }

  async portAssignments(device: DeviceId, port: PortName): Promise<readonly ServerId[]> {
    this.ask('portAssignments', port);
    return this.assignments.get(`${device} ${port}`) ?? [];
  }

  async assignedPorts(device: DeviceId): Promise<readonly PortName[]> {
    this.ask('assignedPorts', device);
    return [...this.assignments.keys()].flatMap((key) => {
      const [on, port] = key.split(' ');
      return on === device && port !== undefined ? [parsePortName(port)] : [];
    });
  }

  async subnets(): Promise<Awaited<ReturnType<PanelSource['subnets']>>> {
    this.ask('subnets', '');
    const of = ({ ip }: AssignedIp): PanelAddress => {
      const vlan = this.vlans.get(ip);
      return { ranges: [], isGateway: false, ...(vlan === undefined ? {} : { vlan }), ...this.subnetFacts.get(ip) };
    };
    return { of, inVlan: (id) => this.vlanSubnets.get(id) ?? [], faults: this.subnetFaults };
  }

  async portVlans(device: DeviceId): ReturnType<PanelSource['portVlans']> {
    this.ask('portVlans', device);
    return (port) => {
      this.ask('portVlan', port);
      return this.vlanOfPort.get(`${device} ${port}`);
    };
  }

  async switchAttachment(device: DeviceId, port: PortName): Promise<SwitchAttachment> {
    this.ask('switchAttachment', port);
    return attachment(device, port);
  }

  private ask(method: string, argument: string | number): void {
    const question = `${method} ${argument}`.trim();
    this.asked.push(question);
    const fault = this.faults.get(question) ?? this.faults.get(method);
    if (fault !== undefined) throw fault;
  }
}
