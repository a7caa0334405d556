import { setTimeout as sleep } from 'node:timers/promises';
import type { PortName } from '../../../src/domain/values/port';
import { Intended } from '../../devices/neutron/intended';
import { stateOf, type PolicyCloud, type PolicyWords } from '../../devices/neutron/policyCloud';
import { pauseSince } from '../../support/pause';
import type { KilledProduct } from './killedProduct';
import { FOREIGN, GROUPS, type OwnAddresses, type Step } from './sequence';

/** A port that sequences are played on, and one beside it of the same machine, which nobody says anything of. */
export interface PlayedPort {
  readonly port: PortName;
  readonly sibling: PortName;
  readonly server: number;
  /** The address that its server always has in the panel: the fixed one. */
  readonly fixed: string;
  readonly addresses: OwnAddresses;
}

/** Where it is played. */
export interface Stage {
  readonly product: KilledProduct;
  readonly device: string;
  readonly cloud: Pick<PolicyCloud, 'show' | 'write'>;
  /** The id of a security group. */
  readonly groupId: (name: string) => string;
  /** What the panel says a server has, without a word to the product. */
  readonly setIps: (server: number, ips: readonly string[]) => void;
}

interface Change {
  readonly version: string;
  readonly change: 'set' | 'unset' | 'end';
  readonly reason: string;
  readonly workflowId: string;
  readonly before?: { readonly version: string };
}

const LONGEST_STEP_MS = 420_000;

/** Plays sequences on one port, through the API, and compares the port with what it shall be after each step. */
export class PortPlayer {
  /** Steps that are carried out. */
  done = 0;
  /** Policies that ended by themselves. */
  ends = 0;
  private intended = this.begin();
  private steps = 0;

  constructor(
    private readonly stage: Stage,
    private readonly played: PlayedPort,
  ) {}

  /** @param name of the sequence, for whoever plays a failed one again. */
  async play(name: string, steps: readonly Step[]): Promise<void> {
    const { cloud } = this.stage;
    const { port, sibling } = this.played;
    this.intended = this.begin();
    await cloud.write(port, {
      port_security_enabled: true,
      security_groups: [...this.intended.groups].map((group) => this.stage.groupId(group)),
      allowed_address_pairs: [...this.intended.pairs].map((ip_address) => ({ ip_address })),
    });
    const beside = JSON.stringify(await cloud.show(sibling));
    for (const step of [...steps, { kind: 'unsay' }, { kind: 'panel', ips: [] }] satisfies readonly Step[])
      try {
        await this.carryOut(step);
        this.done += 1;
      } catch (error) {
        throw new Error(`${name}: ${JSON.stringify(steps)}: at ${JSON.stringify(step)}: ${String(error)}`, {
          cause: error,
        });
      }
    expect(JSON.stringify(await cloud.show(sibling))).toBe(beside);
  }

  private begin(): Intended {
    const [group] = GROUPS;
    const [pair] = FOREIGN;
    return new Intended({ groups: [group], pairs: [pair] }, (name) => this.stage.groupId(name));
  }

