import { setMaxListeners } from 'node:events';
import type { FirewallClient, GuestOnNode, Refused } from '../../clients/proxmox/firewall';
import type { AddressSetEntry } from '../../clients/proxmox/schema';
import { applyPlan, type PortPlan } from '../../domain/change/plan';
import { sameStatements, type Statement } from '../../domain/change/statement';
import { abortReason } from '../abort';
import type { RefusedPort } from '../device';
import { COMMENT, differenceOf, entryOf, keyOf, statementsOf, type SetEntry } from './entries';
import { isAside, isEntry } from './filterPolicies';
import { asideSet, filterSet, unfinishedSet } from './naming';
import { setHolding, type NicFilter } from './nicFilter';
import { conflictOf, refusalOf } from './refusals';

/** A set that others write to is tried so often. */
const MOST_TRIES = 5;

/**
 * Writes the set of one NIC. Every request is one step that Proxmox locks the file for; between them others may write. So
 * additions come first, each removal names the digest of the set as it was read right before, and a set that is not as it was
 * planned on is a conflict. The first filter of a NIC, which shuts out everything else, is filled under another name
 * and put in place in one step: there is never an empty one. A filter is put aside and back by its name, whole and in one
 * step, after its entries: cut off anywhere, it is in one of the two places.
 */
export class SetWriter {
  private touched = false;
  private readonly guest: GuestOnNode;
  /** The set that holds the filter now, and the one that shall hold it. */
  private readonly set: string;
  private readonly goal: string;
  private readonly entries: PortPlan;

  constructor(
    private readonly client: FirewallClient,
    private readonly found: NicFilter,
    plan: PortPlan,
    private readonly signal: AbortSignal,
  ) {
    this.guest = found.filters.guest;
    this.set = setHolding(found);
    this.goal = goalOf(found, plan);
    this.entries = {
      ...plan,
      add: plan.add.filter((one) => isEntry(one)),
      remove: plan.remove.filter((one) => isEntry(one)),
    };
    setMaxListeners(0, signal);
  }

  /** Whether something of what is in force was, or may have been, changed. */
  get hasTouched(): boolean {
    return this.touched;
  }

  /**
   * Carries the plan out. Rejects when a request got no answer: then {@link settle} says what became of it.
   * @returns why the port is not as planned; undefined when it is, as far as Proxmox says.
   */
  async write(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    if ((await this.client.config(this.guest, this.signal)) === undefined)
      return { message: `the guest is not on ${this.guest.node} any more`, code: 'device-conflict' };
    const now = await this.read();
    const changed = differenceOf(this.found.entries, now);
    if (changed !== undefined) return conflictOf(changed);
    if (now === undefined) return this.begin();
    return (await this.add()) ?? (await this.remove()) ?? (await this.moveToGoal());
  }

  /** Reads what became of a request without an answer. @returns whether the filter is as planned, and where it shall be. */
  async settle(): Promise<boolean> {
    if (differenceOf(this.found.entries, await this.read()) === undefined) this.touched = false;
    const now = await this.read(this.goal);
    return now !== undefined && sameStatements(statementsOf(now, this.set), this.after());
  }

  /** The entries that the filter shall have. */
  private after(): readonly Statement[] {
    return applyPlan(statementsOf(this.found.entries ?? [], this.set), this.entries);
  }

