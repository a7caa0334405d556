import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import { AUTOMATED_PORTS, portKey, type Bindings } from './model';
import { ALLOWED_VLANS, CLUSTER, NODES, RANGES, SWITCHES } from './scenario';

/** What is true of all ports at one instant, whatever faulty answers say meanwhile. */
export interface Truth {
  /** What the ports shall hold: may be added at any time and must be there in the end. */
  readonly desired: Bindings;
  /** What nobody may take away: all that is desired, and what is there though nothing justifies its removal. */
  readonly kept: Bindings;
  /** What may be there besides: of guests on their way, at the uplinks that they may go to. */
  readonly arriving: Bindings;
}

type Mutable = Map<string, string[]>;
const emptyPorts = (): Mutable => new Map(AUTOMATED_PORTS.map((key) => [key, []]));
const sorted = (bindings: Mutable): Bindings => new Map([...bindings].map(([key, lines]) => [key, lines.sort()]));

/** The address of a binding, which is a text `IP MAC VLAN-NAME`. */
export const ipOf = (binding: string): string => binding.slice(0, binding.indexOf(' '));

/**
 * What panel and hypervisors say now. Written for the chaos site alone and on purpose without a line of the product:
 * VLAN by the panel's subnet, MAC by `pxe_mac` or by the NIC with that VLAN's tag. Where the panel's VLAN contradicts
 * a guest's NICs, or is none of the allowed ones though the address' own VLAN is, nothing may be added and nothing
 * taken away.
 */
export function truthNow(world: LabWorld, ledger: Ledger): Truth {
  const desired = emptyPorts();
  const kept = emptyPorts();
  const arriving = emptyPorts();
  for (const server of world.panel.state.servers.values()) {
    for (const ip of server.ips) {
      const range = RANGES.find(({ prefix }) => ip.startsWith(prefix));
      if (range === undefined) continue;
      const stated = world.panel.state.subnets.find(({ subnet }) => subnet === `${range.prefix}0`)?.staticAccessVlanId;
      const said = stated === undefined ? undefined : bindingOf(world, server, ip, stated);
      const real = bindingOf(world, server, ip, range.vlan);
      if (said !== undefined) desired.get(said.port)?.push(said.binding);
      const stays = said ?? real;
      if (stays !== undefined) kept.get(stays.port)?.push(stays.binding);
      if (said !== undefined) for (const port of goalsOf(world, server)) arriving.get(port)?.push(said.binding);
    }
  }
  for (const [port, binding] of ledger.all()) kept.get(port)?.push(binding);
  return { desired: sorted(desired), kept: sorted(kept), arriving: sorted(arriving) };
}

/** The uplinks that a guest may go to while a migration locks it: that of the task's target, else all. */
function goalsOf(world: LabWorld, { proxmox }: PanelServerWorld): string[] {
  const cluster = world.clusters.get(CLUSTER)?.cluster;
  const guest = cluster?.guests.find(({ vmid }) => vmid === proxmox?.vmid);
  if (guest?.lock !== 'migrate') return [];
  return NODES.map((_, index) => portKey(SWITCHES.uplinks, `ae${index}.0`));
}

/** The port that a server's traffic enters through; undefined for one that is plugged in nowhere. */
export function portOf(world: LabWorld, server: PanelServerWorld): string | undefined {
  if (server.kind === 'dedicated') {
    const plug = server.switchPorts?.[0];
    return plug?.switchAutomation === true ? portKey(plug.switchId, `ge-0/0/${plug.portId}.0`) : undefined;
  }
  const guest = world.clusters.get(CLUSTER)?.cluster.guests.find(({ vmid }) => vmid === server.proxmox?.vmid);
  const node = NODES.findIndex((name) => name === guest?.node);
  return node < 0 ? undefined : portKey(SWITCHES.uplinks, `ae${node}.0`);
}

function bindingOf(
  world: LabWorld,
  server: PanelServerWorld,
  ip: string,
  vlan: number,
): { readonly port: string; readonly binding: string } | undefined {
  const port = portOf(world, server);
  const mac = server.kind === 'vm' ? nicMac(world, server, vlan) : server.pxeMac;
  if (port === undefined || mac === undefined || !ALLOWED_VLANS.includes(vlan)) return undefined;
  return { port, binding: `${ip} ${mac.toLowerCase()} ${vlanName(port, vlan)}` };
}

function nicMac(world: LabWorld, server: PanelServerWorld, vlan: number): string | undefined {
  const guest = world.clusters.get(CLUSTER)?.cluster.guests.find(({ vmid }) => vmid === server.proxmox?.vmid);
  const nic = Object.values(guest?.config ?? {}).find((value) => value.endsWith(`,tag=${vlan}`));
  return /=([0-9A-F:]{17}),/.exec(nic ?? '')?.[1];
}