  private async carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'say': {
        const { workflowId } = await this.change('set', step.words);
        this.intended.said = step.words;
        return this.settled(workflowId);
      }
      case 'unsay': {
        if (this.intended.said === undefined) return;
        const { workflowId } = await this.change('unset');
        this.intended.said = undefined;
        return this.settled(workflowId);
      }
      case 'brief':
        return this.brief(step.words, step.ms);
      case 'panel':
        return this.assign(step.ips);
      case 'others-pair':
      case 'others-group':
        return this.others(step);
    }
  }

  /** Whether it came into force before its end is a matter of luck; that it ends, and what is there then, is not. */
  private async brief(words: PolicyWords, ms: number): Promise<void> {
    const { reason } = await this.change('set', words, ms);
    for (const began = Date.now(); ; await pauseSince(began)) {
      const changes = await this.changes();
      // The newest: one whose time is over may have been replaced by the next try before its end was recorded.
      const version = changes.find((one) => one.change === 'set' && one.reason === reason)?.version ?? '';
      const end = changes.find(({ change, before }) => change === 'end' && before?.version === version);
      if (end !== undefined) {
        this.ends += 1;
        return this.settled(end.workflowId);
      }
      if (Date.now() > began + LONGEST_STEP_MS) throw new Error(`version ${version} has not ended`);
    }
  }

  private async assign(ips: readonly string[]): Promise<void> {
    const { server, fixed } = this.played;
    const before = this.intended.panel;
    this.stage.setIps(server, [fixed, ...ips]);
    this.intended.panel = ips;
    const come = ips
      .filter((ip) => !before.includes(ip))
      .map((ip) => ({ action: 'ip_assigned', serverId: server, ip }));
    const gone = before.filter((ip) => !ips.includes(ip)).map((ip) => ({ action: 'ip_removed', serverId: server, ip }));
    await this.events([...come, ...gone]);
  }

  /** Somebody else changes the port, which the product learns of at its next look. */
  private async others(what: Extract<Step, { kind: 'others-pair' | 'others-group' }>): Promise<void> {
    const { cloud, groupId } = this.stage;
    const { port, server, fixed } = this.played;
    const { port_security_enabled, security_groups, allowed_address_pairs: pairs } = await cloud.show(port);
    if (!port_security_enabled) return;
    if (what.kind === 'others-pair') {
      const isThere = pairs.some(({ ip_address }) => ip_address === what.ip);
      const left = isThere
        ? pairs.filter(({ ip_address }) => ip_address !== what.ip)
        : [...pairs, { ip_address: what.ip }];
      this.intended.togglePair(what.ip, isThere);
      await cloud.write(port, { allowed_address_pairs: left });
    } else {
      const id = groupId(what.group);
      const isThere = security_groups.includes(id);
      const left = isThere ? security_groups.filter((one) => one !== id) : [...security_groups, id];
      this.intended.toggleGroup(what.group, isThere);
      await cloud.write(port, { security_groups: left });
    }
    await this.events([{ action: 'ip_assigned', serverId: server, ip: fixed }]);
  }

  /** Posts events until they are taken, and waits for their ends. */
  private async events(events: readonly object[]): Promise<void> {
    const workflows: string[] = [];
    for (const event of events) {
      const { body } = await this.stage.product.ask<{ workflowId?: string }>('/api/port-security/event', event);
      if (body.workflowId === undefined) throw new Error(`the event was refused: ${JSON.stringify(body)}`);
      workflows.push(body.workflowId);
    }
    for (const workflowId of workflows) await this.settled(workflowId, '/api/port-security/events/');
  }

  /**
   * Changes the policy of the port, once: it is asked for again when what was asked for before came to nothing, and names the
   * version that it was decided for, so that one that was taken before a kill and one that is sent after it are not both
   * carried out.
   */
  private async change(change: 'set' | 'unset', words: PolicyWords = {}, ms?: number): Promise<Change> {
    const { port } = this.played;
    const { product, device, groupId } = this.stage;
    const reason = `step ${(this.steps += 1)}`;
    const { security, groups, pairs, exclusive } = words;
    const body = {
      ...{ device, port, author: 'ada', reason },
      ...(change === 'unset' || security === undefined ? {} : { portSecurity: security }),
      ...(groups === undefined ? {} : { securityGroups: groups.map(groupId) }),
      ...(pairs === undefined ? {} : { allowedAddressPairs: pairs.map((pair) => ({ address: pair })) }),
      ...(exclusive === undefined ? {} : { exclusive }),
    };
    let left = ms;
    let tries = 0;
    let asked: string | undefined;
    for (const began = Date.now(); ; await pauseSince(began)) {
      const { version, changes } = await this.show();
      const made = changes.find((one) => one.reason === reason && one.change === change);
      if (made !== undefined) return made;
      if (Date.now() > began + LONGEST_STEP_MS) throw new Error(`${reason} was not recorded`);
      if (asked !== undefined && (await this.stateOf(asked)) === 'running') continue;
      const expiresAt = left === undefined ? {} : { expiresAt: new Date(Date.now() + left).toISOString() };
      // A request whose answer a kill took is sent again: with its key it is carried out once.
      const once = `${port} ${reason} ${(tries += 1)}`;
      const answer = await product.ask<{ readonly workflowId?: string }>(
        `/api/policies/${change}`,
        { ...body, ...expiresAt },
        { 'if-match': `"${version}"`, 'idempotency-key': once },
      );
      asked = answer.body.workflowId;
      // 412: it was recorded meanwhile, or the end of one is; 400: it would have ended before it began, so it gets longer.
      if (left !== undefined) left *= 2;
      if (![200, 202, 412].includes(answer.status) && !(ms !== undefined && answer.status === 400))
        throw new Error(`${change} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
  }

  private async stateOf(workflowId: string, path = '/api/decisions/'): Promise<string> {
    const { body } = await this.stage.product.ask<{ readonly state?: string }>(
      `${path}${encodeURIComponent(workflowId)}`,
    );
    return body.state ?? 'unknown';
  }

  private async changes(): Promise<readonly Change[]> {
    return (await this.show()).changes;
  }

  private async show(): Promise<{ readonly version: string; readonly changes: readonly Change[] }> {
    const { product, device } = this.stage;
    const query = new URLSearchParams({ device, port: this.played.port });
    const { status, body } = await product.ask<{
      readonly version: string;
      readonly changes?: readonly Change[];
    }>(`/api/policies/show?${query.toString()}`);
    if (status === 404) return { version: '0', changes: [] };
    return { version: body.version, changes: body.changes ?? [] };
  }

  /** Waits until what was asked for is proven, and compares the port with what it shall be. */
  private async settled(workflowId: string, path?: string): Promise<void> {
    const { cloud } = this.stage;
    const wanted = JSON.stringify(this.intended.state());
    for (const began = Date.now(); ; await pauseSince(began)) {
      const state = JSON.stringify(await stateOf(cloud, this.played.port));
      const isThere = state === wanted;
      const isLate = Date.now() > began + LONGEST_STEP_MS;
      if (!isThere && !isLate) continue;
      const becameOf = await this.stateOf(workflowId, path);
      if (isThere && becameOf === 'completed') return;
      if (isLate) throw new Error(`it is ${state} instead of ${wanted}; ${workflowId} is ${becameOf}`);
      await sleep(100);
    }
  }
}
