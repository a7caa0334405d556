import { isDeepStrictEqual } from 'node:util';
import type { NeutronClient } from '../../clients/openstack/neutron';
import type { NeutronPort } from '../../clients/openstack/schemas';
import type { PortPlan } from '../../domain/change/plan';
import { PortwardenError } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import { abortReason, waitFor } from '../abort';
import type { AnnouncedCommit, ChangeContext, CommitResult, PlannedPort, RefusedPort } from '../device';
import { PortByPortChange } from '../portByPort';
import { isEnforcement } from './enforcement';
import { NeutronState } from './neutronState';
import type { OwnedAttributes } from './ownedAttributes';
import { changeOf, conflictText, disturbanceText, securityOf, type SecurityOfPort } from './portChange';
import { refusedBy } from './refusals';
import { readSurroundings, type Surroundings } from './surroundings';

/** What a change works with. */
export interface ChangeDeps {
  readonly client: NeutronClient;
  readonly readPorts: (signal: AbortSignal) => Promise<readonly NeutronPort[]>;
  readonly maxPairs: number;
  readonly owned: OwnedAttributes;
  /** Whether the cloud compares revisions (`revision-if-match`). */
  readonly comparesRevisions: boolean;
}

/** A writer that came in between is looked at, and the write tried again, so often. */
const MOST_TRIES = 5;
const LONGEST_PAUSE_MS = 500;

/**
 * One change of a project's ports. There is no lock and no log: a write names the revision that was read, all three
 * attributes go in one request, and only the reading afterwards proves anything, for two writers of the same moment are
 * both told that they succeeded.
 */
export class NeutronChange extends PortByPortChange<NeutronState> {
  /** Read once: nothing of it is changed here. */
  private surroundings: Surroundings | undefined;
  /** The ports that were written, as they were read for the write that Neutron took. */
  private readonly written = new Map<PortName, NeutronPort>();

  constructor(
    context: ChangeContext,
    private readonly deps: ChangeDeps,
  ) {
    super(context);
  }

  override async commit(_announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult> {
    this.context.onStep('commit');
    const refused: RefusedPort[] = [];
    for (const planned of ports) {
      const refusal =
        (await this.refusedMeanwhile(planned, ports)) ??
        (await this.write(planned, refused.length < ports.indexOf(planned)));
      if (refusal !== undefined) refused.push(refusal);
    }
    if (refused.length === ports.length) return { committed: false, refused };
    this.context.onStep('read-back');
    const state = await this.readBack();
    const disturbed = [...this.written].flatMap(([port, read]): readonly RefusedPort[] => {
      const now = state.port(port);
      const message = now === undefined ? undefined : disturbanceText(read, now);
      return message === undefined ? [] : [{ port, message, code: 'device-conflict' }];
    });
    return { committed: true, state, refused, disturbed, notes: [] };
  }

  /** @param hasWritten whether a port of this change was written before: then a fault concerns this one alone. */
  private async write({ port: name, plan }: PlannedPort, hasWritten: boolean): Promise<RefusedPort | undefined> {
    const { client, comparesRevisions, owned } = this.deps;
    const { signal } = this.context;
    let port = this.seen().port(name);
    if (port === undefined) return { port: name, message: `there is no port ${name}` };
    const read = port;
    let namesGroups = owned.securityGroups;
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      if (this.isAborted()) throw abortReason(signal);
      const want = changeOf(port, plan);
      try {
        const revision = comparesRevisions ? port.revision_number : undefined;
        const { security_groups, port_security_enabled: isOn, allowed_address_pairs } = want;
        const body = {
          ...(isOn === undefined || !owned.portSecurity ? {} : { port_security_enabled: isOn }),
          ...(namesGroups ? { security_groups } : {}),
          allowed_address_pairs,
        };
        const result = await client.update(port.id, body, revision, signal);
        if (result.kind === 'written') {
          this.written.set(name, port);
          return undefined;
        }
        if (result.kind === 'refused') {
          if (namesGroups && result.refusal.type === 'SecurityGroupNotFound' && !touchesEnforcement(plan)) {
            // An administrator gave the port another project's group, which this login may not even repeat.
            namesGroups = false;
            continue;
          }
          return refusedBy(name, result.refusal);
        }
        await waitFor(Math.random() * LONGEST_PAUSE_MS, signal);
      } catch (error) {
        if (this.isAborted() || !(error instanceof PortwardenError) || !error.retryable) throw error;
        if (await this.hasLanded(read.id, want, error)) {
          this.written.set(name, port);
          return undefined;
        }
        if (!hasWritten) throw error;
        return { port: name, message: error.message, code: error.code };
      }
      const now = await client.port(read.id, signal);
      if (now === undefined) return { port: name, message: `there is no port ${name} any more` };
      if (!isDeepStrictEqual(securityOf(now), securityOf(read)))
        return { port: name, message: conflictText(read, now), code: 'device-conflict' };
      port = now;
    }
    return { port: name, message: `others write to ${name} again and again`, code: 'device-conflict' };
  }

  /** A write whose answer was lost may have been carried out. */
  private async hasLanded(id: string, want: SecurityOfPort, cause: PortwardenError): Promise<boolean> {
    try {
      const now = await this.deps.client.port(id, this.context.signal);
      return now !== undefined && isDeepStrictEqual(securityOf(now), securityOf(want));
    } catch {
      throw new PortwardenError('device-unknown-outcome', `${cause.message}; the port could not be read afterwards`, {
        cause,
      });
    }
  }

  private async readBack(): Promise<NeutronState> {
    try {
      return await this.state();
    } catch (error) {
      if (this.isAborted()) throw error;
      throw new PortwardenError('device-unknown-outcome', 'The ports could not be read after they were written', {
        cause: error,
      });
    }
  }

  protected override async state(): Promise<NeutronState> {
    const { signal, withPolicies } = this.context;
    if (withPolicies === true) this.surroundings ??= await readSurroundings(this.deps.client, signal);
    const ports = await this.deps.readPorts(signal);
    return new NeutronState(ports, this.deps.maxPairs, this.surroundings, this.deps.owned);
  }

  private isAborted(): boolean {
    return this.context.signal.aborted;
  }
}

function touchesEnforcement({ remove, add }: PortPlan): boolean {
  return [...remove, ...add].some(isEnforcement);
}
