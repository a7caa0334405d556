import type { PassInput, PassResult } from '../../../src/protocol/activities';
import type { Statement } from '../../../src/domain/change/statement';
import type { IpAddress } from '../../../src/domain/values/ip';
import { Losses } from './losses';
import { Persons } from './persons';
import { SECURITY_OFF } from './portSecurity';
import { Seen } from './seen';
import type { Site } from './site';
import { ANYWHERE, macOf, portsOf, type SiteSettings, type TrueServer } from './truth';

/** Why a binding went, as the judge sees it. */
type Reason = 'a person' | 'a policy' | 'named' | 'deleted' | 'replaced' | 'moved' | 'absent';

/**
 * Knows what was true when, who was told what, and what persons decided, and judges by that alone what every commit removed and
 * every pass added. Of the product it uses nothing but its keeps and parked changes, which are what persons see and decide about.
 */
export class Judge {
  static readonly GRACE_MS = 30_000;

  readonly problems: string[] = [];
  /** By what bindings went, for a test that wants to know whether everything occurs. */
  readonly reasons = new Map<Reason, number>();
  private readonly used: SiteSettings[] = [];
  /** `SERVER PORT` → when it was there last. */
  private readonly places = new Map<string, number>();
  /** Address → the servers that ever had it. */
  private readonly holders = new Map<string, Set<number>>();
  /** `PORT ADDRESS` that an event took away, since a server there had it last. */
  private readonly taken = new Set<string>();
  private readonly deleted = new Set<number>();
  /** `SERVER ADDRESS` that was bound to the server's own MAC, and was not taken away since. */
  private readonly hadOwn = new Set<string>();
  readonly persons = new Persons((id, port) => this.places.has(`${id} ${port}`));
  private readonly losses = new Losses();
  private readonly seen: Seen;
  private before = new Map<string, readonly Statement[]>();

  constructor(private readonly site: Site) {
    this.seen = new Seen(site);
  }

  note(problem: string): void {
    this.problems.push(problem);
  }

  /** Panel, cluster or configuration changed. */
  changed(): void {
    const now = Date.now();
    for (const server of this.site.database.values()) {
      for (const address of server.ips)
        this.holders.set(address, (this.holders.get(address) ?? new Set()).add(server.id));
      for (const settings of this.used)
        for (const port of [...portsOf(server, this.site.guests, settings), ...this.goalsOf(server, settings)]) {
          this.places.set(`${server.id} ${port}`, now);
          for (const address of server.ips) this.taken.delete(`${port} ${address}`);
        }
    }
  }

  /** The ports that a guest is on its way to. */
  private goalsOf({ vmid }: TrueServer, { uplinks }: SiteSettings): readonly string[] {
    const goal = vmid === undefined ? undefined : this.site.guests.get(vmid)?.goal;
    return goal === ANYWHERE ? Object.values(uplinks).flat() : (uplinks[goal ?? ''] ?? []);
  }

  configured(settings: SiteSettings): void {
    this.used.push(settings);
    this.changed();
  }

  /** An event names an address of a server. */
  named(id: number, address: string): void {
    for (const place of this.places.keys()) {
      const [server, ...port] = place.split(' ');
      if (Number(server) !== id) continue;
      const key = port.join(' ');
      const isHeld = [...this.site.database.values()].some(
        (one) => one.ips.includes(address) && this.site.portsOf(one).includes(key),
      );
      if (!isHeld) this.taken.add(`${key} ${address}`);
    }
  }

  /** An event says that a server was deleted. */
  toldDeleted(id: number): void {
    this.deleted.add(id);
  }

  /** The MAC of an address is decided anew: by a person. */
  macDecided(id: number, address: string): void {
    this.hadOwn.delete(`${id} ${address}`);
  }

  began({ device, ports }: PassInput): void {
    this.before = new Map(ports.map(({ port }) => [`${device} ${port}`, this.site.present(`${device} ${port}`)]));
  }

