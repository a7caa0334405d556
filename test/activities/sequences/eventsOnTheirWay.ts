import type { PortOutcome } from '../../../src/domain/change/outcome';
import { parseEvent, type PortSecurityEvent } from '../../../src/domain/event/event';
import { locate, type DirtyTarget, type GuestLocation, type ServerReport } from '../../../src/domain/servers/location';
import type { Activities } from '../../../src/protocol/activities';

/** An event whose first ports were asked for; those that its server has left come after them. */
interface OpenEvent {
  readonly id: string;
  readonly targets: readonly DirtyTarget[];
  readonly former: readonly DirtyTarget[];
}

/** What the workflow of an event does, wired as it is there: ask the panel, find the guest, ask the ports, and then the former ones. */
export class EventsOnTheirWay {
  private readonly outcomes = new Set<string>();
  private readonly open: OpenEvent[] = [];
  private readonly undelivered: PortSecurityEvent[] = [];
  private count = 0;

  constructor(
    private readonly steps: Pick<Activities, 'fetchServerIps' | 'findProxmoxNode' | 'enlist'>,
    /** @returns false when it failed in a way that may pass. */
    private readonly attempt: (work: () => Promise<unknown>) => Promise<boolean>,
  ) {}

  tell(event: { readonly action: string; readonly serverId: number; readonly ip?: string }): void {
    this.undelivered.push(parseEvent(event));
  }

  /** A port that an event waits for has its outcome. */
  settled(waiter: string, { device, port }: PortOutcome): void {
    this.outcomes.add(`${waiter} ${device} ${port}`);
  }

  /** Every event that was told, or could not be carried out before, asks for its ports. */
  async deliver(): Promise<void> {
    for (const event of this.undelivered.splice(0))
      if (!(await this.attempt(() => this.begin(event)))) this.undelivered.push(event);
  }

  /** The events whose first ports are settled ask for those that their server has left. @returns whether there were any. */
  async goOn(): Promise<boolean> {
    const done = this.open.filter(({ id, targets }) =>
      targets.every(({ device, port }) => this.outcomes.has(`${id} ${device} ${port}`)),
    );
    for (const event of done) {
      this.open.splice(this.open.indexOf(event), 1);
      await this.enlist(event.id, event.former);
    }
    return done.some(({ former }) => former.length > 0);
  }

  private async begin(event: PortSecurityEvent): Promise<void> {
    const answer = await this.steps.fetchServerIps({ of: 'event', serverId: event.serverId });
    if (answer.of !== 'event') throw new Error('fetchServerIps answered another question');
    const location = locate(event, answer.report, await this.guestLocation(answer.report));
    if (!('targets' in location)) return;
    const id = `event-${(this.count += 1)}`;
    await this.enlist(id, location.targets, location.placement);
    this.open.push({ id, targets: location.targets, former: location.former });
  }

  private async guestLocation({ server, placement }: ServerReport): Promise<GuestLocation | undefined> {
    const guest = server?.kind === 'vm' ? server.hypervisor : placement?.guest;
    if (guest === undefined) return undefined;
    const asked = this.steps.findProxmoxNode({ cluster: guest.cluster, vmid: guest.vmid });
    return server === undefined ? asked.catch(() => undefined) : asked;
  }

  private async enlist(
    waiter: string,
    targets: readonly DirtyTarget[],
    placement?: Parameters<Activities['enlist']>[0]['placement'],
  ): Promise<void> {
    for (const { device, ...known } of targets) {
      const request = { ...known, waiter };
      await this.steps.enlist({ device, request, ...(placement === undefined ? {} : { placement }) });
    }
  }
}
