import type { PanelServerWorld } from '../scenarios/scenario';

/** The panel's servers by their ids, with those of each switch at hand: answers about a switch must not cost more the more servers there are. */
export class PanelServers extends Map<number, PanelServerWorld> {
  private readonly bySwitch = new Map<number, Map<number, PanelServerWorld>>();

  override set(id: number, server: PanelServerWorld): this {
    const switches = switchesOf(server);
    this.unplug(id, switches);
    for (const one of switches) {
      const there = this.bySwitch.get(one) ?? new Map<number, PanelServerWorld>();
      this.bySwitch.set(one, there.set(id, server));
    }
    return super.set(id, server);
  }

  override delete(id: number): boolean {
    this.unplug(id, new Set());
    return super.delete(id);
  }

  /** The servers with a port of a switch. */
  onSwitch(id: number): readonly PanelServerWorld[] {
    return [...(this.bySwitch.get(id)?.values() ?? [])];
  }

  private unplug(id: number, but: ReadonlySet<number>): void {
    const before = this.get(id);
    if (before === undefined) return;
    for (const one of switchesOf(before)) if (!but.has(one)) this.bySwitch.get(one)?.delete(id);
  }
}

function switchesOf({ switchPorts = [] }: PanelServerWorld): ReadonlySet<number> {
  return new Set(switchPorts.map(({ switchId }) => switchId));
}
