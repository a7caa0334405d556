import { setMaxListeners } from 'node:events';
import type { FirewallClient, GuestOnNode, Refused } from '../../clients/proxmox/firewall';
import type { AddressSetEntry } from '../../clients/proxmox/schema';
import { applyPlan, type PortPlan } from '../../domain/change/plan';
import { sameStatements } from '../../domain/change/statement';
import { abortReason } from '../abort';
import type { RefusedPort } from '../device';
import { COMMENT, differenceOf, keyOf, statementsOf, type SetEntry } from './entries';
import type { NicFilter } from './filterState';
import { filterSet, unfinishedSet } from './naming';

/** A set that others write to is tried so often. */
const MOST_TRIES = 5;

/**
 * Writes the set of one NIC. Every request is one step that Proxmox locks the file for; between them others may write. So
 * additions come first, each removal names the digest of the set as it was read right before, and a set that is not as it was
 * planned on is a conflict. The first filter of a NIC, which shuts out everything else, is filled under another name
 * and put in place in one step: there is never an empty one.
 */
export class SetWriter {
  private touched = false;
  private readonly guest: GuestOnNode;
  private readonly set: string;
  private readonly unfinished: string;

  constructor(
    private readonly client: FirewallClient,
    private readonly found: NicFilter,
    private readonly plan: PortPlan,
    private readonly signal: AbortSignal,
  ) {
    this.guest = found.filters.guest;
    this.set = filterSet(found.nic);
    this.unfinished = unfinishedSet(found.nic);
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
    if (changed !== undefined) return conflict(changed);
    if (now === undefined) return this.begin();
    return (await this.add()) ?? (await this.remove());
  }

  /** Reads what became of a request without an answer. @returns whether the set is as planned. */
  async settle(): Promise<boolean> {
    const now = await this.read();
    if (differenceOf(this.found.entries, now) === undefined) this.touched = false;
    const wanted = applyPlan(statementsOf(this.found.entries ?? [], this.set), this.plan);
    return now !== undefined && sameStatements(statementsOf(now, this.set), wanted);
  }

  /** The first filter. What is left of an earlier attempt is ours by its name, and not in force. */
  private async begin(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, signal, unfinished: name } = this;
    if ((await client.sets(guest, signal)).names.includes(name)) await client.deleteSet(guest, name, signal);
    const refused = (await client.createSet(guest, name, COMMENT, signal)) ?? (await this.fill(name));
    if (refused !== undefined) {
      await client.deleteSet(guest, name, signal);
      return refusalOf(refused);
    }
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      this.assertGoing();
      const { names, digest = '' } = await client.sets(guest, signal);
      if (names.includes(this.set)) break;
      this.touched = true;
      const failed = await client.renameSet(guest, { from: name, to: this.set, digest }, signal);
      if (failed === undefined) return undefined;
      if (failed.kind !== 'changed') return refusalOf(failed);
    }
    await client.deleteSet(guest, name, signal);
    return conflict('the set was made');
  }

  private async fill(set: string): Promise<Refused | undefined> {
    for (const { key } of this.plan.add) {
      this.assertGoing();
      const refused = await this.client.addEntry(this.guest, { set, cidr: key, comment: COMMENT }, this.signal);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** An entry that somebody added in the same moment is there, whoever it was. */
  private async add(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, set, signal } = this;
    for (const { key } of this.plan.add) {
      this.assertGoing();
      this.touched = true;
      const refused = await client.addEntry(guest, { set, cidr: key, comment: COMMENT }, signal);
      if (refused === undefined) continue;
      const isThere = refused.kind === 'changed' && (await this.read())?.some((entry) => keyOf(entry) === key) === true;
      if (!isThere) return refusalOf(refused);
    }
    return undefined;
  }

  private async remove(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const gone = new Set(this.plan.remove.map(({ key }) => key));
    if (gone.size === 0) return undefined;
    const stay = applyPlan(statementsOf(this.found.entries ?? [], this.set), this.plan).map(({ key }) => key);
    let left = this.plan.remove.length * 2 + MOST_TRIES;
    for (; left > 0; left -= 1) {
      this.assertGoing();
      const now = await this.read();
      const others = now === undefined ? 'the set was deleted' : othersIn(now, stay, gone);
      if (now === undefined || others !== undefined) return conflict(others ?? '');
      const next = now.find((entry) => gone.has(keyOf(entry)));
      if (next === undefined) return undefined;
      this.touched = true;
      const { cidr, digest } = next;
      const refused = await this.client.removeEntry(this.guest, { set: this.set, cidr, digest }, this.signal);
      if (refused !== undefined && refused.kind !== 'changed') return refusalOf(refused);
    }
    return conflict('others write to the set again and again');
  }

  private read(): Promise<readonly AddressSetEntry[] | undefined> {
    return this.client.entries(this.guest, this.set, this.signal);
  }

  private assertGoing(): void {
    if (this.signal.aborted) throw abortReason(this.signal);
  }
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

function conflict(what: string): Omit<RefusedPort, 'port'> {
  return { message: `somebody else changed the set meanwhile: ${what}`, code: 'device-conflict' };
}

function refusalOf({ kind, message }: Refused): Omit<RefusedPort, 'port'> {
  if (kind === 'forbidden') return { message, code: 'device-permission' };
  return kind === 'changed' ? conflict(message) : { message };
}
