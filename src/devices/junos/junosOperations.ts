import { PortwardenError } from '../../domain/errors';
import { parseCommitHistory } from './commitHistory';
import { editsToXml, type Edit } from './edit';
import { classifyErrors } from '../../clients/netconf/classify';
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
 * `load-configuration`, `commit-configuration`, `get-commit-information`, `get-system-uptime-information`.
 */
export class JunosOperations extends RpcOperations implements Operations {
  readonly supportsConfirmed = true;

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

  async clock(): Promise<readonly number[]> {
    const reply = await this.session.rpc(serialize(element('get-system-uptime-information')), 'ordinary');
    if (classifyErrors('read', reply) !== undefined) return [];
    const seconds = descendants(reply.root, 'current-time').map((time) =>
      Number(child(time, 'date-time')?.attributes['seconds'] ?? Number.NaN),
    );
    return seconds.filter(Number.isFinite).map((value) => value * 1_000);
  }
}
