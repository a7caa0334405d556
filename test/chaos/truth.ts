import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import { Ledger } from './ledger';
import { AUTOMATED_PORTS, type Bindings, portKey } from './model';
import { CLUSTER, RANGES, SWITCHES, UPLINKS } from './scenario';
import { FIRST_SETTINGS, uplinkOf, type SiteSettings } from './siteSettings';

/** What is true of all ports at one instant, whatever faulty answers say meanwhile. */
export interface Truth {
  /** What the ports shall hold: may be added at any time and must be there in the end. */
  readonly desired: Bindings;
  /**
   * What nobody may take away: all that is desired, what was let through under an earlier configuration, and what is there
   * though nothing justifies its removal.
   */
  readonly kept: Bindings;
  /** What may be there besides: of guests on their way, at the uplinks that they may go to. */
  readonly arriving: Bindings;
}

type Mutable = Map<string, string[]>;
const emptyPorts = (): Mutable => new Map(AUTOMATED_PORTS.map((key) => [key, []]));
const sorted = (bindings: Mutable): Bindings => new Map([...bindings].map(([key, lines]) => [key, lines.sort()]));

/** The address of a binding, which is a text `IP MAC VLAN-NAME`. */
export const ipOf = (binding: string): string => binding.slice(0, binding.indexOf(' '));

/** Its MAC. */
export const macOf = (binding: string): string => binding.split(' ')[1] ?? '';

/** Whether a binding is to a MAC that portwarden made. */
export const isVirtual = (binding: string): boolean => / 02:/.test(binding);

/** The own MACs of dedicated servers: the model knows no virtual MAC beforehand, but who may have one. */
const OWN_MAC = / 00:50:56:86:[0-9a-f:]+ /;

/** Whether a port's binding is what was asked for: the same, or that of a dedicated server's address with a virtual MAC. */
export function matches(asked: string, present: string): boolean {
  if (asked === present) return true;
  return isVirtual(present) && OWN_MAC.test(asked) && asked.replace(OWN_MAC, ' ') === present.replace(/ 02:\S+ /, ' ');
}

/**
 * What panel and hypervisors say now, under the present configuration. Written for the chaos site alone and on purpose
 * without a line of the product: VLAN by the panel's subnet, MAC by `pxe_mac` or by the NIC with that VLAN's tag. Where the
 * panel's VLAN contradicts a guest's NICs, or is none of the allowed ones though the address' own VLAN is, nothing may be
 * added and nothing taken away. A change of configuration takes nothing away.
 */
export function truthNow(world: LabWorld, ledger: Ledger, settings: readonly SiteSettings[] = [FIRST_SETTINGS]): Truth {
  const desired = emptyPorts();
  const kept = emptyPorts();
  const arriving = emptyPorts();
  const present = settings.at(-1) ?? FIRST_SETTINGS;
  const keep = (port: string, binding: string): void => {
    const there = kept.get(port);
    if (there?.includes(binding) === false) there.push(binding);
  };
  for (const server of world.panel.state.servers.values()) {
    for (const ip of server.ips) {
      const range = RANGES.find(({ prefix }) => ip.startsWith(prefix));
      if (range === undefined) continue;
      const stated = world.panel.state.subnets.find(({ subnet }) => subnet === `${range.prefix}0`)?.staticAccessVlanId;
      const said = stated === undefined ? [] : bindingsOf(world, present, server, ip, stated);
      for (const { port, binding } of said) desired.get(port)?.push(binding);
      for (const each of settings) {
        const then = stated === undefined ? [] : bindingsOf(world, each, server, ip, stated);
        const stays = then.length > 0 ? then : bindingsOf(world, each, server, ip, range.vlan);
        for (const { port, binding } of stays)
          if (each === present || !ledger.isApproved(port, binding)) keep(port, binding);
      }
      const [first] = said;
      if (first !== undefined) for (const port of goalsOf(world, server)) arriving.get(port)?.push(first.binding);
    }
  }
  for (const [port, binding] of ledger.all()) keep(port, binding);
  return { desired: sorted(desired), kept: sorted(kept), arriving: sorted(arriving) };
}

