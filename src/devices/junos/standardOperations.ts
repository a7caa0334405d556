import { editsToXml, type Edit } from './edit';
import type { NetconfSession } from '../../clients/netconf/session';
import { element, NETCONF_NAMESPACE, XNM_NAMESPACE, type XmlElement } from '../../clients/netconf/xml';
import type { CommitHistory, Operations } from './operations';
import { configurationOf, RpcOperations, warningsOf } from './rpcOperations';
import type { CandidateDiff } from './textDiff';
import { diffConfigurations } from './xmlDiff';

/**
 * The operations of RFC 6241 with the candidate capability, for servers without Junos's own. Such a server has no
 * comparison and no commit log: the diff is computed from what it holds, and a commit is never a confirmed one.
 */
export class StandardOperations extends RpcOperations implements Operations {
  readonly supportsConfirmed = false;

  constructor(
    session: NetconfSession,
    /** Top-level statements that the diff covers. */
    private readonly roots: readonly string[],
  ) {
    super(session);
  }

  async readCommitted(roots: readonly string[]): Promise<XmlElement> {
    return this.read('running', roots);
  }

  async readWhole(): Promise<string> {
    return (await this.send('read', element('get-config', {}, element('source', {}, element('running'))))).raw;
  }

  async load(edits: readonly Edit[]): Promise<readonly string[]> {
    const namespaces = { xmlns: XNM_NAMESPACE, 'xmlns:nc': NETCONF_NAMESPACE };
    const configuration = element('configuration', namespaces, ...editsToXml(edits, 'nc:operation'));
    const target = element('target', {}, element('candidate'));
    return warningsOf(
      'load',
      await this.send('load', element('edit-config', {}, target, element('config', {}, configuration)), 'load'),
    );
  }

  async diff(): Promise<CandidateDiff> {
    return diffConfigurations(await this.read('running', this.roots), await this.read('candidate', this.roots));
  }

  async check(): Promise<readonly string[]> {
    return warningsOf(
      'check',
      await this.send('check', element('validate', {}, element('source', {}, element('candidate'))), 'commit'),
    );
  }

  async commit(): Promise<readonly string[]> {
    return this.sendCommit(element('commit'));
  }

  history(): Promise<CommitHistory | undefined> {
    return Promise.resolve(undefined);
  }

  clock(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  private async read(datastore: 'running' | 'candidate', roots: readonly string[]): Promise<XmlElement> {
    const configuration = element('configuration', { xmlns: XNM_NAMESPACE }, ...roots.map((root) => element(root)));
    const filter = element('filter', { type: 'subtree' }, configuration);
    return configurationOf(
      await this.send('read', element('get-config', {}, element('source', {}, element(datastore)), filter)),
    );
  }
}