  /** A commit took place. */
  committed(port: string, before: readonly Statement[], after: readonly Statement[]): void {
    const removed = before.filter(({ key }) => !after.some((one) => one.key === key));
    const lost: IpAddress[] = [];
    for (const statement of removed) {
      const reason = this.reasonOf(port, statement, after);
      if (reason === undefined || !isReason(reason)) {
        this.note(`${statement.key} of ${port} was removed, and nothing justified it: ${reason ?? 'nobody knows it'}`);
        continue;
      }
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
      if ((reason === 'absent' || reason === 'replaced') && this.seen.isBraking())
        this.note(`${statement.key} of ${port} was ${reason} while the brake was on`);
      if (reason === 'absent' && statement.ip !== undefined) lost.push(statement.ip);
      if (!['replaced', 'moved'].includes(reason) && !after.some(({ ip }) => ip === statement.ip))
        for (const place of this.places.keys()) {
          const [id, ...at] = place.split(' ');
          if (at.join(' ') === port) this.hadOwn.delete(`${id} ${statement.ip}`);
        }
    }
    for (const added of after.filter(({ key }) => !before.some((one) => one.key === key))) this.judgeAdded(port, added);
    this.noteOwn(port, before);
    this.noteOwn(port, after);
    this.problems.push(...this.losses.count(port, { before, after }, lost, this.seen.released()));
  }

  /** Whether what came may come: to a port with security, and to this MAC. */
  private judgeAdded(port: string, { ip, mac, key }: Statement): void {
    if (key === SECURITY_OFF.key && this.persons.isOff(port) === 'not')
      this.note(`nobody wants port security off at ${port}`);
    if (ip === undefined || mac === undefined) return;
    if (this.persons.isOff(port) === 'for certain')
      this.note(`${key} was bound to ${port}, whose port security is off`);
    if (this.persons.policyOf(port, key) === 'none now' && !this.seen.isKept(port, key))
      this.note(`${key} was bound to ${port}, where no policy asks for it`);
    if (this.seen.virtualMacs().some((one) => one.mac === mac)) {
      const live = this.seen.virtualMacs().find((one) => one.mac === mac && one.state !== 'revoked');
      if (live?.ip !== ip) this.note(`${key} was bound to ${port} by the virtual MAC of ${live?.ip ?? 'nobody'}`);
      return;
    }
    const rejected = this.seen.asked(port).find((asked) => asked.statement.key === key && asked.policy !== undefined);
    if (rejected !== undefined && !this.hadOwn.has(`${rejected.server.id} ${ip}`))
      this.note(`${key} was bound to ${port} anew, where further addresses are ${rejected.policy}`);
  }

  /** Remembers the addresses that are bound to the own MACs of their servers. */
  private noteOwn(port: string, present: readonly Statement[]): void {
    for (const server of this.site.database.values())
      for (const { ip, mac } of present)
        if (server.vmid === undefined && mac === macOf(server) && this.places.has(`${server.id} ${port}`))
          this.hadOwn.add(`${server.id} ${ip}`);
  }

  /** Nothing that was to be added waited for anything else. */
  ended({ device }: PassInput, { outcomes }: PassResult): void {
    for (const { port: name, status } of outcomes) {
      const port = `${device} ${name}`;
      const before = this.before.get(port) ?? [];
      if (status === 'failed' || this.persons.isOff(port) !== 'not') continue;
      for (const { server, ip, statement, policy } of this.seen.asked(port))
        if (
          policy !== 'reject' &&
          this.seen.isCertain(server, this.holders.get(ip)) &&
          !before.some((one) => one.ip === ip) &&
          this.seen.isFree(ip, port) &&
          !this.seen.has(port, statement)
        )
          this.note(`${statement.key} was to be added to ${port} and was not`);
    }
  }

  /** What is missing, or is there still, once everything works and was looked at. */
  final(): void {
    for (const port of this.seen.ports().filter((one) => this.persons.isOff(one) === 'not'))
      for (const { ip, statement, policy } of this.seen.asked(port))
        if (policy !== 'reject' && !this.site.present(port).some((one) => one.ip === ip) && this.seen.isFree(ip, port))
          this.note(`${statement.key} never came to ${port}`);
    for (const port of this.seen.ports())
      for (const { key, mac } of this.site.present(port))
        if (this.persons.tookAway(mac) && !this.seen.isKept(port, key))
          this.note(`${key} is at ${port} still, and a person revoked its virtual MAC`);
  }

