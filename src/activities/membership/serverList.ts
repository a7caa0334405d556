import type { ServerId } from '../../domain/event/event';
import type { FactSources } from '../dependencies';

/** What the panel's list says of servers. */
export type Listing = Awaited<ReturnType<FactSources['panel']['getServersIps']>>;

/**
 * The panel's list of servers for one reading of ports. Who is expected at the ports is asked about while the panel says who is
 * plugged in; who turns up besides is looked for in the same list.
 */
export class ServerList {
  private readonly expected = new Set<ServerId>();
  private begun: Promise<void> | undefined;
  private ahead: Promise<Listing> | undefined;
  private tellFurther: (ids: readonly ServerId[]) => void = () => undefined;

  constructor(
    private readonly panel: Pick<FactSources['panel'], 'getServersIps'>,
    private readonly signal: AbortSignal,
  ) {}

  /** Servers that will be asked about. */
  expect(ids: readonly ServerId[]): void {
    for (const id of ids) this.expected.add(id);
  }

  /** Asks about the servers that are expected once all of them are known. @param known does not reject. */
  beginOnce(known: Promise<unknown>): void {
    this.begun = known.then(() => {
      this.begin();
    });
  }

  /** What the list says of the servers, to be asked once. */
  async of(ids: readonly ServerId[]): Promise<Listing> {
    await this.begun;
    if (this.ahead === undefined)
      return ids.length === 0 ? NOTHING : this.panel.getServersIps([...new Set(ids)], this.signal);
    this.tellFurther(ids);
    return this.ahead;
  }

  private begin(): void {
    if (this.expected.size === 0) return;
    const further = new Promise<readonly ServerId[]>((resolve) => {
      this.tellFurther = resolve;
    });
    this.ahead = this.panel.getServersIps([...this.expected], this.signal, further);
    this.ahead.catch(() => undefined);
  }
}

const NOTHING: Listing = { found: new Map(), gone: [], failed: new Map() };
