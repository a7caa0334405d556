import type { Binding } from '../desired/binding';
import { compareIps, type IpAddress } from '../values/ip';
import { tryParseMac } from '../values/mac';
import { describeKeep, isOf, type Keep } from './keep';
import type { Exclusion } from './outcome';
import { distinctStatements, sameStatement, type Statement } from './statement';

/** A keep with the statements that it stands for on its port now: those that are there, or the one that is to come back. */
export interface SettledKeep {
  readonly keep: Keep;
  readonly statements: readonly Statement[];
}

/** What a port's keeps and its sources come to together. */
export interface KeepsOfPort {
  readonly keeps: readonly SettledKeep[];
  /** All statements of the keeps, each once. */
  readonly kept: readonly Statement[];
  /** What the sources desire, without what contradicts a keep. */
  readonly desired: readonly Statement[];
  /** Addresses of the sources that wait because a keep has them otherwise. */
  readonly excluded: readonly Exclusion[];
  /** What is to be said besides, one sentence each: a removal that a keep does not let through, a keep that cannot be carried out. */
  readonly notes: readonly string[];
}

/** What one port has, what its sources desire, and what people keep there. */
export interface KeptPort {
  readonly actual: readonly Statement[];
  readonly desired: readonly Statement[];
  /** Those in force, earliest first. */
  readonly keeps: readonly Keep[];
  /** Addresses that events name for removal, or proven moves. */
  readonly named: readonly IpAddress[];
  /** A binding in the device's own statements; none when the device cannot hold it now. */
  readonly translate: (binding: Binding) => readonly Statement[];
}

/**
 * Brings people's keeps and the sources together. A keep is the earlier claim, for nobody can keep what a source desires:
 * of two claims to one address on a port the keep stands and the source's waits, and both are named. A keep takes nothing
 * away either: where the port has another statement of the address by now, it is not put back.
 */
export function settleKeeps({ actual, desired, keeps, named, translate }: KeptPort): KeepsOfPort {
  const settled: SettledKeep[] = [];
  const notes: string[] = [];
  const returning = new Set<IpAddress>();
  for (const keep of keeps) {
    const present = actual.filter((statement) => isOf(keep, statement));
    if (present.length > 0) settled.push({ keep, statements: present });
    else {
      const back = comesBack(keep, actual, returning, translate);
      if (back.statements.length > 0 && keep.statement.ip !== undefined) returning.add(keep.statement.ip);
      if (back.note !== undefined) notes.push(back.note);
      settled.push({ keep, statements: back.statements });
    }
  }
  const kept = distinctStatements(settled.flatMap(({ statements }) => statements));
  const contradicted = contradictions(actual, desired, settled);
  const waiting = new Set(contradicted.map(({ ip }) => ip));
  return {
    keeps: settled,
    kept,
    desired: desired.filter(({ ip }) => ip === undefined || !waiting.has(ip)),
    excluded: contradicted,
    notes: [...notes, ...withstood(actual, desired, settled, named)],
  };
}

/** A kept statement that is not there: put back when enough is known of it and nothing else has its address. */
function comesBack(
  keep: Keep,
  actual: readonly Statement[],
  returning: ReadonlySet<IpAddress>,
  translate: KeptPort['translate'],
): { readonly statements: readonly Statement[]; readonly note?: string } {
  const { text } = keep.statement;
  const missing = (why: string): { statements: readonly Statement[]; note: string } => ({
    statements: [],
    note: `${text} is missing though it is ${describeKeep(keep)}: ${why}`,
  });
  const binding = bindingOf(keep.statement);
  if (binding === undefined) return missing('not enough is known of it to put it back');
  const rival = actual.find(({ ip }) => ip === binding.ip);
  if (rival !== undefined)
    return missing(`the port has ${rival.text} for the address, and nothing is taken away for it`);
  if (returning.has(binding.ip)) return missing('an earlier keep has the address');
  const statements = translate(binding);
  return statements.length === 0 ? missing('the device cannot hold it as it is configured now') : { statements };
}

/** What a kept statement binds, where the device said all of it. */
function bindingOf({ ip, mac: text, vlan }: Statement): Binding | undefined {
  const mac = text === undefined ? undefined : tryParseMac(text);
  return ip === undefined || mac === undefined || vlan === undefined ? undefined : { ip, mac, vlan };
}

/** Addresses that the sources desire otherwise than they are kept, unless the port has both already. */
function contradictions(
  actual: readonly Statement[],
  desired: readonly Statement[],
  settled: readonly SettledKeep[],
): readonly Exclusion[] {
  const found = new Map<IpAddress, Exclusion>();
  for (const { keep, statements } of settled) {
    for (const { ip, text } of statements) {
      if (ip === undefined) continue;
      const wanted = desired.filter((statement) => statement.ip === ip);
      const isSame = wanted.some((want) => statements.some((statement) => sameStatement(want, statement)));
      const isThere = wanted.every((want) => actual.some((have) => sameStatement(want, have)));
      if (wanted.length === 0 || isSame || isThere) continue;
      const texts = wanted.map((want) => want.text).join(' and ');
      const message = `${ip} would be ${texts}, but ${text} is ${describeKeep(keep)}; it waits until \`portwarden keep remove ${keep.id}\``;
      found.set(ip, { ip, rule: 'kept-otherwise', message });
    }
  }
  return [...found.values()].sort((a, b) => compareIps(a.ip, b.ip));
}

/** Named removals that a keep does not let through. */
function withstood(
  actual: readonly Statement[],
  desired: readonly Statement[],
  settled: readonly SettledKeep[],
  named: readonly IpAddress[],
): readonly string[] {
  return settled.flatMap(({ keep, statements }) =>
    statements
      .filter(({ ip }) => ip !== undefined && named.includes(ip) && !desired.some((want) => want.ip === ip))
      .filter((statement) => actual.some((have) => sameStatement(have, statement)))
      .map(({ ip, text }) => `${ip ?? text} is named for removal, but ${text} stays: it is ${describeKeep(keep)}`),
  );
}