/** The uplinks that a guest may go to while a migration locks it. */
function goalsOf(world: LabWorld, { proxmox }: PanelServerWorld): readonly string[] {
  const cluster = world.clusters.get(CLUSTER)?.cluster;
  const guest = cluster?.guests.find(({ vmid }) => vmid === proxmox?.vmid);
  return guest?.lock === 'migrate' ? UPLINKS : [];
}

/** The ports that a server's traffic enters through; none for one that is plugged in nowhere. */
function portsOf(world: LabWorld, server: PanelServerWorld, settings: SiteSettings): readonly string[] {
  if (server.kind === 'dedicated') {
    const plug = server.switchPorts?.[0];
    return plug?.switchAutomation === true ? [portKey(plug.switchId, `ge-0/0/${plug.portId}.0`)] : [];
  }
  const guest = world.clusters.get(CLUSTER)?.cluster.guests.find(({ vmid }) => vmid === server.proxmox?.vmid);
  return uplinkOf(settings, guest?.node);
}

function bindingsOf(
  world: LabWorld,
  settings: SiteSettings,
  server: PanelServerWorld,
  ip: string,
  vlan: number,
): readonly { readonly port: string; readonly binding: string }[] {
  const mac = server.kind === 'vm' ? nicMac(world, server, vlan) : server.pxeMac;
  if (mac === undefined || !settings.allowlist.includes(vlan)) return [];
  return portsOf(world, server, settings).map((port) => ({
    port,
    binding: `${ip} ${mac.toLowerCase()} ${vlanName(port, vlan)}`,
  }));
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

/** What was true when: every change of the world is recorded at once, so nothing lies between two records. */
export class TruthHistory {
  private readonly records: { readonly at: number; readonly truth: Truth }[] = [];
  readonly ledger = new Ledger();
  /** Every configuration that was in force, the present one last. */
  readonly settings: SiteSettings[] = [FIRST_SETTINGS];

  constructor(private readonly world: LabWorld) {}

  /** Changes the world and records what is true from now on. */
  change(act: () => void): void {
    act();
    this.records.push({ at: Date.now(), truth: this.now() });
  }

  /** What is true now. */
  now(): Truth {
    return this.ledger.holds.into(this.naturally());
  }

  /** What would be true now if nobody held anything. */
  private naturally(): Truth {
    return truthNow(this.world, this.ledger, this.settings);
  }

  /** The configuration that rules now. */
  get present(): SiteSettings {
    return this.settings.at(-1) ?? FIRST_SETTINGS;
  }

  /** The ports of a server by the present configuration. */
  portsOf(server: PanelServerWorld): readonly string[] {
    return portsOf(this.world, server, this.present);
  }

  /** Another configuration is in force from now on. */
  configure(settings: SiteSettings): void {
    this.change(() => {
      this.settings.push(settings);
    });
  }

  /** Everything of these addresses that nobody may take away, where it is. */
  keptOf(ips: readonly string[]): (readonly [port: string, binding: string])[] {
    return [...this.naturally().kept].flatMap(([port, bindings]) =>
      bindings.filter((binding) => ips.includes(ipOf(binding))).map((binding) => [port, binding] as const),
    );
  }

  /**
   * Whether a binding was desired, or that of a guest on its way there, at some instant between the two times (Unix
   * milliseconds), or is one that a person keeps.
   */
  everDesired(port: string, binding: string, from: number, to: number): boolean {
    if (this.ledger.isAdopted(port, binding)) return true;
    return this.between(from, to).some(({ desired, arriving }) =>
      [...(desired.get(port) ?? []), ...(arriving.get(port) ?? [])].some((asked) => matches(asked, binding)),
    );
  }

  /** Whether nothing justified the removal of a binding at any instant between the two times. */
  alwaysKept(port: string, binding: string, from: number, to: number): boolean {
    return this.between(from, to).every(({ kept }) => (kept.get(port) ?? []).some((asked) => matches(asked, binding)));
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
