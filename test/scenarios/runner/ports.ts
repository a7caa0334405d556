const ACCESS_PORTS = 24;
const AGGREGATES = 4;
const FIRST_AGGREGATE = 100;

/** The panel's numbers for the ports of one switch: `ge-0/0/1` is 2, `ae0` is 100, others follow as they are named. */
export class PortNumbers {
  private readonly numbers = new Map<string, number>();

  constructor() {
    for (let port = 0; port < ACCESS_PORTS; port += 1) this.numbers.set(`ge-0/0/${port}`, port + 1);
    for (let bundle = 0; bundle < AGGREGATES; bundle += 1) this.numbers.set(`ae${bundle}`, FIRST_AGGREGATE + bundle);
  }

  /** The number of a port, which may be given with its unit. */
  number(port: string): number {
    const name = port.replace(/\.0$/, '');
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const next = FIRST_AGGREGATE + this.numbers.size;
    this.numbers.set(name, next);
    return next;
  }

  all(): readonly { readonly id: number; readonly name: string }[] {
    return [...this.numbers].map(([name, id]) => ({ id, name }));
  }
}