  private reasonOf(port: string, statement: Statement, after: readonly Statement[]): string | undefined {
    const { ip, key } = statement;
    if (key === SECURITY_OFF.key) return this.persons.isOff(port) === 'for certain' ? 'it is asked for' : 'a policy';
    if (this.persons.isOff(port) !== 'not' && after.some((one) => one.key === SECURITY_OFF.key)) return 'a policy';
    if (['none now', 'perhaps'].includes(this.persons.policyOf(port, key))) return 'a policy';
    if (this.seen.isKept(port, key)) return 'a person keeps it';
    if (this.persons.letGo(port, statement)) return 'a person';
    if (ip === undefined) return undefined;
    if (this.taken.has(`${port} ${ip}`)) return 'named';
    if (this.isDeleted(port, ip)) return 'deleted';
    for (const settings of this.used)
      if (this.seen.asked(port, settings).some((asked) => asked.statement.key === key))
        return settings === this.site.settings ? 'it is asked for' : 'an earlier configuration asked for it';
    const successor = after.find((one) => one.ip === ip);
    if (successor !== undefined) {
      const virtual = this.seen.virtualMacs().find(({ mac }) => mac === successor.mac);
      if (virtual !== undefined && !this.persons.wanted(virtual.serverId, ip) && virtual.mac !== statement.mac)
        return 'it was replaced by a virtual MAC, and no person said so';
      const isAsked = this.used.some((settings) =>
        [
          ...this.seen.asked(port, settings),
          ...this.seen.asked(port, settings, this.seen.arrived(port, settings)),
        ].some((asked) => asked.statement.key === successor.key),
      );
      return isAsked ? 'replaced' : `it was replaced by ${successor.key}, which nobody asks for`;
    }
    return this.movedOf(port, ip) ?? this.absentOf(port, ip);
  }

  private isDeleted(port: string, ip: IpAddress): boolean {
    return [...(this.holders.get(ip) ?? [])].some(
      (id) =>
        this.deleted.has(id) &&
        this.places.has(`${id} ${port}`) &&
        !this.site.answers.shown.has(id) &&
        !this.site.guests.has(100 + id),
    );
  }

  /** Its server is elsewhere, has it there, and has had the time that it takes. */
  private movedOf(port: string, ip: IpAddress): string | undefined {
    const server = [...this.site.answers.shown.values()].find(
      (one) => this.places.has(`${one.id} ${port}`) && this.mayHave(one, ip),
    );
    if (server === undefined) return undefined;
    const now = this.site.portsOf(server);
    if (now.length === 0 || now.includes(port)) return 'its server is nowhere else';
    if (!now.every((other) => this.site.present(other).some((one) => one.ip === ip)))
      return `its server is at ${now.join(' and ')}, which does not have it`;
    const since = Date.now() - (this.places.get(`${server.id} ${port}`) ?? Date.now());
    return server.vmid !== undefined && since < Judge.GRACE_MS ? `its guest left ${since} ms ago` : 'moved';
  }

  /** An empty entry is no answer: it says nothing about what the server had. */
  private mayHave(server: TrueServer, ip: IpAddress): boolean {
    const shown = this.site.answers.shownIps(server);
    return shown.includes(ip) || (shown.length === 0 && this.holders.get(ip)?.has(server.id) === true);
  }

  /** Its server's own entry, read whole, does not have it, and nobody else's does. */
  private absentOf(port: string, ip: IpAddress): string | undefined {
    const { shown, unclear } = this.site.answers;
    const holding = [...shown.values()].filter((one) => this.site.answers.shownIps(one).includes(ip));
    // What the panel answers not to exist has nothing, as far as anybody can know.
    if (holding.some(({ id }) => !this.site.answers.isMissing(id))) return 'another server has it';
    const had = [...(this.holders.get(ip) ?? [])].filter((id) => this.places.has(`${id} ${port}`));
    if (had.length === 0) return undefined;
    const clear = had.filter((id: number) => {
      const server = shown.get(id);
      return (
        server !== undefined &&
        !this.site.answers.isMissing(id) &&
        !unclear.includes(id) &&
        this.site.answers.shownIps(server).length > 0
      );
    });
    const [first] = clear;
    if (first === undefined) return 'no entry of its server says that it is gone';
    // An entry that the list leaves out is missed by nobody; one that is there and cannot be read may have anything.
    const isUnread = this.site.answers.unread.some((id) => id !== first);
    return isUnread && clear.length === 1 ? 'an entry could not be read' : 'absent';
  }
}

const REASONS: readonly string[] = [
  'a person',
  'a policy',
  'named',
  'deleted',
  'replaced',
  'moved',
  'absent',
] satisfies Reason[];

function isReason(text: string): text is Reason {
  return REASONS.includes(text);
}
