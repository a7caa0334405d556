import type { FirewallClient } from '../../clients/proxmox/firewall';
import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { abortReason } from '../abort';
import type { AnnouncedCommit, ChangeContext, CommitResult, PlannedPort, RefusedPort } from '../device';
import { PortByPortChange } from '../portByPort';
import { FilterState } from './filterState';
import { nicOfPort, unfinishedSet } from './naming';
import { readFilters } from './reading';
import { SetWriter } from './setWriter';

/** Faults that the next set would meet too. */
const OF_THE_CLUSTER: readonly ErrorCode[] = [
  'proxmox-unreachable',
  'proxmox-certificate',
  'proxmox-unauthorized',
  'proxmox-no-quorum',
];

/** One change of filters of a cluster's guests: each set is written for itself, and the reading afterwards is the proof. */
export class FilterChange extends PortByPortChange<FilterState> {
  private hasTouched = false;
  /** Why the cluster is not asked any more. */
  private lost: PortwardenError | undefined;

  constructor(
    context: ChangeContext,
    private readonly client: FirewallClient,
  ) {
    super(context);
  }

  /** What is left of first filters that were begun and never took effect. */
  override async finishEarlier(): Promise<boolean> {
    const { ports = [], signal } = this.context;
    let isDone = false;
    for (const port of ports) {
      const nic = nicOfPort(port)?.nic;
      const filters = this.seen().filter(port)?.filters;
      if (nic === undefined || filters?.unfinished.includes(nic) !== true) continue;
      await this.client.deleteSet(filters.guest, unfinishedSet(nic), signal);
      isDone = true;
    }
    return isDone;
  }

  override async commit(_announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult> {
    this.context.onStep('commit');
    const refused: RefusedPort[] = [];
    for (const planned of ports) {
      const refusal = await this.write(planned);
      if (refusal !== undefined) refused.push({ port: planned.port, ...refusal });
    }
    if (!this.hasTouched) {
      if (this.lost !== undefined) throw this.lost;
      return { committed: false, refused };
    }
    this.context.onStep('read-back');
    return { committed: true, state: await this.readBack(), refused, notes: [] };
  }

  private async write({ port, plan }: PlannedPort): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { signal } = this.context;
    const found = this.seen().filter(port);
    if (this.lost !== undefined) return { message: this.lost.message, code: this.lost.code };
    if (found === undefined) return { message: `there is no ${port}` };
    const writer = new SetWriter(this.client, found, plan, signal);
    try {
      const refusal = await writer.write();
      this.hasTouched ||= writer.hasTouched || refusal === undefined;
      return refusal;
    } catch (error) {
      if (signal.aborted) {
        const isUnknown = this.hasTouched || writer.hasTouched;
        throw isUnknown ? unknownOutcome(abortReason(signal)) : abortReason(signal);
      }
      if (!(error instanceof PortwardenError)) throw error;
      if (OF_THE_CLUSTER.includes(error.code)) this.lost = error;
      const isDone = writer.hasTouched && (await this.settle(writer));
      this.hasTouched ||= writer.hasTouched;
      return isDone ? undefined : { message: error.message, code: error.code };
    }
  }

  /** A request whose answer was lost may have been carried out. */
  private async settle(writer: SetWriter): Promise<boolean> {
    try {
      return await writer.settle();
    } catch (error) {
      throw unknownOutcome(error);
    }
  }

  private async readBack(): Promise<FilterState> {
    try {
      return await this.state();
    } catch (error) {
      throw unknownOutcome(error);
    }
  }

  protected override async state(): Promise<FilterState> {
    const { ports, signal } = this.context;
    return new FilterState(await readFilters(this.client, ports, signal));
  }
}

function unknownOutcome(cause: unknown): PortwardenError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new PortwardenError('device-unknown-outcome', `The sets could not be read after they were written: ${said}`, {
    cause,
  });
}
