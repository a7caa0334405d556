import { tryParseIp } from '../../../domain/values/ip';
import { tryParseMac } from '../../../domain/values/mac';
import { parsePortName, type PortName } from '../../../domain/values/port';
import { withUnit } from '../naming';
import { childText, type XmlElement } from '../../../clients/netconf/xml';
import { inheritedFrom, isInactive, keyOf } from '../statementTags';
import type { ParseContext, StaticStatement } from './dialect';

/** Children of an `interface` node that hold bindings. */
const STATIC_ELEMENTS = ['static-ip', 'static-ipv6'] as const;

/** Canonical spelling of a MAC, or the device's own when it is none. */
export function macAsConfigured(text: string): string {
  return tryParseMac(text) ?? text.trim();
}

/**
 * Reads the bindings of one `interface` node. A statement counts as inherited as soon as any part of it is:
 * deleting the rest would leave the inherited part in force.
 * @param vlanOf the VLAN of a statement (a leaf on non-ELS, a level above on ELS).
 */
export function parseStatements(
  node: XmlElement,
  remarks: string[],
  vlanOf: (statement: XmlElement) => string,
): readonly StaticStatement[] {
  const statements: StaticStatement[] = [];
  for (const name of STATIC_ELEMENTS) {
    for (const entry of node.children.filter((candidate) => candidate.name === name)) {
      const key = keyOf(entry);
      const ip = tryParseIp(key);
      if (ip === undefined) {
        remarks.push(`${name} ${JSON.stringify(key)} of interface ${keyOf(node)} is not an address and is left alone`);
        continue;
      }
      const origin = [entry, ...entry.children].map(inheritedFrom).find((from) => from !== undefined);
      statements.push({
        element: name,
        key,
        ip,
        mac: macAsConfigured(childText(entry, 'mac') ?? ''),
        vlanName: vlanOf(entry),
        active: !isInactive(entry),
        ...(origin === undefined ? {} : { origin }),
      });
    }
  }
  return statements;
}

/** Names of the children of an `interface` node that are neither its key nor bindings. */
export function settingsOf(node: XmlElement): readonly string[] {
  const own: readonly string[] = ['name', ...STATIC_ELEMENTS];
  return [...new Set(node.children.map((entry) => entry.name).filter((name) => !own.includes(name)))];
}

/** Where an `interface` node comes from when it is not the port's own: a configuration group or an interface range. */
export function originOf(node: XmlElement, context: ParseContext): string | undefined {
  const name = keyOf(node);
  return inheritedFrom(node) ?? (context.interfaceRanges.has(name) ? `interface-range ${name}` : undefined);
}

/**
 * The logical interfaces that an `interface` node stands for. Junos reads a name without a unit as unit 0.
 * `all` and wildcards stand for none: they bind no single port.
 */
export function portsNamed(name: string, context: ParseContext): readonly PortName[] {
  const members = context.interfaceRanges.get(name);
  if (members !== undefined) return members;
  if (name === 'all' || !/^[A-Za-z]+-?\d/.test(name)) return [];
  try {
    return [withUnit(parsePortName(name), 0)];
  } catch {
    return [];
  }
}
