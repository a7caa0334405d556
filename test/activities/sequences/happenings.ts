import type { PolicyScope } from '../../../src/domain/policies/policy';
import { ip, server, statement } from '../fakes/values';
import type { Statement } from '../../../src/domain/change/statement';
import { SERVERS, type Happening } from './anyHappening';
import { SECURITY_OFF } from './portSecurity';
import type { Site } from './site';
import { ANYWHERE, NODES, PLUGS, refOf, SETTINGS, type TrueServer } from './truth';

const MINUTE = 60_000;

/** The servers that a site has at first: three that are plugged in, three guests. */
const FIRST: readonly TrueServer[] = [
  { id: 1, ips: ['10.0.13.1', '10.0.13.2', '10.0.20.1'], mac: 1, plug: PLUGS[0] },
  { id: 2, ips: ['10.0.13.3', '10.0.30.1'], mac: 2, plug: PLUGS[1] },
  { id: 3, ips: ['10.0.20.2'], mac: 3, plug: PLUGS[2] },
  { id: 4, ips: ['10.0.13.4', '10.0.20.3'], mac: 0, vmid: 104 },
  { id: 5, ips: ['10.0.13.5', '10.0.20.4', '10.0.20.5'], mac: 0, vmid: 105 },
  { id: 6, ips: ['10.0.20.6'], mac: 0, vmid: 106 },
];

/** Lets things happen at a site, each with the passes that follow from it. */
export class Happenings {
  private nextAddress = 10;
  private nextServer = SERVERS + 1;
  private nextMac = 10;
  private newest: Site['database'] | undefined;

  constructor(private readonly site: Site) {}

  /** Every first server is seen where it is. */
  async begin(): Promise<void> {
    const { site } = this;
    site.guests = new Map([4, 5, 6].map((id, index) => [100 + id, { vmid: 100 + id, node: NODES[index] ?? 'pve1' }]));
    site.change(new Map(FIRST.map((one) => [one.id, one])));
    for (const { id } of FIRST) site.tell({ action: 'ip_assigned', serverId: id });
    await site.settle();
    await site.watchCluster();
  }

  async happen(happening: Happening): Promise<void> {
    const { site } = this;
    await this.act(happening);
    site.judge.changed();
    await site.settle(happening.faults ?? {});
    site.pass(happening.ms);
    if (site.isWaiting()) await site.settle(happening.faults ?? {});
  }

  /** Everything works again and was looked at; nobody waits for a time any more. */
  async end(): Promise<void> {
    const { site } = this;
    for (const guest of site.guests.values()) {
      const { vmid, node, goal = node } = guest;
      this.place(vmid, goal === ANYWHERE ? node : goal);
    }
    site.pass(2 * MINUTE);
    for (const { id } of site.database.values()) site.tell({ action: 'ip_assigned', serverId: id });
    site.look(this.ports());
    for (let round = 0; round < 3; round += 1) {
      await site.settle();
      site.pass(MINUTE);
    }
    site.judge.final();
  }

