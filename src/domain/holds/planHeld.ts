import type { PortPlan } from '../change/plan';
import type { PortDecision } from '../change/planPort';
import { removalFingerprint, type ParkedRemovals } from '../change/removals';
import {
  addressesOf,
  compareStatements,
  distinctStatements,
  isAbout,
  sameStatement,
  withoutStatements,
  type Statement,
} from '../change/statement';
import type { Binding } from '../desired/binding';
import { compareIps, type IpAddress } from '../values/ip';
import { tryParseMac } from '../values/mac';
import type { PortName } from '../values/port';
import type { PortHold } from './portHold';

/** A binding in the device's own statements, or why the device cannot hold it now. */
export type TranslateOne = (binding: Binding) => { readonly statements: readonly Statement[]; readonly why?: string };

/** What a port is to have, in the statements that it has now; and what of it cannot be there, a sentence each. */
export interface WantedStatements {
  readonly statements: readonly Statement[];
  readonly missing: readonly string[];
}

/** The statements of a backup as the port would have them now: a device may name a VLAN otherwise by then. */
export function presentForm(
  statements: readonly Statement[],
  actual: readonly Statement[],
  translate: TranslateOne,
): WantedStatements {
  const found: Statement[] = [];
  const missing: string[] = [];
  for (const statement of statements) {
    const present = actual.filter((have) => isSame(statement, have));
    if (present.length > 0) found.push(...present);
    else {
      const binding = bindingOf(statement);
      const { statements: made, why } =
        binding === undefined ? { statements: [], why: 'not enough is known of it' } : translate(binding);
      if (made.length > 0) found.push(...made);
      else missing.push(`${statement.text} cannot be put back: ${why ?? 'the device cannot hold it as it is now'}`);
    }
  }
  return { statements: distinctStatements(found), missing };
}

/** The same statement, or the same address, MAC and VLAN where the device renamed the VLAN. */
function isSame(held: Statement, have: Statement): boolean {
  if (sameStatement(held, have)) return true;
  const { ip, mac, vlan } = held;
  const isWhole = ip !== undefined && mac !== undefined && vlan !== undefined;
  return isWhole && have.ip === ip && have.mac === mac && have.vlan === vlan;
}

function bindingOf({ ip, mac: text, vlan }: Statement): Binding | undefined {
  const mac = text === undefined ? undefined : tryParseMac(text);
  return ip === undefined || mac === undefined || vlan === undefined ? undefined : { ip, mac, vlan };
}

/** A held port: what it has, what it is to have, and what may go. */
export interface HeldPort {
  readonly port: PortName;
  readonly actual: readonly Statement[];
  /** What the hold has, and what people keep there. */
  readonly wanted: readonly Statement[];
  readonly removes: PortHold['removes'];
  /** Present statements of these addresses stay as they are: a keep has them otherwise. */
  readonly retainIps: readonly IpAddress[];
  /** Fingerprints of parked removals that a person approved. */
  readonly approved: readonly string[];
  /** Keys of statements whose removal a person approved one by one. */
  readonly approvedKeys: readonly string[];
}

/**
 * Decides what becomes of a held port. What the hold wants and is not there is added; removed is what its author saw to go,
 * and what a person approved since. All else stays and waits for a person, and so does what would come in its place.
 */
export function planHeld({ port, actual, wanted, removes, ...rest }: HeldPort): PortDecision {
  const { retainIps, approved, approvedKeys } = rest;
  const retained = new Set(retainIps);
  const seen = new Set([...removes.map(({ key }) => key), ...approvedKeys]);
  const besides = withoutStatements(actual, wanted).filter((have) => !isAbout(have, retained));
  const goes = besides.filter(({ key }) => seen.has(key));
  const unseen = besides.filter(({ key }) => !seen.has(key));
  const occupied = new Set(addressesOf(unseen));
  const missing = withoutStatements(distinctStatements(wanted), actual);
  const add = missing.filter((one) => !isAbout(one, occupied));
  const parked = parkedOf(port, unseen, withoutStatements(missing, add), actual);
  if (parked === undefined) return { plan: planOf(port, actual, goes, add) };
  if (approved.includes(parked.fingerprint)) return { plan: planOf(port, actual, besides, missing) };
  return { plan: planOf(port, actual, goes, add), parked };
}

function planOf(
  port: PortName,
  actual: readonly Statement[],
  remove: readonly Statement[],
  add: readonly Statement[],
): PortPlan {
  return {
    port,
    remove: [...remove].sort(compareStatements),
    because: new Map(remove.map(({ key }) => [key, 'approved'])),
    add: [...add].sort(compareStatements),
    actualCount: actual.length,
    keptIps: [...addressesOf(withoutStatements(actual, remove))].sort(compareIps),
  };
}

/** Nothing changes on the port. */
export function nothingOn(port: PortName, actual: readonly Statement[]): PortPlan {
  return planOf(port, actual, [], []);
}

function parkedOf(
  port: PortName,
  unseen: readonly Statement[],
  add: readonly Statement[],
  actual: readonly Statement[],
): ParkedRemovals | undefined {
  if (unseen.length === 0) return undefined;
  const texts = unseen.slice(0, 5).map(({ ip, text }) => ip ?? text);
  const more = unseen.length > texts.length ? ` and ${unseen.length - texts.length} more` : '';
  return {
    remove: [...unseen].sort(compareStatements),
    add: [...add].sort(compareStatements),
    reason: `${unseen.length} of ${actual.length} bindings came since the port is held, and whoever holds it has not seen them (${texts.join(', ')}${more})`,
    fingerprint: removalFingerprint(port, unseen, add),
    guards: ['hold-unseen'],
    guarded: true,
    unexplained: [],
  };
}
