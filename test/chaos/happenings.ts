import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import type { DeliveryPlan, Listener, WebhookEvent } from './listener';
import type { Random } from './random';
import { ACCESS_PORTS, CLUSTER, dedicated, NODES, RANGES, SWITCHES, virtual } from './scenario';
import type { TruthHistory } from './truth';

/** What customers and staff do: changes of panel and hypervisors, each with its webhook. */
export class Happenings {
  private nextServer = 400;
  private nextHost = 20;
  private nextKey = 1;
  /** Guests that still run though the panel has deleted their servers. */
  private readonly orphans: { readonly serverId: number; readonly vmid: number }[] = [];
  /** What the panel took from servers, of which no event told. */
  private readonly untold: { readonly serverId: number; readonly port: string; readonly binding: string }[] = [];
  /** While true, webhooks are kept, to be delivered in another order. */
  holding = false;

  constructor(
    private readonly world: LabWorld,
    private readonly random: Random,
    private readonly listener: Listener,
    private readonly history: TruthHistory,
  ) {}

  /** Does one thing. @returns what, for the run's log. */
  async next(): Promise<string> {
    const { random } = this;
    return random.weighted<() => string | Promise<string>>([
      [7, () => this.assign()],
      [5, () => this.remove()],
      [2, () => this.removeSeveral()],
      [3, () => this.migrate()],
      [1, () => this.migrateBackAndForth()],
      [1, () => this.evacuate()],
      [2, () => this.moveServer()],
      [2, () => this.movesAddress()],
      [1, () => this.addServer()],
      [2, () => this.deleteServer()],
      [this.orphans.length > 0 ? 2 : 0, () => this.endOrphan()],
      [2, () => this.lookAgain(random.pick(this.automated()).id)],
    ])();
  }

  /** An event for a server that changes nothing. */
  lookAgain(id: number): string {
    const ip = this.world.panel.state.servers.get(id)?.ips[0];
    this.tell({ action: 'ip_assigned', serverId: id, ...(ip === undefined ? {} : { ip }) });
    return `look again at server ${id}`;
  }

  /** An event that names an address which the server does not have any more, or never had. */
  nameRemoved(id: number, ip: string): void {
    this.tell({ action: 'ip_removed', serverId: id, ip });
  }

  /** Every server whose port is automated; VMs included. */
  automated(): PanelServerWorld[] {
    return [...this.world.panel.state.servers.values()].filter(
      (server) => server.id !== 103 && (server.id < 200 || server.id >= 300),
    );
  }

  private assign(): string {
    const server = this.random.pick(this.automated());
    const ip = this.freshIp(server);
    this.history.change(() => {
      this.world.panel.state.assign(server.id, [ip]);
    });
    this.tell({ action: 'ip_assigned', serverId: server.id, ip });
    return `assign ${ip} to server ${server.id}`;
  }

  private remove(): string {
    const server = this.random.pick(this.automated());
    const { ips } = server;
    if (ips.length === 0) return this.lookAgain(server.id);
    const ip = this.random.pick(ips);
    const bound = this.history.keptOf([ip]);
    this.history.change(() => {
      this.world.panel.state.remove(server.id, [ip]);
    });
    const isTold = this.random.chance(0.85);
    if (isTold) this.tell({ action: 'ip_removed', serverId: server.id, ip });
    else this.untold.push(...bound.map(([port, binding]) => ({ serverId: server.id, port, binding })));
    return `remove ${ip} from server ${server.id}${isTold ? '' : ' without an event'}`;
  }

  /** All addresses of a server at once: an event for each. */
  private removeSeveral(): string {
    const { id, ips } = this.random.pick(this.automated());
    this.history.change(() => {
      this.world.panel.state.remove(id, ips);
    });
    for (const ip of ips) this.tell({ action: 'ip_removed', serverId: id, ip });
    return `remove all of server ${id}: ${ips.join(' ')}`;
  }

  private vms(): PanelServerWorld[] {
    return this.automated().filter((server) => server.kind === 'vm');
  }

  /** Nobody tells portwarden of a migration; sooner or later something makes it look at the guest again. */
  private async migrate(): Promise<string> {
    const vms = this.vms();
    if (vms.length === 0) return 'no VM to migrate';
    const { id, proxmox } = this.random.pick(vms);
    const what = await this.moveGuest(proxmox?.vmid ?? 0, this.random.pick(NODES));
    const isTold = this.random.chance(0.75);
    if (isTold) this.lookAgain(id);
    return `migrate VM ${id} ${what}${isTold ? '' : ', without an event'}`;
  }

  /** There and back, quicker than the events about it are worked off. */
  private async migrateBackAndForth(): Promise<string> {
    const vms = this.vms();
    if (vms.length === 0) return 'no VM to migrate';
    const { id, proxmox } = this.random.pick(vms);
    const vmid = proxmox?.vmid ?? 0;
    const home = this.world.clusters.get(CLUSTER)?.cluster.guest(vmid).node ?? '';
    const away = this.random.pick(NODES.filter((name) => name !== home));
    await this.moveGuest(vmid, away);
    this.lookAgain(id);
    await pause(this.random.int(0, 2_000));
    await this.moveGuest(vmid, home);
    this.lookAgain(id);
    return `migrate VM ${id} from ${home} to ${away} and back`;
  }

