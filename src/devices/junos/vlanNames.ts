import { tryParseVlanId, vlanNameFromTemplate, type VlanId } from '../../domain/values/vlan';
import { child, childrenOf, childText, type XmlElement } from '../../clients/netconf/xml';
import { isInactive, keyOf } from './statementTags';

/** Ids from first to last, both included. */
interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** What the switch's own `vlans` say. Deactivated VLANs do not count; inherited ones do. */
export interface VlanNames {
  /** The names of VLANs that have exactly one id, by that id. */
  readonly byId: ReadonlyMap<VlanId, readonly string[]>;
  /** VLANs whose one id the configuration does not say, by name: the ids among which it is, or `any`. */
  readonly unresolved: ReadonlyMap<string, readonly IdRange[] | 'any'>;
}

/** Statements beside `vlan-id` that give a VLAN ids (Junos CLI reference, [edit vlans]). */
const ID_LISTS = ['vlan-id-list', 'vlan-range'] as const;

/**
 * Reads `vlans NAME`. Only a plain `vlan-id ID` says for certain which VLAN it is; a list, a range, double tags,
 * `vlan-id none` or no id at all (as `default` mostly is) do not.
 */
export function parseVlanNames(configuration: XmlElement): VlanNames {
  const byId = new Map<VlanId, string[]>();
  const unresolved = new Map<string, readonly IdRange[] | 'any'>();
  const vlans = child(configuration, 'vlans');
  if (vlans === undefined || isInactive(vlans)) return { byId, unresolved };
  for (const vlan of childrenOf(vlans, 'vlan').filter((candidate) => !isInactive(candidate))) {
    const name = keyOf(vlan);
    const lists = ID_LISTS.flatMap((list) => childrenOf(vlan, list)).filter((candidate) => !isInactive(candidate));
    const id = lists.length > 0 || hasActive(vlan, 'vlan-tags') ? undefined : plainId(vlan);
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), name]);
    else unresolved.set(name, hasActive(vlan, 'vlan-tags') ? 'any' : rangesOf(lists));
  }
  return { byId, unresolved };
}

/**
 * The name under which the switch knows a VLAN: its own, the template's spelling first when several VLANs have the
 * id. Undefined when it has none.
 */
export function vlanNameOnSwitch(names: VlanNames, id: VlanId, template: string): string | undefined {
  const found = names.byId.get(id) ?? [];
  const preferred = vlanNameFromTemplate(template, id);
  return found.includes(preferred) ? preferred : [...found].sort()[0];
}

/** The one id of the VLAN with this name, where the switch says it. */
export function vlanIdOf(names: VlanNames, name: string): VlanId | undefined {
  return [...names.byId].find(([, known]) => known.includes(name))?.[0];
}

/** The names of the VLANs that a `vlan members` list means: names, ids, ranges of ids, or `all`. */
export function vlansMeant(names: VlanNames, members: readonly string[]): readonly string[] {
  const known = [...names.byId];
  const all = [...known.flatMap(([, found]) => found), ...names.unresolved.keys()];
  return members.flatMap((word) => {
    const range = rangeOf(word);
    if (word === 'all') return all;
    if (range === undefined || all.includes(word)) return [word];
    return known.filter(([id]) => includes([range], id)).flatMap(([, found]) => found);
  });
}

/** A VLAN whose list or range of ids has this one: whether it is the one meant cannot be told. */
export function vlanThatLists(names: VlanNames, id: VlanId): string | undefined {
  return [...names.unresolved].find(([, ids]) => ids !== 'any' && includes(ids, id))?.[0];
}

/**
 * Whether a binding in the VLAN `name` may be in the VLAN with this id although the configuration does not say so.
 * @param template how portwarden itself names VLANs that the switch does not have.
 */
export function mayBeVlan(names: VlanNames, name: string, id: VlanId, template: string): boolean {
  if (name === '') return false;
  const ids = names.unresolved.get(name);
  if (ids !== undefined) return ids === 'any' || includes(ids, id);
  if ([...names.byId.values()].some((known) => known.includes(name))) return false;
  const expanded = expandedId(names, name) ?? tryParseVlanId(name);
  return expanded === undefined ? !isFromTemplate(name, template) : expanded === id;
}

function hasActive(vlan: XmlElement, name: string): boolean {
  return childrenOf(vlan, name).some((candidate) => !isInactive(candidate));
}

function plainId(vlan: XmlElement): VlanId | undefined {
  return hasActive(vlan, 'vlan-id') ? tryParseVlanId(childText(vlan, 'vlan-id') ?? '') : undefined;
}

/** Nothing, or anything that is not understood, may be any id. */
function rangesOf(lists: readonly XmlElement[]): readonly IdRange[] | 'any' {
  const ranges = lists.flatMap((list) => list.text.split(/[\s,[\]]+/).filter((word) => word !== '')).map(rangeOf);
  const known = ranges.filter((range) => range !== undefined);
  return known.length === 0 || known.length < ranges.length ? 'any' : known;
}

function rangeOf(text: string): IdRange | undefined {
  const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [tryParseVlanId(from), tryParseVlanId(to)];
  return first !== undefined && last !== undefined && first <= last ? { first, last } : undefined;
}

function includes(ranges: readonly IdRange[], id: VlanId): boolean {
  return ranges.some(({ first, last }) => first <= id && id <= last);
}

/** The id of a VLAN that Junos makes from a range or list: `__NAME_ID__` of `vlan-range`, `NAME-vlan-ID` of `vlan-id-list`. */
function expandedId(names: VlanNames, name: string): VlanId | undefined {
  const [, base = '', id = ''] = /^__(.+)_(\d{1,4})__$/.exec(name) ?? /^(.+)-vlan-(\d{1,4})$/.exec(name) ?? [];
  return names.unresolved.has(base) ? tryParseVlanId(id) : undefined;
}

function isFromTemplate(name: string, template: string): boolean {
  const ids = [...name.matchAll(/\d+/g)].flatMap(([digits]) => tryParseVlanId(digits) ?? []);
  return ids.some((id) => vlanNameFromTemplate(template, id) === name);
}