  /**
   * The first filter. What is left of an earlier attempt is ours by its name, and not in force. Before it is, it is read: no
   * answer alone says that it is whole. Lists of sets may lack one, so the filter that a policy put aside is asked for by its name.
   */
  private async begin(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, signal } = this;
    const name = unfinishedSet(this.found.nic);
    const aside = asideSet(this.found.nic);
    if ((await this.read(aside)) !== undefined) return conflictOf(`${aside} is there: a filter was put aside`);
    if ((await client.sets(guest, signal)).names.includes(name)) await client.deleteSet(guest, name, signal);
    const refused = (await client.createSet(guest, name, COMMENT, signal)) ?? (await this.fill(name));
    if (refused !== undefined) {
      await client.deleteSet(guest, name, signal);
      return refusalOf(refused);
    }
    const filled = await this.read(name);
    if (filled === undefined || !sameStatements(statementsOf(filled, this.set), this.after()))
      return { message: `${name} does not have what was written into it`, code: 'proxmox-failed' };
    const failed = await this.rename(name, this.set);
    if (failed?.code === 'device-conflict') await client.deleteSet(guest, name, signal);
    return failed;
  }

  private async moveToGoal(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    return this.goal === this.set ? undefined : this.rename(this.set, this.goal);
  }

  /** Names the digest of the list of sets, so that what others do to it at the same moment is seen. */
  private async rename(from: string, to: string): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, signal } = this;
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      this.assertGoing();
      const { names, digest = '' } = await client.sets(guest, signal);
      if (names.includes(to)) return conflictOf(`${to} was made`);
      if (!names.includes(from)) return conflictOf(`${from} was deleted`);
      this.touched = true;
      const failed = await client.renameSet(guest, { from, to, digest }, signal);
      if (failed === undefined) return undefined;
      if (failed.kind !== 'changed') return refusalOf(failed);
    }
    return conflictOf("others write to the guest's sets again and again");
  }

  private async fill(set: string): Promise<Refused | undefined> {
    for (const { key } of this.entries.add) {
      this.assertGoing();
      const entry = { ...entryOf(key), set, comment: COMMENT };
      const refused = await this.client.addEntry(this.guest, entry, this.signal);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** An entry that somebody added in the same moment is there, whoever it was. */
  private async add(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, set, signal } = this;
    for (const { key } of this.entries.add) {
      this.assertGoing();
      this.touched = true;
      const refused = await client.addEntry(guest, { ...entryOf(key), set, comment: COMMENT }, signal);
      if (refused === undefined) continue;
      const isThere = refused.kind === 'changed' && (await this.read())?.some((entry) => keyOf(entry) === key) === true;
      if (!isThere) return refusalOf(refused);
    }
    return undefined;
  }

  private async remove(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const gone = new Set(this.entries.remove.map(({ key }) => key));
    if (gone.size === 0) return undefined;
    const stay = this.after().map(({ key }) => key);
    let left = this.entries.remove.length * 2 + MOST_TRIES;
    for (; left > 0; left -= 1) {
      this.assertGoing();
      const now = await this.read();
      const others = now === undefined ? 'the set was deleted' : othersIn(now, stay, gone);
      if (now === undefined || others !== undefined) return conflictOf(others ?? '');
      const next = now.find((entry) => gone.has(keyOf(entry)));
      if (next === undefined) return undefined;
      this.touched = true;
      const { cidr, digest } = next;
      const refused = await this.client.removeEntry(this.guest, { set: this.set, cidr, digest }, this.signal);
      if (refused !== undefined && refused.kind !== 'changed') return refusalOf(refused);
    }
    return conflictOf('others write to the set again and again');
  }

  private read(set = this.set): Promise<readonly AddressSetEntry[] | undefined> {
    return this.client.entries(this.guest, set, this.signal);
  }

  private assertGoing(): void {
    if (this.signal.aborted) throw abortReason(this.signal);
  }
}

function goalOf(found: NicFilter, plan: PortPlan): string {
  if (plan.add.some(isAside)) return asideSet(found.nic);
  return plan.remove.some(isAside) ? filterSet(found.nic) : setHolding(found);
}

/** What the set has that is neither to stay nor to go, and what is missing of it. */
function othersIn(now: readonly SetEntry[], stay: readonly string[], gone: ReadonlySet<string>): string | undefined {
  const keys = new Set(now.map(keyOf));
  const changes = [
    ...[...keys].filter((key) => !stay.includes(key) && !gone.has(key)).map((key) => `+${key}`),
    ...stay.filter((key) => !keys.has(key)).map((key) => `-${key}`),
  ];
  return changes.length === 0 ? undefined : changes.join(', ');
}
