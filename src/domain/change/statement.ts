import { compareIps, type IpAddress } from '../values/ip';
import type { VlanId } from '../values/vlan';

/** One thing that a port lets through, as its device holds it: what plans, the journal, approvals and outcomes speak of. */
export interface Statement {
  /**
   * Tells the statements of one port apart, and is the same at every reading: only the device's driver makes it and
   * reads it. Two statements are the same when their keys are.
   */
  readonly key: string;
  /** The statement in words that an operator of such a device recognises. */
  readonly text: string;
  /** The address it is about: without one no event and no absence of an address can justify its removal. */
  readonly ip?: IpAddress;
  /** Canonical when it parses, else as the device spells it; absent when the statement has none. */
  readonly mac?: string;
  /** Absent when the statement has none, or the device does not say for certain which it is. */
  readonly vlan?: VlanId;
}

/** Whether both are the same statement of a port. */
export function sameStatement(a: Statement, b: Statement): boolean {
  return a.key === b.key;
}

/** Orders the statements of a port by address, then key, for stable output; those without an address come last. */
export function compareStatements(a: Statement, b: Statement): number {
  if (a.ip !== undefined && b.ip !== undefined) return compareIps(a.ip, b.ip) || compareTexts(a.key, b.key);
  if (a.ip === undefined && b.ip === undefined) return compareTexts(a.key, b.key);
  return a.ip === undefined ? 1 : -1;
}

/** Whether both lists hold the same statements, in whatever order. */
export function sameStatements(a: readonly Statement[], b: readonly Statement[]): boolean {
  const keys = new Set(b.map(({ key }) => key));
  return a.length === b.length && a.every(({ key }) => keys.has(key));
}

/** The statements, each once. */
export function distinctStatements(statements: readonly Statement[]): readonly Statement[] {
  return [...new Map(statements.map((statement) => [statement.key, statement])).values()];
}

/** The statements without those that are among others. */
export function withoutStatements(
  statements: readonly Statement[],
  others: readonly Statement[],
): readonly Statement[] {
  const keys = new Set(others.map(({ key }) => key));
  return statements.filter(({ key }) => !keys.has(key));
}

/** Whether a statement is about one of some addresses. */
export function isAbout({ ip }: Statement, addresses: ReadonlySet<IpAddress>): boolean {
  return ip !== undefined && addresses.has(ip);
}

/** The addresses that the statements are about, each once. */
export function addressesOf(statements: readonly Statement[]): readonly IpAddress[] {
  return [...new Set(statements.flatMap(({ ip }) => ip ?? []))];
}

/** By code units: the order must not depend on a process' locale. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
