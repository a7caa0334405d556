/**
 * What the simulator knows of one configuration statement. Junos renders the same tree as curly text, as `set`
 * lines and as XML; these facts tell the three forms apart.
 */
export interface Statement {
  readonly kind: 'container' | 'list' | 'leaf' | 'leaf-list' | 'flag' | 'open';
  /** Element name where it is not the keyword (`member-range X to Y`: `<end-range>`). */
  readonly xmlName?: string;
  /** The keyword is absent from text and set forms (entries of `interfaces`, `vlans`, `groups`). */
  readonly hidden?: boolean;
  /** In text form written on one line with each child (`family ethernet-switching {`). */
  readonly inline?: boolean;
  /** The whole statement is one line in text and set form (`static-ip A vlan V mac M;`). */
  readonly oneLiner?: boolean;
  /** Has meaning without children, so it is kept and shown when empty. */
  readonly presence?: boolean;
  /** Element name of a container's value without keyword (`mac-limit 8`: `<limit>8</limit>`). */
  readonly argument?: string;
  /** Unknown children are syntax errors; elsewhere anything is taken as it comes. */
  readonly closed?: boolean;
  /** In XML the container has no element of its own: its entries stand in its parent (`groups`). */
  readonly transparent?: boolean;
  readonly children?: Schema;
  /** Canonical spelling of a key or value (Junos stores MAC addresses in lower case). */
  readonly normalise?: (value: string) => string;
  /** The message with which a key or value is refused at load. */
  readonly refuse?: (value: string) => string | undefined;
}

export type Schema = ReadonlyMap<string, Statement>;

type Facts = Omit<Statement, 'kind' | 'children'>;
/** A function where a schema refers to itself (`groups`). */
type Children = Readonly<Record<string, Statement>>;

const schema = (children: Children): Schema => new Map(Object.entries(children));

export const container = (children: Children = {}, facts: Facts = {}): Statement => ({
  kind: 'container',
  children: schema(children),
  ...facts,
});
export const list = (children: Children = {}, facts: Facts = {}): Statement => ({
  kind: 'list',
  children: schema(children),
  ...facts,
});
export const leaf = (facts: Facts = {}): Statement => ({ kind: 'leaf', ...facts });
export const leafList = (facts: Facts = {}): Statement => ({ kind: 'leaf-list', ...facts });
export const flag = (): Statement => ({ kind: 'flag' });

/** A statement the simulator knows nothing about: one word, with further words below it. */
const OPEN: Statement = { kind: 'open' };

/** Statements that Junos takes at every level (documented: Junos CLI guide, configuration groups; Junos automation guide, `apply-macro`). */
const EVERYWHERE: Schema = schema({
  'apply-groups': leafList(),
  'apply-groups-except': leafList(),
  'apply-macro': list(),
});

/** The child statement with this keyword; {@link OPEN} where anything goes; undefined where it is a syntax error. */
export function childStatement(
  parent: Statement,
  keyword: string,
): { readonly statement: Statement; readonly key?: string } | undefined {
  const known = parent.children?.get(keyword) ?? EVERYWHERE.get(keyword);
  if (known !== undefined && known.hidden !== true) return { statement: known };
  const hidden = hiddenList(parent);
  if (hidden !== undefined) return { statement: hidden[1], key: keyword };
  if (parent.closed === true || parent.kind === 'leaf' || parent.kind === 'leaf-list' || parent.kind === 'flag')
    return undefined;
  return { statement: OPEN };
}

/** The list whose entries stand in the parent without a keyword, with its name. */
function hiddenList(parent: Statement): readonly [name: string, statement: Statement] | undefined {
  for (const entry of parent.children ?? []) if (entry[1].hidden === true) return entry;
  return undefined;
}

/** The child statement whose XML element has this name, and its keyword. */
export function childByElement(
  parent: Statement,
  element: string,
): readonly [keyword: string, statement: Statement] | undefined {
  for (const entry of parent.children ?? []) if ((entry[1].xmlName ?? entry[0]) === element) return entry;
  const common = EVERYWHERE.get(element);
  if (common !== undefined) return [element, common];
  if (parent.closed === true || parent.kind === 'leaf' || parent.kind === 'leaf-list' || parent.kind === 'flag')
    return undefined;
  return [element, OPEN];
}
