import { isDeepStrictEqual } from 'node:util';
import { phaseOf, type PortHold } from '../../../src/domain/holds/portHold';
import type { HoldEntry, HoldRepository } from '../../../src/store/holds';

/** Holds in memory, by the same rules as those of a database. */
export class MemoryHolds implements HoldRepository {
  readonly rows: PortHold[] = [];
  private readonly said = new Set<string>();
  private next = 1;

  /**
   * @param use called before whatever is read or written.
   * @param journal takes the entries.
   */
  constructor(
    private readonly use: () => void,
    private readonly journal: (entry: ReturnType<HoldEntry>) => void,
  ) {}

  of: HoldRepository['of'] = async (device) => {
    this.use();
    return this.rows.filter((hold) => hold.device === device);
  };

  ofAddresses: HoldRepository['ofAddresses'] = async (ips) => {
    this.use();
    return this.rows.filter(({ statements }) => statements.some(({ ip }) => ip !== undefined && ips.includes(ip)));
  };

  set: HoldRepository['set'] = async (made, at, entries) => {
    this.use();
    return made.map((hold) => {
      for (const one of this.take(({ device, port }) => device === hold.device && port === hold.port))
        this.journal(entries.replaced(one));
      const row = { ...hold, id: String(this.next++), createdAt: at.toISOString() };
      this.rows.push(row);
      this.journal(entries.set(row));
      return row;
    });
  };

  get: HoldRepository['get'] = async (ids) => {
    this.use();
    return this.rows.filter(({ id }) => ids.includes(id));
  };

  list: HoldRepository['list'] = async ({ device, port, after = '0', limit }) => {
    this.use();
    return this.rows
      .filter((hold) => (device ?? hold.device) === hold.device && (port ?? hold.port) === hold.port)
      .filter(({ id }) => Number(id) > Number(after))
      .slice(0, limit);
  };

  count: HoldRepository['count'] = async (at) => {
    this.use();
    const devices = [...new Set(this.rows.map(({ device }) => device))];
    const phases = (device: string) =>
      this.rows.filter((hold) => hold.device === device).map((hold) => phaseOf(hold, at.getTime()));
    return devices.map((device) => ({
      device,
      holding: phases(device).filter((phase) => phase === 'holding').length,
      over: phases(device).filter((phase) => phase === 'over').length,
    }));
  };

  release: HoldRepository['release'] = async (ids, { author, reason }, at, entry) => {
    this.use();
    return this.rows.flatMap((hold, index) => {
      if (!ids.includes(hold.id) || hold.released !== undefined) return [];
      const released = { ...hold, released: { author, reason, at: at.toISOString() } };
      this.rows[index] = released;
      this.journal(entry(released));
      return [released];
    });
  };

  end: HoldRepository['end'] = async (ids, entry) => {
    this.use();
    const ended = this.take(({ id }) => ids.includes(id));
    for (const hold of ended) this.journal(entry(hold));
    return ended;
  };

  takeOver: HoldRepository['takeOver'] = async (at, entry) => {
    this.use();
    const news = this.rows.filter((hold) => phaseOf(hold, at.getTime()) === 'over' && !this.said.has(hold.id));
    for (const hold of news) {
      this.said.add(hold.id);
      this.journal(entry(hold));
    }
    return news;
  };

  private take(which: (hold: PortHold) => boolean): readonly PortHold[] {
    const taken = this.rows.filter(which);
    const left = this.rows.filter((hold) => !taken.some((one) => isDeepStrictEqual(one, hold)));
    this.rows.splice(0, this.rows.length, ...left);
    return taken;
  }
}