/** How the switch of a port names a VLAN. */
export function vlanName(port: string, vlan: number): string {
  if (port.startsWith(`${SWITCHES.els} `)) return `v${vlan}`;
  return port.startsWith(`${SWITCHES.access} `) && vlan === 100 ? 'customers-100' : `VLAN.${vlan}`;
}

/**
 * Bindings that stay though neither panel nor hypervisor asks for them: what people put on a port by hand, and what a
 * server left behind of whose end nobody was told, or whose guest still runs.
 */
export class Ledger {
  private readonly byHand = new Map<string, string>();
  private readonly adopted = new Set<string>();
  private readonly leftBehind = new Map<
    string,
    { readonly serverId: number; readonly port: string; readonly binding: string }
  >();

  addByHand(port: string, binding: string): void {
    this.byHand.set(`${port} ${binding}`, port);
  }

  /** Whoever put it there took it away, or approved that portwarden does. */
  releaseByHand(port: string, binding: string): void {
    this.byHand.delete(`${port} ${binding}`);
  }

  /** A person keeps it: it may come back whoever takes it away, and nobody need be told of it any more. */
  adopt(port: string, binding: string): void {
    this.adopted.add(`${port} ${binding}`);
  }

  isAdopted(port: string, binding: string): boolean {
    return this.adopted.has(`${port} ${binding}`);
  }

  isByHand(port: string, binding: string): boolean {
    return this.byHand.has(`${port} ${binding}`);
  }

  /** What people put on a port. */
  handMade(port: string): string[] {
    return [...this.byHand].flatMap(([key, at]) => (at === port ? [key.slice(port.length + 1)] : []));
  }

  /** The bindings stay until {@link releaseServer}. */
  leaveBehind(serverId: number, port: string, bindings: readonly string[]): void {
    for (const binding of bindings) this.leftBehind.set(`${port} ${binding}`, { serverId, port, binding });
  }

  releaseServer(serverId: number): void {
    for (const [key, entry] of this.leftBehind) if (entry.serverId === serverId) this.leftBehind.delete(key);
  }

  releaseLeft(port: string, binding: string): void {
    this.leftBehind.delete(`${port} ${binding}`);
  }

  all(): (readonly [port: string, binding: string])[] {
    return [
      ...[...this.byHand].map(([key, port]) => [port, key.slice(port.length + 1)] as const),
      ...[...this.leftBehind.values()].map(({ port, binding }) => [port, binding] as const),
    ];
  }
}

/** What was true when: every change of the world is recorded at once, so nothing lies between two records. */
export class TruthHistory {
  private readonly records: { readonly at: number; readonly truth: Truth }[] = [];
  readonly ledger = new Ledger();

  constructor(private readonly world: LabWorld) {}

  /** Changes the world and records what is true from now on. */
  change(act: () => void): void {
    act();
    this.records.push({ at: Date.now(), truth: truthNow(this.world, this.ledger) });
  }

  /** Which bindings of these addresses a port was to have until now. */
  desiredAt(port: string, ips: readonly string[]): string[] {
    return (this.records.at(-1)?.truth.desired.get(port) ?? []).filter((binding) => ips.includes(ipOf(binding)));
  }

  /**
   * Whether a binding was desired, or that of a guest on its way there, at some instant between the two times (Unix
   * milliseconds), or is one that a person keeps.
   */
  everDesired(port: string, binding: string, from: number, to: number): boolean {
    if (this.ledger.isAdopted(port, binding)) return true;
    return this.between(from, to).some(({ desired, arriving }) =>
      [...(desired.get(port) ?? []), ...(arriving.get(port) ?? [])].includes(binding),
    );
  }

  /** Whether nothing justified the removal of a binding at any instant between the two times. */
  alwaysKept(port: string, binding: string, from: number, to: number): boolean {
    return this.between(from, to).every(({ kept }) => (kept.get(port) ?? []).includes(binding));
  }

  /** The ports that an address was to be bound at, provided that there was one at every instant between the two times. */
  homesOf(ip: string, from: number, to: number): string[] | undefined {
    const homes = new Set<string>();
    for (const { desired } of this.between(from, to)) {
      const here = [...desired]
        .filter(([, bindings]) => bindings.some((binding) => ipOf(binding) === ip))
        .map(([port]) => port);
      if (here.length === 0) return undefined;
      for (const port of here) homes.add(port);
    }
    return [...homes];
  }

  private between(from: number, to: number): Truth[] {
    return this.records
      .filter((record, index) => record.at <= to && (this.records[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= from)
      .map(({ truth }) => truth);
  }
}
