import { PortwardenError } from '../../../src/domain/errors';
import { policyState, scopeKey } from '../../../src/domain/policies/policy';
import {
  afterRequest,
  inForceAt,
  NO_POLICY,
  policyOf,
  versionOfScope,
  type PolicyChange,
  type StoredPolicy,
} from '../../../src/domain/policies/storedPolicy';
import type { JournalEntry } from '../../../src/store/journal';
import type { PolicyRepository } from '../../../src/store/policies';

/** Port policies in memory, by the same rules as those of a database. */
export class MemoryPolicies implements PolicyRepository {
  readonly records = new Map<string, StoredPolicy>();
  readonly done: PolicyChange[] = [];
  private readonly announced = new Set<string>();

  /** @param use called before whatever is read or written. */
  constructor(
    private readonly use: () => void,
    private readonly journal: (entry: Omit<JournalEntry, 'id' | 'at'>) => void,
  ) {}

  inForce: PolicyRepository['inForce'] = async (device, serverIds, at) => {
    this.use();
    return this.present(at)
      .filter(({ scope }) => (scope.kind === 'server' ? serverIds.includes(scope.serverId) : scope.device === device))
      .map(policyOf);
  };

  everywhere: PolicyRepository['everywhere'] = async (at) => {
    this.use();
    return this.present(at).map(policyOf);
  };

  get: PolicyRepository['get'] = async (scope, at) => {
    this.use();
    return inForceAt(this.records.get(scopeKey(scope)), at);
  };

  list: PolicyRepository['list'] = async ({ after, limit }, at) => {
    this.use();
    return this.present(at)
      .filter(({ scope }) => after === undefined || scopeKey(scope) > after)
      .slice(0, limit);
  };

  changes: PolicyRepository['changes'] = async ({ scope, limit }) =>
    [...this.done]
      .reverse()
      .filter((change) => scope === undefined || scopeKey(change.scope) === scopeKey(scope))
      .slice(0, limit);

  count: PolicyRepository['count'] = async () => [];

  change: PolicyRepository['change'] = async (request, { at, workflowId, expected, entries }) => {
    this.use();
    const scope = request.change === 'set' ? request.policy.scope : request.scope;
    const key = scopeKey(scope);
    const ours = this.done.find((change) => scopeKey(change.scope) === key && change.workflowId === workflowId);
    if (ours !== undefined) return ours;
    const record = this.records.get(key);
    const before = request.change === 'end' ? record : inForceAt(record, at);
    if (request.change === 'end' && (before?.version !== request.version || !isOver(before, at))) return undefined;
    const newest = this.done.findLast((change) => scopeKey(change.scope) === key);
    if (expected !== undefined && ![before?.version ?? NO_POLICY, versionOfScope(before, newest)].includes(expected))
      throw new PortwardenError('policy-changed', `The policy of ${key} is not version ${expected} any more`);
    if (request.change === 'unset' && before === undefined)
      throw new PortwardenError('policy-missing', `There is no policy of ${key}`);
    const version = String(this.done.length + 1);
    const after = afterRequest(before, request, { version, at });
    if (after === undefined) this.records.delete(key);
    else this.records.set(key, after);
    const { author, reason } =
      request.change === 'set' ? request.policy : request.change === 'unset' ? request : (before ?? NOBODY);
    const made: PolicyChange = {
      ...{ version, at: at.toISOString(), scope, change: request.change, author, reason, workflowId },
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    this.done.push(made);
    entries(made).forEach(this.journal);
    return made;
  };

  over: PolicyRepository['over'] = async (at, limit) => {
    this.use();
    return [...this.records.values()].filter((record) => isOver(record, at)).slice(0, limit);
  };

  announce: PolicyRepository['announce'] = async (at) => {
    this.use();
    const ending = [...this.records.values()].filter((record) => policyState(policyOf(record), at) === 'ending');
    const news = ending.filter(({ version }) => !this.announced.has(version));
    for (const { version } of news) this.announced.add(version);
    return news;
  };

  private present(at: Date): StoredPolicy[] {
    return [...this.records].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, record]) => inForceAt(record, at) ?? []);
  }
}

const NOBODY = { author: '', reason: '' };

function isOver(record: StoredPolicy, at: Date): boolean {
  return policyState(policyOf(record), at) === 'expired';
}
