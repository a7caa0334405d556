import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import type { Fault } from './faults';
import type { Random } from './random';
import type { TruthHistory } from './truth';

type Servers = ReadonlyMap<number, PanelServerWorld>;

/**
 * The panel's database goes back in time: a restored backup, a replica that lags. Servers and addresses vanish and come back,
 * and no event tells of it. After a while what was lost is there again, as far as nobody has taken its place.
 */
export class PanelRollbacks {
  private readonly snapshots: Servers[] = [];
  private isBack = false;

  constructor(
    private readonly world: LabWorld,
    private readonly history: TruthHistory,
    private readonly lookAgain: (count: number) => void,
  ) {}

  /** Called before each step: these are the states that the database may go back to. */
  remember(): void {
    if (!this.isBack) this.snapshots.push(new Map(this.world.panel.state.servers));
  }

  /** Undefined while there is nothing to go back to. */
  draw(random: Random): Fault | undefined {
    const steps = random.int(2, 10);
    const lasts = random.int(1, 5);
    const isSeen = random.chance(0.6);
    const earlier = this.snapshots.at(-1 - steps);
    if (earlier === undefined || this.isBack) return undefined;
    let newest: Servers = new Map();
    return {
      name: `panel: the database goes back ${steps} steps`,
      steps: lasts,
      begin: () => {
        this.isBack = true;
        newest = new Map(this.world.panel.state.servers);
        this.become(earlier);
        if (isSeen) this.lookAgain(3);
      },
      end: () => {
        this.become(this.regained(newest, earlier));
        this.isBack = false;
        if (isSeen) this.lookAgain(3);
      },
    };
  }

  /** What was lost joins what the panel has now; what only the backup had is gone again. */
  private regained(newest: Servers, earlier: Servers): Servers {
    const now = new Map(this.world.panel.state.servers);
    const untouched = (id: number): boolean => now.get(id) === earlier.get(id);
    const merged = new Map([...now].filter(([id]) => !(earlier.has(id) && untouched(id))));
    for (const [id, server] of newest) {
      // Deleted, or changed, while the panel was back in time: that counts.
      if (merged.has(id) || (earlier.has(id) && !untouched(id))) continue;
      const others = [...merged.values()];
      if (others.some((other) => plugOf(other) !== undefined && plugOf(other) === plugOf(server))) continue;
      const taken = new Set(others.flatMap(({ ips }) => ips));
      merged.set(id, { ...server, ips: server.ips.filter((ip) => !taken.has(ip)) });
    }
    return merged;
  }

  private become(next: Servers): void {
    const { history, world } = this;
    const { servers } = world.panel.state;
    history.change(() => {
      const before = new Map(servers);
      const { ledger } = history;
      for (const [id, { ips }] of before)
        if (!next.has(id)) for (const [port, binding] of history.keptOf(ips)) ledger.leaveBehind(id, port, [binding]);
      for (const id of next.keys()) if (!before.has(id)) ledger.releaseServer(id);
      for (const ip of changedIps(before, next)) {
        ledger.otherMac.add(ip);
        ledger.disputed.add(ip);
      }
      servers.clear();
      for (const [id, server] of next) servers.set(id, server);
    });
  }
}

function plugOf({ switchPorts }: PanelServerWorld): string | undefined {
  const [plug] = switchPorts ?? [];
  return plug === undefined ? undefined : `${plug.switchId} ${plug.portId}`;
}

/** Addresses that another server has now, or none. */
function changedIps(before: Servers, after: Servers): readonly string[] {
  const holders = (servers: Servers): Map<string, number> =>
    new Map([...servers].flatMap(([id, { ips }]) => ips.map((ip) => [ip, id] as const)));
  const [then, now] = [holders(before), holders(after)];
  return [...new Set([...then.keys(), ...now.keys()])].filter((ip) => then.get(ip) !== now.get(ip));
}
