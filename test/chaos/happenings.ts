import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import type { DeliveryPlan, Listener, WebhookEvent } from './listener';
import { desiredNow, type DesiredHistory } from './model';
import type { Random } from './random';
import { ACCESS_PORTS, CLUSTER, dedicated, NODES, RANGES, SWITCHES, virtual } from './scenario';

/** What customers and staff do: changes of panel and hypervisors, each with its webhook. */
export class Happenings {
  private nextServer = 400;
  private nextHost = 20;
  private nextKey = 1;
  /** While true, webhooks are kept, to be delivered in another order. */
  holding = false;

  constructor(
    private readonly world: LabWorld,
    private readonly random: Random,
    private readonly listener: Listener,
    private readonly history: DesiredHistory,
  ) {}

  /** Does one thing. @returns what, for the run's log. */
  async next(): Promise<string> {
    const { random } = this;
    return random.weighted<() => string | Promise<string>>([
      [7, () => this.assign()],
      [5, () => this.remove()],
      [2, () => this.removeSeveral()],
      [3, () => this.migrate()],
      [2, () => this.moveServer()],
      [2, () => this.movesAddress()],
      [1, () => this.addServer()],
      [1, () => this.deleteServer()],
      [2, () => this.lookAgain(random.pick(this.automated()).id)],
    ])();
  }

  /** An event for a server that changes nothing. */
  lookAgain(id: number): string {
    const ip = this.world.panel.state.servers.get(id)?.ips[0];
    this.tell({ action: 'ip_assigned', serverId: id, ...(ip === undefined ? {} : { ip }) });
    return `look again at server ${id}`;
  }

  /** Every server whose port is automated; VMs included. */
  automated(): PanelServerWorld[] {
    return [...this.world.panel.state.servers.values()].filter((server) => server.id !== 103 && (server.id < 200 || server.id >= 300));
  }

  private assign(): string {
    const server = this.random.pick(this.automated());
    const ip = this.freshIp(server);
    this.change(() => { this.world.panel.state.assign(server.id, [ip]); });
    this.tell({ action: 'ip_assigned', serverId: server.id, ip });
    return `assign ${ip} to server ${server.id}`;
  }

  private remove(): string {
    const server = this.random.pick(this.automated());
    const { ips } = server;
    if (ips.length === 0) return this.lookAgain(server.id);
    const ip = this.random.pick(ips);
    this.change(() => { this.world.panel.state.remove(server.id, [ip]); });
    this.tell({ action: 'ip_removed', serverId: server.id, ip });
    return `remove ${ip} from server ${server.id}`;
  }

  /** All addresses of a server at once: an event for each. */
  private removeSeveral(): string {
    const { id, ips } = this.random.pick(this.automated());
    this.change(() => { this.world.panel.state.remove(id, ips); });
    for (const ip of ips) this.tell({ action: 'ip_removed', serverId: id, ip });
    return `remove all of server ${id}: ${ips.join(' ')}`;
  }

  private async migrate(): Promise<string> {
    const vms = this.automated().filter((server) => server.kind === 'vm');
    const cluster = this.world.clusters.get(CLUSTER);
    const target = this.random.pick(NODES);
    const [lockMs, unlockMs] = [this.random.int(0, 400), this.random.int(0, 400)];
    if (vms.length === 0 || cluster === undefined) return 'no VM to migrate';
    const { id, proxmox } = this.random.pick(vms);
    const vmid = proxmox?.vmid ?? 0;
    const from = cluster.cluster.guest(vmid).node;
    cluster.cluster.setLock(vmid, 'migrate');
    await pause(lockMs);
    this.change(() => { cluster.cluster.move(vmid, target); });
    await pause(unlockMs);
    cluster.cluster.setLock(vmid, undefined);
    this.lookAgain(id);
    return `migrate VM ${id} from ${from} to ${target}`;
  }

  private moveServer(): string {
    const plugged = this.automated().filter((server) => server.kind === 'dedicated');
    const free = this.freePort();
    if (plugged.length === 0 || free === undefined) return 'no server to move';
    const { id } = this.random.pick(plugged);
    this.change(() => { this.world.panel.updateServer(id, { switchPorts: [{ ...free, switchAutomation: true }] }); });
    this.lookAgain(id);
    return `move server ${id} to switch ${free.switchId} port ${free.portId}`;
  }

