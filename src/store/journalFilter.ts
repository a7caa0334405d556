import { and, asc, desc, eq, gt, gte, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { MacAddress } from '../domain/values/mac';
import type { PortName } from '../domain/values/port';
import type { VlanId } from '../domain/values/vlan';
import { storable, type Database } from './engine/database';
import { journal } from './schema';

/** Which entries of the journal are meant: those that match everything named here. */
export interface JournalFilter {
  /** Decided then or later. */
  readonly since?: Date;
  /** Decided before. */
  readonly until?: Date;
  readonly device?: DeviceId;
  /** Of one of these devices. */
  readonly devices?: readonly DeviceId[];
  readonly port?: PortName;
  readonly status?: PortOutcome['status'];
  readonly workflowId?: string;
  /** The workflow of an event that waited for it. */
  readonly event?: string;
  readonly author?: string;
  /** The scope of a policy that had a part in them. */
  readonly policy?: string;
  /** The text of the commit in the device's commit log. */
  readonly commit?: string;
  /** One statement that was added or removed has all of these: */
  readonly ip?: IpAddress;
  readonly mac?: MacAddress;
  readonly vlan?: VlanId;
  /** … and this text. */
  readonly statement?: string;
  /** Those before this entry only: the last one of the page before. */
  readonly before?: string;
}

/**
 * The longest time from the begin of a transaction, which is an entry's `at`, to the entry's id. Entries whose times are
 * further apart have ids in the order of their times, so that a time says from which id on to look.
 */
const LONGEST_TRANSACTION_MS = 3_600_000;

/** The statement that reads entries, newest first. */
export function selectJournal(db: Database, filter: JournalFilter, limit: number) {
  return db.select().from(journal).where(conditions(db, filter)).orderBy(newestFirst(filter)).limit(limit);
}

/** The statement that reads the id of the entry behind the newest `count` ones. */
export function selectIdBehind(db: Database, filter: JournalFilter, count: number) {
  const ids = db.select({ id: journal.id }).from(journal);
  return ids.where(conditions(db, filter)).orderBy(newestFirst(filter)).limit(1).offset(count);
}

/**
 * What is looked for inside of lists is rare, and PostgreSQL does not know how rare: it would walk through all entries in
 * the order of their ids to save a sort. An order that no index has makes it take the index of the list.
 */
function newestFirst({ ip, mac, statement, event, policy }: JournalFilter): SQL {
  const isRare = [ip, mac, statement, event, policy].some((value) => value !== undefined);
  return isRare ? sql`${journal.id} + 0 desc` : desc(journal.id);
}

function conditions(db: Database, filter: JournalFilter): SQL | undefined {
  const { since, until, device, devices, port, status, workflowId, event, author, policy, commit, before } = filter;
  return and(
    since === undefined ? undefined : and(gte(journal.at, since), fromIdOf(db, since)),
    until === undefined ? undefined : and(lt(journal.at, until), upToIdOf(db, until)),
    device === undefined ? undefined : eq(journal.device, device),
    devices === undefined ? undefined : inArray(journal.device, [...devices]),
    port === undefined ? undefined : eq(journal.port, port),
    status === undefined ? undefined : eq(journal.status, status),
    workflowId === undefined ? undefined : eq(journal.workflowId, storable(workflowId)),
    event === undefined ? undefined : contains(journal.events, storable(event)),
    author === undefined ? undefined : eq(journal.author, storable(author)),
    policy === undefined ? undefined : contains(journal.policies, storable(policy)),
    commit === undefined ? undefined : eq(journal.commit, storable(commit)),
    before === undefined ? undefined : lt(journal.id, BigInt(before)),
    changes(filter),
  );
}

function changes({ ip, mac, vlan, statement: text }: JournalFilter): SQL | undefined {
  const wanted = {
    ...(ip === undefined ? {} : { ip }),
    ...(mac === undefined ? {} : { mac }),
    ...(vlan === undefined ? {} : { vlan }),
    ...(text === undefined ? {} : { text: storable(text) }),
  };
  if (Object.keys(wanted).length === 0) return undefined;
  return or(contains(journal.added, wanted), contains(journal.removed, wanted));
}

function contains(
  list: typeof journal.added | typeof journal.removed | typeof journal.events | typeof journal.policies,
  element: unknown,
): SQL {
  return sql`${list} @> ${JSON.stringify([element])}::jsonb`;
}

function fromIdOf(db: Database, since: Date): SQL {
  const surelyEarlier = lt(journal.at, new Date(since.getTime() - LONGEST_TRANSACTION_MS));
  const id = db.select({ id: journal.id }).from(journal).where(surelyEarlier).orderBy(desc(journal.at)).limit(1);
  return sql`${journal.id} > coalesce((${id}), 0)`;
}

function upToIdOf(db: Database, until: Date): SQL {
  const surelyLater = gt(journal.at, new Date(until.getTime() + LONGEST_TRANSACTION_MS));
  const id = db.select({ id: journal.id }).from(journal).where(surelyLater).orderBy(asc(journal.at)).limit(1);
  return sql`${journal.id} < coalesce((${id}), 9223372036854775807)`;
}
