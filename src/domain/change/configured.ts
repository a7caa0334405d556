import type { Hold } from './guards';
import { sameStatement, type Statement } from './statement';
import type { IpAddress } from '../values/ip';

/** An address for which only a changed configuration makes another statement, or none. */
export interface ConfiguredChange {
  readonly ip: IpAddress;
  /** The statements that the former configuration makes of it; none when it leaves the address out. */
  readonly before: readonly Statement[];
  /** The settings that were changed, as the configuration file names them. */
  readonly settings: readonly string[];
}

/** What of a port's desired statements goes on, and what a changed configuration alone would do. */
export interface SettledConfiguration {
  /** With the former statement of an address that is let through and would get another one. */
  readonly desired: readonly Statement[];
  /** Addresses whose present statements stay as they are. */
  readonly retainIps: readonly IpAddress[];
  /** What would go, and what would come in its place. */
  readonly remove: readonly Statement[];
  readonly add: readonly Statement[];
  /** What would go too, and a person approved one by one. */
  readonly approved: readonly Statement[];
  readonly hold?: Hold;
}

/**
 * A change of configuration is no event: what it alone would remove or replace waits for a person. An address that is not
 * let through yet is bound as the present configuration says, and one that an event names goes on as the event says. Until
 * a person decides, an address that is let through is kept as the former configuration says, so that what panel and
 * hypervisor change meanwhile (a MAC) goes on.
 */
export function settleConfigured(
  actual: readonly Statement[],
  desired: readonly Statement[],
  changes: readonly ConfiguredChange[],
  decided: { readonly named: readonly IpAddress[]; readonly approvedKeys: readonly string[] },
): SettledConfiguration {
  const byEvent = new Set(decided.named);
  const replaced = new Map<IpAddress, readonly Statement[]>();
  const retainIps: IpAddress[] = [];
  const remove: Statement[] = [];
  const add: Statement[] = [];
  const approved: Statement[] = [];
  const settings = new Set<string>();
  for (const { ip, before, settings: names } of changes) {
    const present = about(actual, ip);
    const now = about(desired, ip);
    const isDone = now.length > 0 && present.every((have) => isIn(now, have));
    if (present.length === 0 || isDone || byEvent.has(ip)) continue;
    const isFormer = present.some((have) => before.some((was) => sameStatement(was, have) || isSameVlan(was, have)));
    const stays = now.length > 0 && isFormer ? before : present.filter((have) => now.length > 0 || isIn(before, have));
    const superfluous = stays.filter((one) => !isIn(now, one));
    const goes = superfluous.filter(({ key }) => !decided.approvedKeys.includes(key));
    if (now.length === 0) approved.push(...superfluous.filter((one) => !goes.includes(one)));
    if (goes.length === 0) continue;
    // What the present configuration wants and the port has already is never taken away for the former one's sake.
    if (now.length > 0 && isFormer)
      replaced.set(ip, [...before, ...now.filter((want) => isIn(present, want) && !isIn(before, want))]);
    else {
      replaced.set(ip, []);
      retainIps.push(ip);
    }
    remove.push(...goes);
    add.push(...now.filter((want) => !isIn(present, want)));
    for (const name of names) settings.add(name);
  }
  const kept = desired.filter(({ ip }) => ip === undefined || !replaced.has(ip));
  return {
    desired: [...kept, ...[...replaced.values()].flat()],
    retainIps,
    remove,
    add,
    approved,
    ...(remove.length === 0 ? {} : { hold: holdOf(remove, [...settings]) }),
  };
}

function holdOf(remove: readonly Statement[], settings: readonly string[]): Hold {
  const what = settings.length === 0 ? 'the configuration' : settings.join(' and ');
  const shown = remove.slice(0, 3).map(({ text }) => text);
  const more = remove.length > shown.length ? ` and ${remove.length - shown.length} more` : '';
  return {
    guard: 'configuration-change',
    reason: `${remove.length} bindings would be removed or replaced only because ${what} was changed (${shown.join(', ')}${more})`,
  };
}

function about(statements: readonly Statement[], ip: IpAddress): readonly Statement[] {
  return statements.filter((one) => one.ip === ip);
}

function isIn(statements: readonly Statement[], one: Statement): boolean {
  return statements.some((other) => sameStatement(one, other));
}

function isSameVlan(a: Statement, b: Statement): boolean {
  return a.vlan !== undefined && a.vlan === b.vlan;
}
