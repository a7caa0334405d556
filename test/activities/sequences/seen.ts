import type { Statement } from '../../../src/domain/change/statement';
import type { IpAddress } from '../../../src/domain/values/ip';
import type { Site } from './site';
import { ANYWHERE, askedOf, type Database, type SiteSettings, type TrueGuest, type TrueServer } from './truth';

/** What the judge sees of the site now: what is bound, what persons are shown, and what the answers say for certain. */
export class Seen {
  constructor(private readonly site: Site) {}

  isBraking(): boolean {
    return this.site.world.store.braked.some(({ released }) => released === undefined);
  }

  released(): number {
    return Math.max(0, ...this.site.world.store.braked.map(({ released }) => Date.parse(released?.at ?? '') || 0));
  }

  isKept(port: string, key: string): boolean {
    return this.site.world.store.kept.some(
      (keep) =>
        `${keep.device} ${keep.port}` === port &&
        keep.statement.key === key &&
        (keep.expiresAt === undefined || Date.parse(keep.expiresAt) > Date.now()),
    );
  }

  asked(
    port: string,
    settings: SiteSettings = this.site.settings,
    guests: ReadonlyMap<number, TrueGuest> = this.site.guests,
  ): ReturnType<typeof askedOf> {
    const shown: Database = new Map(
      [...this.site.answers.shown].map(([id, server]) => [id, { ...server, ips: this.site.answers.shownIps(server) }]),
    );
    const live = (id: number, address: string): string | undefined =>
      this.virtualMacs().find((one) => one.serverId === id && one.ip === address && one.state !== 'revoked')?.mac;
    return askedOf(port, shown, guests, settings, live);
  }

  /** As persons are shown them. */
  virtualMacs(): Site['world']['store']['virtualMacs']['rows'] {
    return this.site.world.store.virtualMacs.rows;
  }

  /** The guests on their way to a port, as if they were there: they are bound beforehand. */
  arrived(port: string, { uplinks }: SiteSettings): ReadonlyMap<number, TrueGuest> {
    const node = Object.keys(uplinks).find((one) => uplinks[one]?.includes(port) === true) ?? '';
    const coming = [...this.site.guests].filter(([, { goal }]) => goal === node || goal === ANYWHERE);
    return new Map(coming.map(([vmid, guest]) => [vmid, { ...guest, node }]));
  }

  /** Whether nothing keeps the product from knowing that an address is a server's: neither its entry nor that of one that had it. @param holders those who ever had it */
  isCertain({ id, vmid }: TrueServer, holders: ReadonlySet<number> = new Set()): boolean {
    const { unclear } = this.site.answers;
    const guest = vmid === undefined ? undefined : this.site.guests.get(vmid);
    const concerned = [id, ...holders];
    return (
      !concerned.some((one) => unclear.includes(one) || this.site.answers.isMissing(one)) &&
      guest?.goal === undefined &&
      !this.site.answers.isClusterFaulty
    );
  }

  /** Whether an address is nowhere else, and kept nowhere. */
  isFree(ip: IpAddress, port: string): boolean {
    const isElsewhere = this.ports().some(
      (other) => other !== port && this.site.present(other).some((one) => one.ip === ip),
    );
    return !isElsewhere && !this.site.world.store.kept.some(({ statement }) => statement.ip === ip);
  }

  has(port: string, { key }: Statement): boolean {
    return this.site.present(port).some((one) => one.key === key);
  }

  ports(): string[] {
    return this.site.devices.flatMap(({ id, actual }) => [...actual.keys()].map((name) => `${id} ${name}`));
  }
}
