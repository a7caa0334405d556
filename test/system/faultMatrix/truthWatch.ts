import type { LabWorld } from '../../../lab/world';
import type { MatrixPort } from './world';

/** What has to be bound at every instant, and every binding of it that a commit took away. */
export class TruthWatch {
  readonly losses: string[] = [];
  private readonly required = new Map<string, { readonly of: MatrixPort; readonly ip: string }>();

  /** @param during the cells of a port that go on now, for the report of a loss */
  constructor(
    private readonly world: LabWorld,
    private readonly during: (of: MatrixPort) => readonly string[],
  ) {
    for (const [id, device] of world.switches) device.events.on('commit', ({ log }) => this.look(id, log ?? ''));
  }

  /** From now on the address must be bound at the port. */
  require(of: MatrixPort, ips: readonly string[]): void {
    for (const ip of ips) this.required.set(key(of.switchId, of.port, ip), { of, ip });
  }

  /** The address may go: the truth no longer has it. */
  release(of: MatrixPort, ips: readonly string[]): void {
    for (const ip of ips) this.required.delete(key(of.switchId, of.port, ip));
  }

  /** What of the truth is bound nowhere now. */
  missing(): readonly string[] {
    const bound = new Set([...this.world.switches.keys()].flatMap((id) => [...this.boundOn(id)]));
    return [...this.required]
      .filter(([name]) => !bound.has(name))
      .map(([name, { of }]) => `${of.spot.call.name}: ${name}`);
  }

  private look(switchId: number, log: string): void {
    const bound = this.boundOn(switchId);
    for (const [name, { of, ip }] of this.required) {
      if (of.switchId !== switchId || bound.has(name)) continue;
      this.losses.push(`${ip} is lost at switch ${switchId} ${of.port} (${log}) during ${this.during(of).join('; ')}`);
      this.required.delete(name);
    }
  }

  private boundOn(switchId: number): ReadonlySet<string> {
    const lines = this.world.switches.get(switchId)?.committedSet() ?? [];
    return new Set(
      lines.flatMap((line) => {
        const [, port = '', ip = ''] = / interface (\S+)\.0 static-ip (\S+) /.exec(line) ?? [];
        return ip === '' ? [] : [key(switchId, port, ip)];
      }),
    );
  }
}

function key(switchId: number, port: string, ip: string): string {
  return `switch ${switchId} ${port} ${ip}`;
}