  /** A node is emptied for maintenance. */
  private async evacuate(): Promise<string> {
    const node = this.random.pick(NODES);
    const guests = this.world.clusters.get(CLUSTER)?.cluster.guests.filter((guest) => guest.node === node) ?? [];
    const targets = NODES.filter((name) => name !== node);
    for (const { vmid } of guests) await this.moveGuest(vmid, this.random.pick(targets));
    const told = this.vms().filter(({ proxmox }) => guests.some(({ vmid }) => vmid === proxmox?.vmid));
    for (const { id } of told) if (this.random.chance(0.5)) this.lookAgain(id);
    return `node ${node} is emptied: ${guests.map(({ vmid }) => vmid).join(' ')}`;
  }

  private async moveGuest(vmid: number, target: string): Promise<string> {
    const cluster = this.world.clusters.get(CLUSTER)?.cluster;
    const [lockMs, unlockMs] = [this.random.int(0, 400), this.random.int(0, 400)];
    if (cluster === undefined) return 'nowhere';
    const from = cluster.guest(vmid).node;
    // The lock of a migration shows at once, its task not always: the target is open then.
    const hasTask = this.random.chance(0.7);
    let task: ReturnType<typeof cluster.beginMigration> | undefined;
    this.history.change(() => {
      if (hasTask) task = cluster.beginMigration(vmid, target);
      else cluster.setLock(vmid, 'migrate');
    });
    await pause(lockMs);
    this.history.change(() => {
      cluster.move(vmid, target);
    });
    await pause(unlockMs);
    this.history.change(() => {
      if (task !== undefined) cluster.endMigration(task);
      cluster.setLock(vmid, undefined);
    });
    return `from ${from} to ${target}`;
  }

  private moveServer(): string {
    const plugged = this.automated().filter((server) => server.kind === 'dedicated');
    const free = this.freePort();
    if (plugged.length === 0 || free === undefined) return 'no server to move';
    const { id } = this.random.pick(plugged);
    this.history.change(() => {
      this.world.panel.updateServer(id, { switchPorts: [{ ...free, switchAutomation: true }] });
    });
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
    this.history.change(() => {
      this.world.panel.state.remove(from.id, [ip]);
    });
    this.history.change(() => {
      this.world.panel.state.assign(to.id, [ip]);
    });
    this.tell({ action: 'ip_removed', serverId: from.id, ip });
    this.tell({ action: 'ip_assigned', serverId: to.id, ip });
    return `${ip} goes from server ${from.id} to server ${to.id}`;
  }

  private addServer(): string {
    const id = this.nextServer++;
    const free = this.freePort();
    const ip = `${this.random.pick(RANGES.filter(({ vlan }) => vlan !== 66)).prefix}${this.nextHost++}`;
    if (this.random.chance(0.5) && free !== undefined) {
      this.history.change(() => {
        this.world.panel.addServer(dedicated(id, [ip], free.switchId, free.portId));
      });
    } else {
      const { server, guest } = virtual(id, [ip], this.random.pick(NODES), [vlanOf(ip)]);
      this.history.change(() => {
        this.world.clusters.get(CLUSTER)?.addGuest(guest);
        this.world.panel.addServer(server);
      });
    }
    this.tell({ action: 'ip_assigned', serverId: id, ip });
    return `new server ${id} with ${ip}`;
  }

  private deleteServer(): string {
    const server = this.random.pick(this.automated());
    const { id, proxmox } = server;
    const how = this.random.weighted<'told' | 'untold' | 'guest-runs'>([
      [6, 'told'],
      [2, 'untold'],
      [proxmox === undefined ? 0 : 3, 'guest-runs'],
    ]);
    this.history.change(() => {
      // What an untold deletion leaves, and what a guest uses that still runs, stays until somebody is sure.
      if (how !== 'told') this.leaveBehind(server);
      this.world.panel.state.delete(id);
      if (proxmox !== undefined && how !== 'guest-runs') this.world.clusters.get(CLUSTER)?.removeGuest(proxmox.vmid);
    });
    if (proxmox !== undefined && how === 'guest-runs') this.orphans.push({ serverId: id, vmid: proxmox.vmid });
    if (how !== 'untold') this.tell({ action: 'server_deleted', serverId: id });
    return `delete server ${id}${{ told: '', untold: ' without an event', 'guest-runs': ', whose guest still runs' }[how]}`;
  }

  /** Also what the panel took from it before without a word: if nobody looked since, nobody knows of that any more. */
  private leaveBehind({ id, ips }: PanelServerWorld): void {
    for (const { serverId, port, binding } of this.untold)
      if (serverId === id) this.history.ledger.leaveBehind(id, port, [binding]);
    for (const [port, binding] of this.history.keptOf(ips)) this.history.ledger.leaveBehind(id, port, [binding]);
  }

  /** A guest that outlived its server is removed at last, and the deletion told once more. */
  private endOrphan(): string {
    const orphan = this.random.pick(this.orphans);
    this.orphans.splice(this.orphans.indexOf(orphan), 1);
    this.history.change(() => {
      this.history.ledger.releaseServer(orphan.serverId);
      this.world.clusters.get(CLUSTER)?.removeGuest(orphan.vmid);
    });
    this.tell({ action: 'server_deleted', serverId: orphan.serverId });
    return `remove the guest of deleted server ${orphan.serverId}`;
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
    const taken = new Set(
      this.automated().flatMap((server) =>
        (server.switchPorts ?? []).map(({ switchId, portId }) => `${switchId} ${portId}`),
      ),
    );
    const free = [SWITCHES.access, SWITCHES.els].flatMap((switchId) =>
      ACCESS_PORTS.filter((portId) => !taken.has(`${switchId} ${portId}`)).map((portId) => ({ switchId, portId })),
    );
    return free.length === 0 ? undefined : this.random.pick(free);
  }
}

function vlanOf(ip: string): number {
  return RANGES.find(({ prefix }) => ip.startsWith(prefix))?.vlan ?? 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
