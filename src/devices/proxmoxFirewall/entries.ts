import type { AddressSetEntry } from '../../clients/proxmox/schema';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import { tryParseCidr, tryParseIp, type IpOrRange } from '../../domain/values/ip';

/** What tells entries apart, whatever digest was read with them. */
export type SetEntry = Pick<AddressSetEntry, 'cidr' | 'nomatch' | 'comment'>;

/** What entries of ours have as comment: for people who look at the set. It proves nothing. */
export const COMMENT = 'portwarden';

/**
 * What an entry means, however it is spelled: an address in its shortest form, without `/32` or `/128`; a range by its first
 * address, as the kernel's sets hold it; the name of an alias as it is. `!` is before what the set does not match (`nomatch`).
 */
export function keyOf({ cidr, nomatch }: SetEntry): string {
  const [address = '', length] = cidr.split('/');
  const ip = tryParseIp(address);
  const isWhole = length === undefined || (ip !== undefined && length === (ip.includes(':') ? '128' : '32'));
  const meaning = (isWhole ? ip : tryParseCidr(cidr)) ?? cidr;
  return nomatch === true ? `!${meaning}` : meaning;
}

/** What is to be written for a key: the reverse of {@link keyOf}, in the key's own spelling. */
export function entryOf(key: string): Pick<SetEntry, 'cidr' | 'nomatch'> {
  return key.startsWith('!') ? { cidr: key.slice(1), nomatch: true } : { cidr: key, nomatch: undefined };
}

/** An entry as a statement. Only a single address is one that an event can name; a range and an exception are not. */
function statementOf(entry: SetEntry, set: string): Statement {
  const key = keyOf(entry);
  const ip = tryParseIp(key);
  return { key, text: `${key} in ${set}`, ...(ip === undefined ? {} : { ip }) };
}

/** The statement of an address, or of a whole range. */
export function statementOfAddress(address: IpOrRange, set: string): Statement {
  return statementOf({ cidr: address, nomatch: undefined, comment: undefined }, set);
}

/** Statements of entries, each once: one address may be there in two spellings. */
export function statementsOf(entries: readonly SetEntry[], set: string): readonly Statement[] {
  return distinctStatements(entries.map((entry) => statementOf(entry, set)));
}

/** What others changed between two readings of a set; undefined when nothing. */
export function differenceOf(
  before: readonly SetEntry[] | undefined,
  now: readonly SetEntry[] | undefined,
): string | undefined {
  if (before === undefined || now === undefined)
    return before === now ? undefined : `the set ${now === undefined ? 'was deleted' : 'was made'}`;
  const [then, today] = [new Set(before.map(keyOf)), new Set(now.map(keyOf))];
  const changes = [
    ...[...today].filter((key) => !then.has(key)).map((key) => `+${key}`),
    ...[...then].filter((key) => !today.has(key)).map((key) => `-${key}`),
  ];
  return changes.length === 0 ? undefined : changes.join(', ');
}