  /** An address goes from one server to another. */
  private movesAddress(): string {
    const [from, to] = this.random.shuffle(this.automated());
    const ip = from?.ips[0];
    if (from === undefined || to === undefined || ip === undefined) return this.assign();
    const fits = to.kind === 'dedicated' || this.vlansOf(to).some((vlan) => vlan === vlanOf(ip));
    if (!fits) return this.assign();
    this.change(() => { this.world.panel.state.remove(from.id, [ip]); });
    this.change(() => { this.world.panel.state.assign(to.id, [ip]); });
    this.tell({ action: 'ip_removed', serverId: from.id, ip });
    this.tell({ action: 'ip_assigned', serverId: to.id, ip });
    return `${ip} goes from server ${from.id} to server ${to.id}`;
  }

  private addServer(): string {
    const id = this.nextServer++;
    const free = this.freePort();
    const ip = `${this.random.pick(RANGES.filter(({ vlan }) => vlan !== 66)).prefix}${this.nextHost++}`;
    if (this.random.chance(0.5) && free !== undefined) {
      this.change(() => { this.world.panel.addServer(dedicated(id, [ip], free.switchId, free.portId)); });
    } else {
      const { server, guest } = virtual(id, [ip], this.random.pick(NODES), [vlanOf(ip)]);
      this.change(() => {
        this.world.clusters.get(CLUSTER)?.addGuest(guest);
        this.world.panel.addServer(server);
      });
    }
    this.tell({ action: 'ip_assigned', serverId: id, ip });
    return `new server ${id} with ${ip}`;
  }

  private deleteServer(): string {
    const { id, proxmox } = this.random.pick(this.automated());
    const removesGuest = this.random.chance(0.7);
    this.change(() => {
      this.world.panel.state.delete(id);
      if (proxmox !== undefined && removesGuest) this.world.clusters.get(CLUSTER)?.removeGuest(proxmox.vmid);
    });
    this.tell({ action: 'server_deleted', serverId: id });
    return `delete server ${id}`;
  }

  /** Every change of the world is in the history the moment it happens. */
  private change(act: () => void): void {
    act();
    this.history.record(desiredNow(this.world));
  }

  private tell(event: WebhookEvent): void {
    const { random } = this;
    const copies = random.chance(0.2) ? random.int(2, 3) : 1;
    const keyed = random.chance(0.5);
    const plan: DeliveryPlan = {
      copies,
      delayMs: random.chance(0.25) ? random.int(100, 4_000) : 0,
      ...(keyed ? { key: `chaos-${random.seed}-${this.nextKey++}` } : {}),
    };
    if (this.holding) this.listener.hold(event, plan);
    else this.listener.send(event, plan);
  }

  private freshIp(server: PanelServerWorld): string {
    const vlans = server.kind === 'vm' ? this.vlansOf(server) : RANGES.map(({ vlan }) => vlan);
    const range = this.random.pick(RANGES.filter(({ vlan }) => vlans.includes(vlan)));
    return `${range.prefix}${this.nextHost++}`;
  }

  private vlansOf(server: PanelServerWorld): number[] {
    const guest = this.world.clusters.get(CLUSTER)?.cluster.guests.find(({ vmid }) => vmid === server.proxmox?.vmid);
    return Object.values(guest?.config ?? {}).map((value) => Number(/,tag=(\d+)$/.exec(value)?.[1]));
  }

  private freePort(): { switchId: number; portId: number } | undefined {
    const taken = new Set(this.automated().flatMap((server) => (server.switchPorts ?? []).map(({ switchId, portId }) => `${switchId} ${portId}`)));
    const free = [SWITCHES.access, SWITCHES.els].flatMap((switchId) => ACCESS_PORTS.filter((portId) => !taken.has(`${switchId} ${portId}`)).map((portId) => ({ switchId, portId })));
    return free.length === 0 ? undefined : this.random.pick(free);
  }
}

function vlanOf(ip: string): number {
  return RANGES.find(({ prefix }) => ip.startsWith(prefix))?.vlan ?? 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
