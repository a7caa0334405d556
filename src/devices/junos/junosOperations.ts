import { clockBetween } from '../../clients/seenAnswer';
import type { ClockReading } from '../../domain/alarms/sourceState';
import { PortwardenError } from '../../domain/errors';
import { parseCommitHistory } from './commitHistory';
import { editsToXml, type Edit } from './edit';
import { classifyErrors } from '../../clients/netconf/classify';
import type { NetconfSession } from '../../clients/netconf/session';
import {
  child,
  descendant,
  descendants,
  element,
  serialize,
  type XmlElement,
  type XmlNode,
} from '../../clients/netconf/xml';
import type { CommitHistory, CommitOptions, Operations } from './operations';
import { configurationOf, RpcOperations, warningsOf } from './rpcOperations';
import { parseTextDiff, type CandidateDiff } from './textDiff';

/**
 * Junos's own operations (Junos XML Management Protocol developer guide): `get-configuration`,
 * `load-configuration`, `commit-configuration`, `get-commit-information`, `get-rollback-information`,
 * `get-system-uptime-information`.
 */
export class JunosOperations extends RpcOperations implements Operations {
  readonly supportsConfirmed = true;

  /** @param onClock is told how the switch's clock goes beside ours, whenever it is read. */
  constructor(
    session: NetconfSession,
    private readonly onClock?: (clock: ClockReading) => void,
  ) {
    super(session);
  }

  async readCommitted(roots: readonly string[]): Promise<XmlElement> {
    const attributes = { database: 'committed', inherit: 'inherit', groups: 'groups', format: 'xml' };
    const filter = element('configuration', {}, ...roots.map((root) => element(root)));
    return configurationOf(await this.send('read', element('get-configuration', attributes, filter)));
  }

  async readWhole(): Promise<string> {
    const reply = await this.send('read', element('get-configuration', { database: 'committed', format: 'text' }));
    const text = descendant(reply.root, 'configuration-text')?.text;
    if (text === undefined)
      throw new PortwardenError('device-protocol', 'The device did not send its configuration as text.');
    return text;
  }

  async load(edits: readonly Edit[]): Promise<readonly string[]> {
    const configuration = element('configuration', {}, ...editsToXml(edits, 'delete'));
    const request = element('load-configuration', { action: 'merge', format: 'xml' }, configuration);
    return warningsOf('load', await this.send('load', request, 'load'));
  }

  async diff(): Promise<CandidateDiff> {
    const reply = await this.send(
      'diff',
      element('get-configuration', { compare: 'rollback', rollback: '0', format: 'text' }),
    );
    const output = descendant(reply.root, 'configuration-output');
    if (output === undefined)
      throw new PortwardenError('device-protocol', 'The device did not answer the comparison with a diff.');
    return parseTextDiff(output.text);
  }

  async check(): Promise<readonly string[]> {
    return warningsOf(
      'check',
      await this.send('check', element('commit-configuration', {}, element('check')), 'commit'),
    );
  }

  async commit(options: CommitOptions): Promise<readonly string[]> {
    const confirmed: readonly XmlNode[] =
      options.confirmMinutes === undefined
        ? []
        : [element('confirmed'), element('confirm-timeout', {}, String(options.confirmMinutes))];
    return this.sendCommit(element('commit-configuration', {}, ...confirmed, element('log', {}, options.log)));
  }

  async history(): Promise<CommitHistory | undefined> {
    const reply = await this.session.rpc(serialize(element('get-commit-information')), 'ordinary');
    return classifyErrors('read', reply) === undefined ? parseCommitHistory(reply.root) : undefined;
  }

  /**
   * Documented: Junos NETCONF guide, "Retrieve a Previous (Rollback) Configuration"; XML is its default form. Comparing two
   * of them is not used: the NETCONF guide and that of the Junos XML protocol disagree on which of the two is the base.
   */
  async readEarlier(number: number): Promise<XmlElement | undefined> {
    const request = element('get-rollback-information', {}, element('rollback', {}, String(number)));
    const reply = await this.session.rpc(serialize(request), 'ordinary');
    return classifyErrors('read', reply) === undefined ? descendant(reply.root, 'configuration') : undefined;
  }

  async clock(): Promise<readonly number[]> {
    const sentAt = Date.now();
    const reply = await this.session.rpc(serialize(element('get-system-uptime-information')), 'ordinary');
    const receivedAt = Date.now();
    if (classifyErrors('read', reply) !== undefined) return [];
    const seconds = descendants(reply.root, 'current-time').map((time) =>
      Number(child(time, 'date-time')?.attributes['seconds'] ?? Number.NaN),
    );
    const times = seconds.filter(Number.isFinite).map((value) => value * 1_000);
    const clock = farthestOff(times, sentAt, receivedAt);
    if (clock !== undefined) this.onClock?.(clock);
    return times;
  }

  /** Documented: Junos XML management protocol guide, `<command format="text">`; on a virtual chassis each member may answer. */
  async command(text: string): Promise<{ readonly output: string } | { readonly refused: string }> {
    const reply = await this.session.rpc(serialize(element('command', { format: 'text' }, text)), 'ordinary');
    const failure = classifyErrors('read', reply);
    if (failure !== undefined) return { refused: failure.message };
    return {
      output: descendants(reply.root, 'output')
        .map((part) => part.text)
        .join('\n'),
    };
  }
}

/** Seconds are cut off: the clock is half a second further, give or take as much. */
const HALF_SECOND_MS = 500;

/** Of the clocks of a virtual chassis' members the one that differs most. */
function farthestOff(times: readonly number[], sentAt: number, receivedAt: number): ClockReading | undefined {
  return times
    .flatMap((time) => clockBetween(time + HALF_SECOND_MS, HALF_SECOND_MS, sentAt, receivedAt) ?? [])
    .sort((one, other) => Math.abs(other.aheadMs) - Math.abs(one.aheadMs))[0];
}