  private async act({ what, a, b, told }: Happening): Promise<void> {
    const { site } = this;
    const server = this.server(a);
    const say = (action: string, of: TrueServer | undefined, ip?: string): void => {
      if (of === undefined || !told) return;
      if (action === 'ip_removed' && ip !== undefined) site.judge.named(of.id, ip);
      if (action === 'server_deleted') site.judge.toldDeleted(of.id);
      site.tell({ action, serverId: of.id, ...(ip === undefined ? {} : { ip }) });
    };
    const address = server === undefined ? undefined : at(server.ips, b);
    const port = this.port(a);
    switch (what) {
      case 'assign': {
        if (server === undefined) return;
        const vlan = at(server.vmid === undefined ? [13, 20, 30] : [13, 20], b) ?? 13;
        const fresh = `10.0.${vlan}.${(this.nextAddress += 1)}`;
        site.put({ ...server, ips: [...server.ips, fresh] });
        return say('ip_assigned', server, fresh);
      }
      case 'remove':
        if (server === undefined || address === undefined) return;
        site.put({ ...server, ips: server.ips.filter((one) => one !== address) });
        return say('ip_removed', server, address);
      case 'removeAll':
        if (server === undefined) return;
        site.put({ ...server, ips: server.ips.slice(0, b % 2) });
        for (const ip of server.ips.slice(b % 2)) say('ip_removed', server, ip);
        return;
      case 'moveAddress': {
        const other = this.server(b);
        const ip = server?.ips[0];
        if (server === undefined || other === undefined || ip === undefined || other.id === server.id) return;
        site.put({ ...server, ips: server.ips.slice(1) });
        site.put({ ...other, ips: [...other.ips, ip] });
        say('ip_removed', server, ip);
        return say('ip_assigned', other, ip);
      }
      case 'newMac':
        if (server?.vmid !== undefined || server === undefined) return;
        site.put({ ...server, mac: (this.nextMac += 1) });
        return say('ip_assigned', server);
      case 'plugElsewhere': {
        const free = PLUGS.filter((plug) => ![...site.database.values()].some((one) => one.plug === plug));
        const plug = at(free, b);
        if (server?.vmid !== undefined || server === undefined || plug === undefined) return;
        site.put({ ...server, plug });
        return say('ip_assigned', server);
      }
      case 'migrate':
      case 'setOut':
      case 'arrive': {
        const guest = at([...site.guests.values()], a);
        if (guest === undefined) return;
        const node = at(NODES, b) ?? 'pve1';
        const goal = what === 'setOut' && b > 8 ? ANYWHERE : node;
        if (what === 'setOut') site.guests.set(guest.vmid, { ...guest, ...(goal === guest.node ? {} : { goal }) });
        else this.place(guest.vmid, what === 'arrive' && guest.goal !== ANYWHERE ? (guest.goal ?? guest.node) : node);
        site.judge.changed();
        if (told) await site.watchCluster();
        return say(
          'ip_assigned',
          [...site.database.values()].find(({ vmid }) => vmid === guest.vmid),
        );
      }
      case 'addServer': {
        const id = this.nextServer;
        const free = PLUGS.filter((plug) => ![...site.database.values()].some((one) => one.plug === plug));
        const plug = at(free, b);
        const ips = [`10.0.${a % 2 === 0 ? 13 : 20}.${(this.nextAddress += 1)}`];
        this.nextServer += 1;
        if (plug !== undefined && a % 3 !== 0) site.put({ id, ips, mac: (this.nextMac += 1), plug });
        else {
          site.guests.set(100 + id, { vmid: 100 + id, node: at(NODES, b) ?? 'pve1' });
          site.put({ id, ips, mac: 0, vmid: 100 + id });
        }
        return say('ip_assigned', site.database.get(id));
      }
      case 'delete':
        if (server === undefined) return;
        if (b % 3 !== 0 && server.vmid !== undefined) site.guests.delete(server.vmid);
        site.change(new Map([...site.database].filter(([id]) => id !== server.id)));
        return say('server_deleted', server);
      case 'endGuest': {
        const orphan = [...site.guests.keys()].find(
          (vmid) => ![...site.database.values()].some((one) => one.vmid === vmid),
        );
        if (orphan === undefined) return;
        site.guests.delete(orphan);
        return say('server_deleted', { id: orphan - 100, ips: [], mac: 0 });
      }
      case 'goBack':
        this.newest ??= site.database;
        site.change(site.databases.at(-1 - a) ?? site.database);
        return;
      case 'comeBack':
        if (this.newest !== undefined) site.change(this.newest);
        this.newest = undefined;
        return;
      case 'configure':
        site.configure(at(SETTINGS, a) ?? site.settings);
        return told ? site.look(this.ports()) : undefined;
      case 'approve': {
        const parked = at([...site.world.store.changes.values()], a);
        if (parked === undefined) return;
        const key = `${parked.device} ${parked.port}`;
        site.judge.persons.approved(
          key,
          parked.removed.map((one) => one.key),
        );
        return site.approve(key);
      }
      case 'reject': {
        const parked = at([...site.world.store.changes.values()], a);
        return parked === undefined ? undefined : site.reject(`${parked.device} ${parked.port}`);
      }
      case 'keep':
      case 'keepForAWhile':
      case 'letGo': {
        const one = port === undefined ? undefined : at(bindingsOf(site.present(port)), b);
        if (port === undefined || one === undefined) return;
        const until = what === 'keepForAWhile' ? new Date(Date.now() + 10 * MINUTE).toISOString() : undefined;
        return site.decide(port, one.key, what === 'letGo' ? 'remove' : 'keep', until);
      }
      case 'nameKept': {
        const kept = at(site.world.store.kept, a)?.statement.ip;
        if (server === undefined || kept === undefined) return;
        return say('ip_removed', server, kept);
      }
      case 'byHand': {
        if (port === undefined) return;
        const made = statement(`10.0.13.${200 + b}`, '00:00:5e:00:01:01', 'VLAN.13');
        site.byHand(port, (present) => [...present.filter(({ key }) => key !== made.key), made]);
        return told ? site.look([port]) : undefined;
      }
      case 'takeByHand': {
        if (port === undefined) return;
        const gone = at(bindingsOf(site.present(port)), b);
        site.byHand(port, (present) => present.filter((one) => one !== gone));
        return told ? site.look([port]) : undefined;
      }
      case 'giveMac': {
        const further = at(server?.ips.slice(1) ?? [], b);
        return server === undefined || further === undefined ? undefined : site.giveMac(server.id, further);
      }
      case 'revokeMac': {
        const live = at(
          site.world.store.virtualMacs.rows.filter(({ state }) => state !== 'revoked'),
          a,
        );
        return live === undefined ? undefined : site.revokeMac(live);
      }
      case 'securityOff':
      case 'furtherAddress': {
        const scope = b % 2 === 0 ? portScope(port) : serverScope(server);
        const ports = b % 2 === 0 ? [port] : server === undefined ? [] : site.portsOf(server);
        if (scope === undefined) return;
        const fields =
          what === 'securityOff'
            ? ({ portSecurity: 'off' } as const)
            : { allowedAddressPairs: [{ address: ip(`10.0.13.${220 + (b % 4)}`) }] };
        const expiresAt = b % 3 === 0 ? new Date(Date.now() + 10 * MINUTE).toISOString() : undefined;
        const policy = {
          ...{ scope, ...fields, reason: 'whatever happens', author: 'netops' },
          ...(expiresAt === undefined ? {} : { expiresAt }),
        };
        return site.changePolicy(
          { change: 'set', policy },
          ports.flatMap((one) => one ?? []),
        );
      }
      case 'endPolicy': {
        const inForce = await site.world.store.policies.list({ limit: 100 }, new Date());
        const scope = at(inForce, a)?.scope;
        if (scope === undefined) return;
        const ports = told ? this.ports() : [];
        const why = { author: 'netops', reason: 'over' };
        return site.changePolicy({ change: 'unset', scope, ...why }, ports);
      }
      case 'release':
        await site.world.store.brakes.release('netops', 'looked at', Date.now());
        return;
      case 'look':
        return site.look(this.ports());
      case 'restart':
        return site.restart();
      case 'nothing':
    }
  }

  private server(a: number): TrueServer | undefined {
    return at([...this.site.database.values()], a);
  }

  private place(vmid: number, node: string): void {
    this.site.guests.set(vmid, { vmid, node });
    this.site.judge.changed();
  }

  private ports(): string[] {
    return this.site.devices.flatMap(({ id, actual }) => [...actual.keys()].map((name) => `${id} ${name}`));
  }

  private port(a: number): string | undefined {
    return at(this.ports(), a);
  }
}

/** What people at a switch see as its bindings. */
const bindingsOf = (present: readonly Statement[]): readonly Statement[] =>
  present.filter(({ key }) => key !== SECURITY_OFF.key);

function portScope(key: string | undefined): PolicyScope | undefined {
  return key === undefined ? undefined : { kind: 'port', ...refOf(key) };
}

function serverScope(of: TrueServer | undefined): PolicyScope | undefined {
  return of === undefined ? undefined : { kind: 'server', serverId: server(of.id) };
}

function at<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}
