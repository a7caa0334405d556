import type { ConfigNode } from './node';

/** `<ge-*>`: shell-style patterns that stand for names in a group (documented: Junos CLI guide, wildcards in groups). */
function wildcard(text: string): RegExp | undefined {
  const inner = /^<(.*)>$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const source = inner
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}

function mark(node: ConfigNode, group: string): ConfigNode {
  const copy = node.clone();
  const visit = (n: ConfigNode): void => {
    n.group ??= group;
    for (const inner of n.children.values()) visit(inner);
  };
  visit(copy);
  return copy;
}

/** Adds to `target` what the group says and `target` does not say itself. */
function inheritFrom(target: ConfigNode, source: ConfigNode, group: string): void {
  for (const [id, statement] of source.children) {
    if (statement.inactive) continue;
    const pattern = statement.key === undefined ? undefined : wildcard(statement.key);
    if (pattern !== undefined) {
      for (const entry of target.entries(statement.keyword))
        if (pattern.test(entry.key ?? '')) inheritFrom(entry, statement, group);
      continue;
    }
    const present = target.children.get(id);
    if (present === undefined) {
      const made = withoutWildcards(mark(statement, group));
      if (!made.isEmpty) target.children.set(id, made);
    } else if (statement.statement.kind !== 'leaf') inheritFrom(present, statement, group);
  }
}

function withoutWildcards(node: ConfigNode): ConfigNode {
  for (const [id, inner] of node.children) {
    if (inner.key !== undefined && wildcard(inner.key) !== undefined) node.children.delete(id);
    else withoutWildcards(inner);
  }
  return node;
}

/** Applies `apply-groups` at this level and, before it, at the levels below: what is nearer wins. */
function applyGroups(
  node: ConfigNode,
  path: readonly ConfigNode[],
  groups: ConfigNode,
  excepted: ReadonlySet<string>,
): void {
  const except = new Set([...excepted, ...node.entries('apply-groups-except').map((n) => n.key ?? '')]);
  for (const inner of [...node.children.values()])
    if (inner !== groups) applyGroups(inner, [...path, inner], groups, except);
  for (const use of node.entries('apply-groups')) {
    const name = use.key ?? '';
    const group = groups.find('groups', name);
    if (use.inactive || group === undefined || group.inactive || except.has(name)) continue;
    for (const source of matching(group, path)) inheritFrom(node, source, name);
  }
}

/** The places of a group that speak about a path, wildcards included. */
function matching(group: ConfigNode, path: readonly ConfigNode[]): ConfigNode[] {
  let found = [group];
  for (const step of path) {
    found = found.flatMap((place) =>
      [...place.children.values()].filter(
        (c) =>
          c.keyword === step.keyword &&
          !c.inactive &&
          (c.key === step.key || (c.key !== undefined && wildcard(c.key)?.test(step.key ?? '') === true)),
      ),
    );
  }
  return found;
}

/** The members of an interface range; `member` takes wildcards only for interfaces that exist. */
function members(range: ConfigNode, interfaces: ConfigNode): string[] {
  const names: string[] = [];
  for (const member of range.entries('member')) {
    const key = member.key ?? '';
    if (/[*[\]]/.test(key)) {
      const pattern = new RegExp(`^${key.replace(/[.+^${}()|\\]/g, '\\$&').replace(/\*/g, '.*')}$`);
      names.push(
        ...interfaces
          .entries('interface')
          .map((n) => n.key ?? '')
          .filter((n) => pattern.test(n)),
      );
    } else names.push(key);
  }
  for (const span of range.entries('member-range')) {
    const from = /^(.*\/)(\d+)$/.exec(span.key ?? '');
    const to = /^(.*\/)(\d+)$/.exec(span.find('to')?.value ?? '');
    if (from === null || to === null || from[1] !== to[1]) continue;
    const last = Math.min(Number(to[2]), Number(from[2]) + 255);
    for (let port = Number(from[2]); port <= last; port += 1) names.push(`${from[1] ?? ''}${String(port)}`);
  }
  return names;
}

function markRange(node: ConfigNode, range: string): ConfigNode {
  const copy = node.clone();
  const visit = (n: ConfigNode): void => {
    n.range ??= range;
    for (const inner of n.children.values()) visit(inner);
  };
  visit(copy);
  return copy;
}

function addMissing(target: ConfigNode, source: ConfigNode, range: string): void {
  for (const [id, statement] of source.children) {
    const present = target.children.get(id);
    if (present === undefined) target.children.set(id, markRange(statement, range));
    else if (statement.statement.kind !== 'leaf') addMissing(present, statement, range);
  }
}

/**
 * Interface ranges: their settings appear at every member (documented: Junos CLI guide, interface ranges). A range
 * named by `secure-access-port interface` stands for its members' unit 0 (assumed from how `voip interface` works).
 */
function expandRanges(root: ConfigNode): void {
  const interfaces = root.find('interfaces');
  if (interfaces === undefined) return;
  const secure = root.at('ethernet-switching-options', 'secure-access-port');
  for (const range of interfaces.entries('interface-range')) {
    const name = range.key ?? '';
    const names = range.inactive ? [] : members(range, interfaces);
    const hidden = interfaces.statement.children?.get('interface');
    for (const member of hidden === undefined ? [] : names) {
      const settings = range.shallow();
      for (const [id, inner] of range.children)
        if (inner.keyword !== 'member' && inner.keyword !== 'member-range') settings.children.set(id, inner);
      if (hidden !== undefined) addMissing(interfaces.ensure(hidden, 'interface', member), settings, name);
    }
    const ports = secure?.find('interface', name);
    if (secure === undefined || ports === undefined || ports.inactive) continue;
    secure.remove(ports);
    for (const member of names) addMissing(secure.ensure(ports.statement, 'interface', `${member}.0`), ports, name);
  }
}

/** The configuration as it takes effect: groups and interface ranges expanded, the groups themselves left out. */
export function inherited(committed: ConfigNode): ConfigNode {
  const root = committed.clone();
  const groups = root.find('groups');
  if (groups !== undefined) {
    applyGroups(root, [], groups, new Set());
    root.remove(groups);
  }
  expandRanges(root);
  return root;
}
