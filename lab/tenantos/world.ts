import { holderOf } from './holders';
import { PanelServers } from './servers';
import type { NetworkDeviceWorld, PanelServerWorld, PanelWorld, SubnetWorld } from '../scenarios/scenario';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A refusal of the lab's administration: what was asked for makes no sense in this world. */
export class LabRefusal extends Error {
  constructor(
    readonly status: 404 | 409 | 422,
    message: string,
  ) {
    super(message);
    this.name = 'LabRefusal';
  }
}

/** What may change about a subnet. */
export interface SubnetChange extends Partial<Omit<SubnetWorld, 'id' | 'staticAccessVlanId'>> {
  /** null: the subnet names no VLAN any more. */
  readonly staticAccessVlanId?: number | null;
  /** Fields of its row in `/subnets` written as they are, whatever they hold (`{"cidr": "/24"}`); null: none any more. */
  readonly row?: Readonly<Record<string, unknown>> | null;
  /** Likewise for the `subnetinformation` of its addresses. */
  readonly information?: Readonly<Record<string, unknown>> | null;
}

/** The panel's data while the lab runs. Every change is plain and immediate; nothing here knows of HTTP. */
export class PanelState {
  readonly servers = new PanelServers();
  readonly devices = new Map<number, NetworkDeviceWorld>();
  readonly subnets: SubnetWorld[];
  /** Odd fields of subnets by id, written over what their rows would hold. */
  readonly oddSubnets = new Map<number, Pick<SubnetChange, 'row' | 'information'>>();
  readonly providers: Mutable<PanelWorld['externalProviders'][number]>[];

  constructor(world: PanelWorld) {
    for (const server of world.servers) this.servers.set(server.id, { ...server });
    for (const device of world.networkDevices) this.devices.set(device.id, { ...device });
    this.subnets = world.subnets.map((subnet) => ({ ...subnet }));
    this.providers = world.externalProviders.map((provider) => ({ ...provider }));
  }

  /** The server, or a refusal. */
  server(id: number): PanelServerWorld {
    const server = this.servers.get(id);
    if (server === undefined) throw new LabRefusal(404, `There is no server ${id}`);
    return server;
  }

  /** Assigns addresses (or `a.b.c.d/len`) that no server has yet: all of them or none. */
  assign(id: number, ips: readonly string[]): void {
    const server = this.server(id);
    for (const ip of ips) {
      const owner = [...this.servers.values()].find((other) => other.ips.includes(ip));
      if (owner !== undefined) throw new LabRefusal(409, `${ip} is assigned to server ${owner.id} already`);
    }
    this.servers.set(id, { ...server, ips: [...server.ips, ...new Set(ips)] });
  }

  /** Takes addresses away: all of them or none. */
  remove(id: number, ips: readonly string[]): void {
    const server = this.server(id);
    const missing = ips.find((ip) => !server.ips.includes(ip));
    if (missing !== undefined) throw new LabRefusal(404, `Server ${id} does not have ${missing}`);
    this.servers.set(id, { ...server, ips: server.ips.filter((one) => !ips.includes(one)) });
  }

  /** Deletes a server with everything that belongs to it. */
  delete(id: number): void {
    this.server(id);
    this.servers.delete(id);
  }

  add(server: PanelServerWorld): void {
    if (this.servers.has(server.id)) throw new LabRefusal(409, `There is a server ${server.id} already`);
    this.servers.set(server.id, { ...server });
  }

  /** Changes anything about a server but its id: connections, MAC, name. */
  updateServer(id: number, change: Partial<Omit<PanelServerWorld, 'id'>>): void {
    this.servers.set(id, { ...this.server(id), ...change, id });
  }

  /** Changes a network device, or adds it when the change holds a whole one. */
  setSwitch(id: number, change: Partial<Omit<NetworkDeviceWorld, 'id'>>): void {
    const known = this.devices.get(id);
    if (known === undefined) {
      const { name, ports } = change;
      if (name === undefined || ports === undefined) throw new LabRefusal(404, `There is no switch ${id}`);
      this.devices.set(id, { ...change, id, name, ports });
      return;
    }
    this.devices.set(id, { ...known, ...change, id });
  }

  /** Changes a subnet (a mistyped VLAN, odd fields), or adds it when the change holds a whole one. */
  setSubnet(id: number, { row, information, staticAccessVlanId: vlan, ...change }: SubnetChange): void {
    const index = this.subnets.findIndex((subnet) => subnet.id === id);
    const known = this.subnets[index];
    const { subnet = known?.subnet, cidr = known?.cidr } = change;
    if (subnet === undefined || cidr === undefined) throw new LabRefusal(404, `There is no subnet ${id}`);
    const { staticAccessVlanId: before, ...rest } = { gw: '', ...known, ...change, id, subnet, cidr };
    const kept = vlan === undefined ? before : (vlan ?? undefined);
    const next: SubnetWorld = { ...rest, ...(kept === undefined ? {} : { staticAccessVlanId: kept }) };
    if (known === undefined) this.subnets.push(next);
    else this.subnets[index] = next;
    const odd = this.oddSubnets.get(id);
    this.oddSubnets.set(id, {
      ...odd,
      ...(row === undefined ? {} : { row }),
      ...(information === undefined ? {} : { information }),
    });
  }

  deleteSubnet(id: number): void {
    const index = this.subnets.findIndex((subnet) => subnet.id === id);
    if (index < 0) throw new LabRefusal(404, `There is no subnet ${id}`);
    this.subnets.splice(index, 1);
    this.oddSubnets.delete(id);
  }

  deleteSwitch(id: number): void {
    if (!this.devices.delete(id)) throw new LabRefusal(404, `There is no switch ${id}`);
  }

  /** Changes or adds a hypervisor. */
  setProvider(id: number, change: { readonly name?: string; readonly apiUrl?: string }): void {
    const known = this.providers.find((provider) => provider.id === id);
    if (known !== undefined) Object.assign(known, change);
    else
      this.providers.push({
        id,
        name: change.name ?? `provider-${id}`,
        apiUrl: change.apiUrl ?? `provider-${id}.lab.example`,
      });
  }

  /** Makes the panel say that an address is in a VLAN, by a subnet of its own inside the one that holds it. */
  putIntoVlan(ip: string, vlan: number): void {
    const holder = holderOf(ip, this.subnets);
    if (holder?.staticAccessVlanId === vlan) return;
    const length = ip.includes(':') ? 128 : 32;
    const own = this.subnets.findIndex((subnet) => subnet.subnet === ip && subnet.cidr === length);
    if (own >= 0) this.subnets.splice(own, 1);
    const id = Math.max(0, ...this.subnets.map((subnet) => subnet.id)) + 1;
    this.subnets.push({
      id,
      subnet: ip,
      cidr: length,
      gw: holder?.gw ?? '',
      staticAccessVlanId: vlan,
      ...(holder === undefined ? {} : { rootSubnetId: holder.rootSubnetId ?? holder.id }),
    });
  }
}
