import { PortwardenError } from '../../../src/domain/errors';
import type { NodeInventory } from '../../../src/domain/servers/server';
import type { FakeDevice } from '../fakes/fakeDevice';
import { FakeHypervisor } from '../fakes/fakeHypervisor';
import type { FakePanel } from '../fakes/fakePanel';
import { assigned, attachment, guest, ip, mac, nic, server, vlan } from '../fakes/values';
import {
  ANYWHERE,
  macOf,
  NIC_VLANS,
  NODES,
  panelVlan,
  refOf,
  type Database,
  type TrueGuest,
  type TrueServer,
} from './truth';

export const CLUSTER = 'pve';

/** What panel and cluster answer wrongly during the passes of one happening. */
export interface Faults {
  /** The panel's answers are those of a database of so many changes ago. */
  readonly stale?: number;
  /** Servers of which the panel answers that they do not exist. */
  readonly missing?: readonly number[];
  /** Servers whose entry lists no addresses, or half of them. */
  readonly empty?: readonly number[];
  readonly half?: readonly number[];
  /** Servers whose entry is another one's, or cannot be read. */
  readonly unreadable?: readonly number[];
  /** Servers that the list leaves out. */
  readonly unanswered?: readonly number[];
  /** Questions to the panel that fail. */
  readonly failing?: readonly string[];
  /** The cluster does not answer, or leaves guests out of its lists. */
  readonly cluster?: 'away' | readonly number[];
  /** Devices that do not answer, and devices whose answer to a commit is lost. */
  readonly away?: readonly number[];
  readonly lost?: readonly number[];
}

/** The cluster of the sequences: guests on their way are read at both nodes. */
export class SiteCluster extends FakeHypervisor {
  guestsNow: ReadonlyMap<number, TrueGuest> = new Map();

  override async inventory(node: string): Promise<NodeInventory> {
    const read = await super.inventory(node);
    const arriving = [...this.guestsNow.values()].filter(
      ({ node: at, goal }) => at !== node && (goal === node || goal === ANYWHERE),
    );
    return {
      ...read,
      guests: [
        ...read.guests,
        ...arriving.map(({ vmid, node: from }) => ({ ...guestOf(vmid), migrating: true, arrivingFrom: from })),
      ],
    };
  }
}

function guestOf(vmid: number): ReturnType<typeof guest> {
  const nics = NIC_VLANS.map((tag, index) =>
    nic(
      index,
      macOf({ id: 0, ips: [], mac: 0, vmid }, index),
      tag === 'native' ? { kind: 'native' } : { kind: 'tagged', vlan: vlan(tag) },
      { bridge: 'vmbr0' },
    ),
  );
  return guest(vmid, nics);
}

/** What panel, cluster and devices answer: what is true, or what faults make of it. */
export class Answers {
  private faults: Faults = {};

  constructor(
    /** What is true. */
    private readonly site: {
      readonly database: Database;
      readonly databases: readonly Database[];
      readonly guests: ReadonlyMap<number, TrueGuest>;
    },
    private readonly panel: FakePanel,
    private readonly cluster: SiteCluster,
    private readonly devices: readonly FakeDevice[],
  ) {}

  /** Whether the answer of a device to a commit is lost. */
  isLost(device: number): boolean {
    return this.faults.lost?.includes(device) === true;
  }

  /** What the panel's database is for whoever asks now: the one that faults show. */
  get shown(): Database {
    const { stale } = this.faults;
    return stale === undefined ? this.site.database : (this.site.databases.at(-stale) ?? this.site.database);
  }

  /** The addresses that the panel shows of a server. */
  shownIps({ id, ips }: TrueServer): readonly string[] {
    if (this.faults.empty?.includes(id) === true) return [];
    return this.faults.half?.includes(id) === true ? ips.slice(0, Math.ceil(ips.length / 2)) : ips;
  }

  /** Servers whose entries are there and cannot be read. */
  get unread(): readonly number[] {
    return this.faults.unreadable ?? [];
  }

  /** Servers about which the panel says nothing for certain. */
  get unclear(): readonly number[] {
    return [...(this.faults.unreadable ?? []), ...(this.faults.unanswered ?? [])];
  }

  /** Whether the panel answers that a server does not exist. */
  isMissing(id: number): boolean {
    return this.faults.missing?.includes(id) === true;
  }

  get isClusterFaulty(): boolean {
    return this.faults.cluster !== undefined;
  }

  /** Lets the fakes answer what is true, or what the faults make of it. */
  serve(faults: Faults): void {
    this.faults = faults;
    const { panel } = this;
    panel.servers.clear();
    panel.assignments.clear();
    panel.unreadable.clear();
    panel.unanswered.clear();
    panel.mend();
    for (const one of this.shown.values()) {
      if (faults.missing?.includes(one.id) === true) continue;
      const ips = this.shownIps(one);
      panel.add({
        serverId: server(one.id),
        name: `server-${one.id}`,
        kind: one.vmid === undefined ? 'dedicated' : 'vm',
        ips: ips.map((address, index) => assigned(address, { primary: index === 0 })),
        attachments: one.plug === undefined ? [] : [attachment(refOf(one.plug).device, refOf(one.plug).port)],
        ...(one.vmid === undefined
          ? { pxeMac: mac(macOf(one)) }
          : { hypervisor: { cluster: CLUSTER, vmid: one.vmid } }),
      });
      if (one.plug !== undefined)
        panel.assignments.set(one.plug, [...(panel.assignments.get(one.plug) ?? []), server(one.id)]);
      for (const address of ips) panel.vlans.set(ip(address), vlan(panelVlan(address)));
    }
    for (const id of faults.unreadable ?? []) panel.unreadable.add(server(id));
    for (const id of faults.unanswered ?? []) panel.unanswered.add(server(id));
    for (const question of faults.failing ?? [])
      panel.fail(question, new PortwardenError('panel-unreachable', 'the panel does not answer'));
    this.serveCluster();
    for (const device of this.devices) {
      if (faults.away?.includes(Number(device.id.split(':')[1])) === true)
        device.fault = new PortwardenError('device-unreachable', 'the device does not answer');
      else device.fault = undefined;
    }
  }

  private serveCluster(): void {
    const { cluster } = this;
    const left = typeof this.faults.cluster === 'object' ? this.faults.cluster : [];
    cluster.fault =
      this.faults.cluster === 'away' ? new PortwardenError('proxmox-unreachable', 'no host answers') : undefined;
    cluster.guestsNow = new Map([...this.site.guests].filter(([vmid]) => !left.includes(vmid)));
    cluster.migrations = [];
    for (const node of NODES) {
      const here = [...cluster.guestsNow.values()].filter((one) => one.node === node);
      cluster.nodes.set(
        node,
        here.map(({ vmid, goal }) => ({ ...guestOf(vmid), migrating: goal !== undefined })),
      );
      cluster.bridges.set(node, [{ name: 'vmbr0', leavesBy: ['vmbr0', 'bond0'] }]);
      for (const { vmid, goal } of here)
        if (goal !== undefined)
          cluster.migrations.push({
            ...{ vmid, from: node },
            targets: goal === ANYWHERE ? NODES.filter((other) => other !== node) : [goal],
          });
    }
  }
}
