import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, or, sql, type SQL } from 'drizzle-orm';
import { PortwardenError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import { ofExpiringPolicy } from '../domain/notifications/announcement';
import { EXPIRY_NOTICE_MS, scopeKey, type PolicyScope } from '../domain/policies/policy';
import {
  afterRequest,
  inForceAt,
  NO_POLICY,
  policyOf,
  type PolicyChange,
  type StoredPolicy,
  type PolicyRequest,
  type VersionedPolicy,
} from '../domain/policies/storedPolicy';
import type { DeviceId } from '../domain/values/device';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { insertJournal, type JournalEntry } from './journal';
import { announce } from './notificationOutbox';
import { policies, policyChanges } from './policySchema';

/** Which policies to list; whatever is left out does not matter. */
export interface PolicyFilter {
  readonly kind?: PolicyScope['kind'];
  readonly device?: DeviceId;
  readonly serverId?: ServerId;
  /** Those that end until then only. */
  readonly endingUntil?: Date;
  /** Those behind this scope's key only: the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** How many policies of a kind of scope are in a state of their life. */
export interface PolicyCount {
  readonly kind: PolicyScope['kind'];
  readonly state: 'active' | 'ending';
  readonly count: number;
}

/** On whose behalf a policy is changed, and what goes with it. */
export interface PolicyCause {
  readonly at: Date;
  readonly workflowId: string;
  /** The version of the scope that it was decided for ({@link versionOfScope}, or `0`); another one is refused. Absent: whatever it is. */
  readonly expected?: string;
  /** What the journal says of the change, for each port concerned. Written with it, or neither is. */
  readonly entries: (change: PolicyChange) => readonly Omit<JournalEntry, 'id' | 'at'>[];
}

/** Port policies, to be read. */
export interface PolicyReader {
  /** What may concern ports of a device behind which these servers are, and is in force at a time. In a stable order. */
  inForce(device: DeviceId, serverIds: readonly ServerId[], at: Date): Promise<readonly VersionedPolicy[]>;
  /** What is in force at a time, whatever it concerns: read only where rules name groups of other ports. */
  everywhere(at: Date): Promise<readonly VersionedPolicy[]>;
}

/** Port policies: one for each scope at most, and all that was ever done to them. */
export interface PolicyRepository extends PolicyReader {
  /** What is in force of a scope at a time. */
  get(scope: PolicyScope, at: Date): Promise<StoredPolicy | undefined>;
  /** Those in force at a time, by scope. */
  list(filter: PolicyFilter, at: Date): Promise<readonly StoredPolicy[]>;
  /** What was done, newest first. @param filter.before a version: only what was done before it. */
  changes(filter: {
    readonly scope?: PolicyScope;
    readonly before?: string;
    readonly limit: number;
  }): Promise<readonly PolicyChange[]>;
  count(at: Date): Promise<readonly PolicyCount[]>;
  /**
   * Changes the policy of a scope, once for a workflow: whoever asks again on its behalf gets the same answer.
   * @returns the change; undefined for an `end` whose version is not in force any more.
   * @throws PortwardenError `policy-changed` when the scope has another version than the expected one, `policy-missing` when
   *   there is none to unset.
   */
  change(request: PolicyRequest, cause: PolicyCause): Promise<PolicyChange | undefined>;
  /** Those whose time is over and that were not ended, longest first. */
  over(at: Date, limit: number): Promise<readonly StoredPolicy[]>;
  /** Those that end within the notice, each for one caller only. */
  announce(at: Date): Promise<readonly StoredPolicy[]>;
}

const MOST_LISTED = 1_000;

/** Port policies. */
export function policyRepository(run: RunOnDatabase): PolicyRepository {
  return {
    async inForce(device, serverIds, at) {
      const ofServers = serverIds.length === 0 ? undefined : inArray(policies.serverId, [...serverIds]);
      const rows = await run((db) =>
        db
          .select()
          .from(policies)
          .where(or(eq(policies.device, device), ofServers))
          .orderBy(asc(policies.scopeKey)),
      );
      return rows.flatMap(({ record }) => inForceAt(record, at) ?? []).map(policyOf);
    },
    async everywhere(at) {
      const rows = await run((db) => db.select().from(policies).orderBy(asc(policies.scopeKey)));
      return rows.flatMap(({ record }) => inForceAt(record, at) ?? []).map(policyOf);
    },
    async get(scope, at) {
      const rows = await run((db) =>
        db
          .select()
          .from(policies)
          .where(eq(policies.scopeKey, scopeKey(scope))),
      );
      return inForceAt(rows[0]?.record, at);
    },
    async list({ kind, device, serverId, endingUntil, after, limit }, at) {
      const where = and(
        kind === undefined ? undefined : eq(kindColumn, kind),
        device === undefined ? undefined : eq(policies.device, device),
        serverId === undefined ? undefined : eq(policies.serverId, serverId),
        endingUntil === undefined ? undefined : lte(policies.expiresAt, endingUntil),
        after === undefined ? undefined : gt(policies.scopeKey, after),
        isInForce(at),
      );
      const rows = await run((db) =>
        db.select().from(policies).where(where).orderBy(asc(policies.scopeKey)).limit(bounded(limit)),
      );
      return rows.flatMap(({ record }) => inForceAt(record, at) ?? []);
    },
    async changes({ scope, before, limit }) {
      const where = and(
        scope === undefined ? undefined : eq(policyChanges.scopeKey, scopeKey(scope)),
        before === undefined ? undefined : lt(policyChanges.id, BigInt(before)),
      );
      const rows = await run((db) =>
        db.select().from(policyChanges).where(where).orderBy(desc(policyChanges.id)).limit(bounded(limit)),
      );
      return rows.map(toChange);
    },
    async count(at) {
      const ends = new Date(at.getTime() + EXPIRY_NOTICE_MS).toISOString();
      const state = sql<
        PolicyCount['state']
      >`CASE WHEN ${policies.expiresAt} <= ${ends} AND ${policies.expiresAt} > ${at.toISOString()} THEN 'ending' ELSE 'active' END`;
      const count = sql<number>`count(*)::int`;
      return run((db) =>
        db
          .select({ kind: kindColumn, state, count })
          .from(policies)
          .where(isInForce(at))
          .groupBy(sql`1`, sql`2`)
          .orderBy(sql`1`, sql`2`),
      );
    },
    change: (request, cause) => run((db) => db.transaction((tx) => change(tx, request, cause))),
    async over(at, limit) {
      const rows = await run((db) =>
        db
          .select()
          .from(policies)
          .where(lte(policies.expiresAt, at))
          .orderBy(asc(policies.expiresAt), asc(policies.scopeKey))
          .limit(bounded(limit)),
      );
      return rows.map(({ record }) => record);
    },
    async announce(at) {
      const until = new Date(at.getTime() + EXPIRY_NOTICE_MS);
      const ends = and(gt(policies.expiresAt, at), lte(policies.expiresAt, until), isNull(policies.announcedAt));
      return run((db) =>
        db.transaction(async (tx) => {
          const rows = await tx.update(policies).set({ announcedAt: at }).where(ends).returning();
          const ending = rows.map(({ record }) => record);
          await announce(
            tx,
            ending.map((policy) => ofExpiringPolicy(policy, at)),
          );
          return ending;
        }),
      );
    },
  };
}

const kindColumn = sql<PolicyScope['kind']>`${policies.record} -> 'scope' ->> 'kind'`;

function isInForce(at: Date): SQL | undefined {
  const underneath = sql`${policies.record} ? 'over'`;
  return or(isNull(policies.expiresAt), gt(policies.expiresAt, at), underneath);
}

async function change(
  tx: Database,
  request: PolicyRequest,
  { at, workflowId, expected, entries }: PolicyCause,
): Promise<PolicyChange | undefined> {
  const scope = request.change === 'set' ? request.policy.scope : request.scope;
  const key = scopeKey(scope);
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`portwarden policy ${key}`}, 0))`);
  const ours = and(eq(policyChanges.scopeKey, key), eq(policyChanges.workflowId, storable(workflowId)));
  const [done] = await tx.select().from(policyChanges).where(ours);
  if (done !== undefined) return toChange(done);
  const [row] = await tx.select().from(policies).where(eq(policies.scopeKey, key));
  const before = request.change === 'end' ? row?.record : inForceAt(row?.record, at);
  if (request.change === 'end' && (before?.version !== request.version || !isOver(before, at))) return undefined;
  await requireExpected(tx, { key, before, expected, isRecorded: row !== undefined });
  if (request.change === 'unset' && before === undefined)
    throw new PortwardenError('policy-missing', `There is no policy of ${key}`);
  const { author, reason } = decisionOf(request, before);
  const [inserted] = await tx
    .insert(policyChanges)
    .values({
      ...{ at, scopeKey: key, scope, change: request.change, before: before ?? null, after: null },
      ...{ author: storable(author), reason: storable(reason), workflowId: storable(workflowId) },
    })
    .returning();
  if (inserted === undefined) throw new Error('the change of a policy was not inserted');
  const after = afterRequest(before, request, { version: inserted.id.toString(), at });
  if (after === undefined) await tx.delete(policies).where(eq(policies.scopeKey, key));
  else {
    const expiresAt = after.expiresAt === undefined ? null : new Date(after.expiresAt);
    const values = { ...columnsOf(scope), record: after, expiresAt, announcedAt: null };
    await tx.insert(policies).values(values).onConflictDoUpdate({ target: policies.scopeKey, set: values });
    await tx.update(policyChanges).set({ after }).where(eq(policyChanges.id, inserted.id));
  }
  const made = toChange({ ...inserted, after: after ?? null });
  await insertJournal(tx, entries(made));
  return made;
}

/** A scope without a policy is named by the change that ended its last one, too: unlike {@link NO_POLICY} that never comes again. */
async function requireExpected(
  tx: Database,
  {
    key,
    before,
    expected,
    isRecorded,
  }: {
    readonly key: string;
    readonly before: StoredPolicy | undefined;
    readonly expected: string | undefined;
    /** Whether there is a policy, be it that its time is over. */
    readonly isRecorded: boolean;
  },
): Promise<void> {
  const present = before?.version ?? NO_POLICY;
  if (expected === undefined || expected === present) return;
  if (!isRecorded) {
    const ofScope = tx.select({ id: policyChanges.id }).from(policyChanges).where(eq(policyChanges.scopeKey, key));
    const [last] = await ofScope.orderBy(desc(policyChanges.id)).limit(1);
    if (last?.id.toString() === expected) return;
  }
  const there = before === undefined ? 'there is none now' : `it is version ${present} by ${before.author} now`;
  throw new PortwardenError('policy-changed', `The policy of ${key} is not version ${expected} any more: ${there}`, {
    details: { version: present },
  });
}

function isOver({ expiresAt }: StoredPolicy, at: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= at.getTime();
}

/** What ends by itself ends by the word of who set it. */
function decisionOf(request: PolicyRequest, before: StoredPolicy | undefined): Pick<PolicyChange, 'author' | 'reason'> {
  switch (request.change) {
    case 'set':
      return request.policy;
    case 'unset':
      return request;
    case 'end':
      return { author: before?.author ?? '', reason: before?.reason ?? '' };
  }
}

function columnsOf(scope: PolicyScope) {
  return {
    scopeKey: scopeKey(scope),
    device: scope.kind === 'server' ? null : scope.device,
    serverId: scope.kind === 'server' ? scope.serverId : null,
  };
}

function toChange({
  id,
  at,
  scope,
  change: made,
  before,
  after,
  ...row
}: typeof policyChanges.$inferSelect): PolicyChange {
  const { author, reason, workflowId } = row;
  return {
    ...{ version: id.toString(), at: at.toISOString(), scope, change: made, author, reason, workflowId },
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
  };
}

function bounded(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED);
}
