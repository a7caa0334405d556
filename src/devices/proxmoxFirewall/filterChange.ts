import type { FirewallClient } from '../../clients/proxmox/firewall';
import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { abortReason } from '../abort';
import type { AnnouncedCommit, ChangeContext, CommitResult, PlannedPort, RefusedPort } from '../device';
import { PortByPortChange } from '../portByPort';
import { FilterState } from './filterState';
import { nicOfPort, unfinishedSet } from './naming';
import { readFilters } from './reading';
import { OptionWriter } from './optionWriter';
import { SetWriter } from './setWriter';
import { switchesNics, type FilterSettings } from './settings';

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
    private readonly settings: FilterSettings,
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
      const refusal = (await this.refusedMeanwhile(planned, ports)) ?? (await this.write(planned));
      if (refusal !== undefined) refused.push({ ...refusal, port: planned.port });
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
    const writers = [
      new SetWriter(this.client, found, plan, signal),
      new OptionWriter(this.client, found, plan, signal),
    ];
    const hasTouched = (): boolean => writers.some((writer) => writer.hasTouched);
    try {
      let refusal: Omit<RefusedPort, 'port'> | undefined;
      for (const writer of writers) refusal ??= await writer.write();
      this.hasTouched ||= hasTouched() || refusal === undefined;
      return refusal;
    } catch (error) {
      if (signal.aborted) {
        const isUnknown = this.hasTouched || hasTouched();
        throw isUnknown ? unknownOutcome(abortReason(signal)) : abortReason(signal);
      }
      if (!(error instanceof PortwardenError)) throw error;
      if (OF_THE_CLUSTER.includes(error.code)) this.lost = error;
      const isDone = hasTouched() && (await this.settle(writers));
      this.hasTouched ||= hasTouched();
      return isDone ? undefined : { message: error.message, code: error.code };
    }
  }

  /** A request whose answer was lost may have been carried out. */
  private async settle(writers: readonly (SetWriter | OptionWriter)[]): Promise<boolean> {
    try {
      const settled = await Promise.all(writers.map((writer) => writer.settle()));
      return settled.every((isDone) => isDone);
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
    return new FilterState(await readFilters(this.client, ports, signal, switchesNics(this.settings)), this.settings);
  }
}

function unknownOutcome(cause: unknown): PortwardenError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new PortwardenError('device-unknown-outcome', `The sets could not be read after they were written: ${said}`, {
    cause,
  });
}
