import type { DeviceState } from '../../devices/device';
import type { OpenStatement } from '../../domain/change/adoption';
import { sameStatement, type Statement } from '../../domain/change/statement';
import { addressesOf } from '../../domain/servers/placement';
import type { Placement } from '../../domain/servers/server';
import type { ServerId } from '../../domain/event/event';
import type { IpOrRange } from '../../domain/values/ip';
import type { DeviceId } from '../../domain/values/device';
import type { PanelSubnetFacts } from '../../sources/panelSource';
import type { JournalEntry, JournalRepository } from '../../store/journal';
import type { ParkedChange, ParkedRepository } from '../../store/parked';
import type { FactSources } from '../dependencies';
import type { UndecidedPort } from './undecided';

/** What is asked about statements that a person shall decide about. */
export interface KnowledgeSources extends FactSources {
  readonly store: FactSources['store'] & {
    readonly journal: Pick<JournalRepository, 'list'>;
    readonly parked: Pick<ParkedRepository, 'list'>;
  };
}

/** How far back the journal of a port is searched. */
const MOST_ENTRIES = 500;

/** What is known of the statements of some ports of one device. Everything that all of them need is read once. */
export class Knowledge {
  private constructor(
    private readonly sources: KnowledgeSources,
    private readonly device: DeviceId,
    private readonly state: DeviceState,
    private readonly parked: readonly ParkedChange[],
    private readonly placements: readonly Placement[],
    private readonly subnets: PanelSubnetFacts,
    private readonly holders: ReadonlyMap<IpOrRange, readonly ServerId[]>,
    private readonly unread: readonly ServerId[],
  ) {}

  static async of(
    sources: KnowledgeSources,
    device: DeviceId,
    state: DeviceState,
    ports: readonly UndecidedPort[],
    signal: AbortSignal,
  ): Promise<Knowledge> {
    const ips = [
      ...new Set(ports.flatMap(({ open }) => open.statements.flatMap(({ statement }) => statement.ip ?? []))),
    ];
    const { panel, store } = sources;
    const [parked, placements, subnets, { holders, unread }] = await Promise.all([
      store.parked.list(device),
      store.placements.listByIps(ips),
      panel.subnets(signal),
      panel.addressHolders(ips, signal),
    ]);
    return new Knowledge(sources, device, state, parked, placements, subnets, holders, unread);
  }

  /** The statements of a port, each with what is known of it. */
  async tell({ open, askedAs }: UndecidedPort): Promise<readonly OpenStatement[]> {
    if (open.statements.length === 0) return [];
    const { device } = this;
    const lists = await Promise.all(
      askedAs.map((port) => this.sources.store.journal.list({ device, port, limit: MOST_ENTRIES })),
    );
    const history = lists.flat();
    const parked = this.parked.filter(({ port }) => askedAs.includes(port));
    return open.statements.map((one) => ({
      ...one,
      known: [
        ...this.panelSays(one.statement),
        ...this.elsewhere(one.statement, open.port),
        ...since(one.statement, history, parked),
      ],
    }));
  }

  private panelSays({ ip }: Statement): string[] {
    if (ip === undefined) return [];
    const owners = this.holders.get(ip) ?? [];
    const { vlan, isGateway } = this.subnets.of({ ip, primary: false, isSubnet: false });
    const subnet = [
      ...(isGateway ? ['it is the gateway of its subnet'] : []),
      ...(vlan === undefined ? [] : [`its subnet is in VLAN ${vlan}`]),
    ];
    const unread = this.unread.length === 0 ? '' : `, but server ${this.unread.join(', ')} could not be read`;
    const who =
      owners.length === 0
        ? `no server has the address${unread}`
        : owners.map((id) => `server ${id} has the address${this.placeOf(id)}`).join(' and ');
    const former = this.placements
      .filter((placement) => addressesOf(placement).includes(ip) && !owners.includes(placement.serverId))
      .map(({ serverId }) => `server ${serverId} was last seen with it${this.placeOf(serverId)}`);
    return [`panel: ${[who, ...subnet].join('; ')}`, ...former];
  }

  private placeOf(serverId: ServerId): string {
    const placed = this.placements.find((placement) => placement.serverId === serverId)?.ports ?? [];
    return placed.length === 0 ? '' : ` at ${placed.map(({ device, port }) => `${device} ${port}`).join(' and ')}`;
  }

  /** Other ports of the device with the address. */
  private elsewhere({ ip }: Statement, here: UndecidedPort['open']['port']): string[] {
    const own = this.state.effectivePort(here);
    const others = this.state
      .boundPorts()
      .filter((port) => port !== own && this.state.statements(port).some((statement) => statement.ip === ip));
    return ip === undefined || others.length === 0 ? [] : [`also bound on ${others.join(', ')}`];
  }
}

/** Since when the statement is there, as far as it is known. */
function since(statement: Statement, history: readonly JournalEntry[], parked: readonly ParkedChange[]): string[] {
  const brought = history.find(
    ({ status, added }) => status === 'applied' && added.some((one) => sameStatement(one, statement)),
  );
  if (brought !== undefined)
    return [`bound by portwarden at ${brought.at}, journal ${brought.id}, commit "${brought.commit ?? ''}"`];
  const seen = parked.find(({ removed }) => removed.some((one) => sameStatement(one, statement)));
  return [seen === undefined ? 'not bound by portwarden' : `not bound by portwarden; waits since ${seen.at}`];
}
