import { inherited } from './config/inherit';
import { type ConfigNode, editPath, words } from './config/node';
import { oneLine } from './config/set';
import type { Dialect } from './config/schema';
import type { RpcProblem } from './problems';

/** Rules beyond what was recorded: what a daemon might refuse at check-out. All off by default. */
export interface CheckOutRules {
  /** Reported by operators ("configuration check-out failed: duplicate MAC address"), never recorded: one MAC on two interfaces. */
  duplicateMac?: 'refuse';
  /** Reported by operators with the same words, never recorded: a second static-ip with the same MAC on one interface. */
  sameMacTwice?: 'refuse';
  /** Invented: a static-ip that names a VLAN which is not configured (non-ELS), or a VLAN without vlan-id (ELS). */
  unknownVlan?: 'refuse';
  /** Invented: any change of a binding of one of these addresses is refused. */
  rejectIps?: readonly string[];
  /** When `rejectIps` are refused: at load, or at check and commit (default). */
  rejectAt?: 'load' | 'check';
  /** Whether errors of these rules name the statement (default) or only say that the check-out failed. */
  namePath?: boolean;
  /** Recorded: 15.1F4, go-netconf: check and confirmed commit refuse, plain commit warns (CLAB). Default off. */
  rootAuthentication?: 'require';
}

/** Recorded: go-netconf rpc_test.go (15.1F4). */
export const MISSING_ROOT_AUTHENTICATION: readonly RpcProblem[] = [
  {
    severity: 'error',
    type: 'application',
    tag: 'invalid-value',
    path: '[edit]',
    badElement: 'system',
    message: "mgd: Missing mandatory statement: 'root-authentication'",
  },
  { severity: 'error', message: 'configuration check-out failed: (missing mandatory statements)' },
];

/** One binding wherever it stands. */
interface FoundBinding {
  readonly path: readonly ConfigNode[];
  readonly node: ConfigNode;
  readonly interfaceName: string;
  readonly line: string;
}

function bindings(root: ConfigNode): FoundBinding[] {
  const found: FoundBinding[] = [];
  const visit = (node: ConfigNode, path: readonly ConfigNode[]): void => {
    for (const inner of node.children.values()) {
      if (inner.inactive) continue;
      if (inner.statement.kind === 'list' && (inner.keyword === 'static-ip' || inner.keyword === 'static-ipv6')) {
        found.push({
          path,
          node: inner,
          interfaceName: path.at(-1)?.key ?? '',
          line: [editPath(path), ...oneLine(inner)].join(' '),
        });
      } else visit(inner, [...path, inner]);
    }
  };
  for (const name of ['ethernet-switching-options', 'vlans', 'groups']) {
    const top = root.find(name);
    if (top !== undefined) visit(top, [top]);
  }
  return found;
}

function problem(rules: CheckOutRules, message: string, at: FoundBinding): RpcProblem[] {
  if (rules.namePath === false) return [];
  return [
    { severity: 'error', message, path: editPath(at.path), badElement: words(at.node).join(' '), daemon: 'eswd' },
  ];
}

/** Changes between two configurations that touch one of the rejected addresses. */
export function rejectedChanges(before: ConfigNode, after: ConfigNode, rules: CheckOutRules): RpcProblem[] | undefined {
  const ips = new Set(rules.rejectIps ?? []);
  if (ips.size === 0) return undefined;
  const had = bindings(before).filter((b) => ips.has(b.node.key ?? ''));
  const has = bindings(after).filter((b) => ips.has(b.node.key ?? ''));
  const old = new Set(had.map((b) => b.line));
  const now = new Set(has.map((b) => b.line));
  const touched = [...had.filter((b) => !now.has(b.line)), ...has.filter((b) => !old.has(b.line))];
  if (touched.length === 0) return undefined;
  return touched.flatMap((b) => problem(rules, `binding of ${b.node.key ?? ''} refused`, b));
}

/** A second `static-ip` (or a second `static-ipv6`) with one MAC on one interface, in whichever VLAN. */
function sameMacTwice(root: ConfigNode, rules: CheckOutRules): RpcProblem[] | undefined {
  const seen = new Set<string>();
  const clashes = bindings(root).filter(({ node, interfaceName }) => {
    const mac = node.find('mac')?.value;
    const key = `${interfaceName} ${node.keyword} ${mac ?? ''}`;
    if (mac === undefined) return false;
    const isSecond = seen.has(key);
    seen.add(key);
    return isSecond;
  });
  return clashes.length === 0 ? undefined : clashes.flatMap((b) => problem(rules, 'duplicate MAC address', b));
}

function duplicateMacs(root: ConfigNode, rules: CheckOutRules): RpcProblem[] | undefined {
  const first = new Map<string, FoundBinding>();
  const clashes: FoundBinding[] = [];
  for (const binding of bindings(root)) {
    const mac = binding.node.find('mac')?.value;
    if (mac === undefined) continue;
    const other = first.get(mac);
    if (other === undefined) first.set(mac, binding);
    else if (other.interfaceName !== binding.interfaceName) clashes.push(binding);
  }
  return clashes.length === 0 ? undefined : clashes.flatMap((b) => problem(rules, 'duplicate MAC address', b));
}

function unknownVlans(root: ConfigNode, dialect: Dialect, rules: CheckOutRules): RpcProblem[] | undefined {
  const vlans = root.find('vlans');
  const wrong = bindings(root).filter((b) => {
    const name = dialect === 'els' ? b.path.find((n) => n.keyword === 'vlan')?.key : b.node.find('vlan')?.value;
    if (name === undefined) return false;
    const vlan = vlans?.find('vlan', name);
    return vlan === undefined || (dialect === 'els' && vlan.find('vlan-id') === undefined);
  });
  return wrong.length === 0 ? undefined : wrong.flatMap((b) => problem(rules, 'vlan is not configured', b));
}

/** Recorded: PyEZ get-rpc-error.xml (12.1X46). */
function wrongUnits(root: ConfigNode): RpcProblem[] {
  const out: RpcProblem[] = [];
  const interfaces = root.find('interfaces');
  for (const port of interfaces?.entries('interface') ?? []) {
    if (interfaces === undefined || port.inactive || !/^(ge|xe|et|mge|fe|ae)/.test(port.key ?? '')) continue;
    if (port.find('vlan-tagging') !== undefined || port.find('flexible-vlan-tagging') !== undefined) continue;
    for (const unit of port.entries('unit')) {
      if (unit.key === '0' || unit.inactive) continue;
      out.push({
        severity: 'error',
        message: 'Only unit 0 is valid for this encapsulation',
        path: editPath([interfaces, port]),
        badElement: `unit ${unit.key ?? ''}`,
        daemon: 'dcd',
      });
    }
  }
  return out;
}

/** Recorded: PyEZ commit-configuration.xml (15.2): a name that is neither an interface nor a range. */
function undefinedRanges(root: ConfigNode): RpcProblem[] {
  const ranges = root.find('interfaces');
  const names = root.at('ethernet-switching-options', 'secure-access-port')?.entries('interface') ?? [];
  const wrong = names.filter(
    (n) =>
      n.key !== undefined &&
      n.key !== 'all' &&
      !/[-\d/.<*]/.test(n.key) &&
      ranges?.find('interface-range', n.key) === undefined,
  );
  return wrong.flatMap((n): RpcProblem[] => [
    {
      severity: 'error',
      type: 'protocol',
      tag: 'operation-failed',
      message: `interface-range '${n.key ?? ''}' is not defined`,
    },
    { severity: 'error', type: 'protocol', tag: 'operation-failed', message: 'interface-ranges expansion failed' },
  ]);
}

/** Recorded: netman base.py 257 and internap/fake-switches: a numeric VLAN member needs a VLAN with that tag. */
function unmatchedTags(root: ConfigNode): RpcProblem[] {
  const tags = new Set((root.find('vlans')?.entries('vlan') ?? []).map((v) => v.find('vlan-id')?.value));
  const names = new Set((root.find('vlans')?.entries('vlan') ?? []).map((v) => v.key));
  const out: RpcProblem[] = [];
  for (const port of root.find('interfaces')?.entries('interface') ?? []) {
    for (const unit of port.entries('unit')) {
      for (const member of unit.at('family', 'ethernet-switching', 'vlan')?.entries('members') ?? []) {
        const tag = member.key ?? '';
        if (!/^\d+$/.test(tag) || tags.has(tag) || names.has(tag)) continue;
        out.push({
          severity: 'error',
          message: `No vlan matches vlan tag ${tag} for interface ${port.key ?? ''}.${unit.key ?? ''}`,
        });
      }
    }
  }
  return out;
}

/** Reported by operators in these words: a port names a filter that `firewall` does not have. */
function undefinedFilters(root: ConfigNode): RpcProblem[] {
  const filters = root.at('firewall', 'family', 'ethernet-switching');
  const interfaces = root.find('interfaces');
  const out: RpcProblem[] = [];
  for (const port of interfaces?.entries('interface') ?? []) {
    for (const unit of port.entries('unit')) {
      const family = unit.find('family');
      const switching = family?.find('ethernet-switching');
      for (const direction of ['input', 'output']) {
        const name = switching?.at('filter', direction)?.value;
        if (name === undefined || filters?.find('filter', name) !== undefined) continue;
        if (interfaces === undefined || family === undefined || switching === undefined) continue;
        out.push({
          severity: 'error',
          message: `Referenced filter '${name}' is not defined`,
          path: editPath([interfaces, port, unit, family, switching]),
          badElement: 'filter',
          daemon: 'dfwd',
        });
      }
    }
  }
  return out;
}

/** Schema: Juniper/yang junos-ex-conf-vlans 18.1R1 2618 ff.: the only constraints of dhcp-security. */
function dhcpSecurityConstraints(root: ConfigNode): RpcProblem[] {
  const vlans = root.find('vlans');
  const out: RpcProblem[] = [];
  for (const vlan of vlans?.entries('vlan') ?? []) {
    const security = vlan.at('forwarding-options', 'dhcp-security');
    for (const group of security?.entries('group') ?? []) {
      const overrides = group.find('overrides');
      if (vlans === undefined || overrides?.find('trusted') === undefined || overrides.find('untrusted') === undefined)
        continue;
      out.push({
        severity: 'error',
        message: 'Trusted and untrusted cannot be configured together',
        path: editPath([vlans, vlan, group]),
        badElement: 'overrides',
      });
    }
  }
  return out;
}

/**
 * What check-out says about a candidate.
 * @returns undefined when it passes; else the errors, the summary last.
 */
export function checkOut(
  committed: ConfigNode,
  candidate: ConfigNode,
  dialect: Dialect,
  rules: CheckOutRules,
): readonly RpcProblem[] | undefined {
  const effective = inherited(candidate);
  const found: (RpcProblem[] | undefined)[] = [
    wrongUnits(effective),
    undefinedFilters(effective),
    dialect === 'non-els' ? undefinedRanges(effective) : [],
    dialect === 'non-els' ? unmatchedTags(effective) : [],
    dialect === 'els' ? dhcpSecurityConstraints(effective) : [],
  ].map((problems) => (problems.length === 0 ? undefined : problems));
  let summary = 'configuration check-out failed';
  const duplicates = rules.duplicateMac === 'refuse' ? duplicateMacs(effective, rules) : undefined;
  if (duplicates !== undefined) summary = 'configuration check-out failed: duplicate MAC address';
  found.push(duplicates);
  const twice = rules.sameMacTwice === 'refuse' ? sameMacTwice(effective, rules) : undefined;
  if (twice !== undefined) summary = 'configuration check-out failed: duplicate MAC address';
  found.push(twice);
  if (rules.unknownVlan === 'refuse') found.push(unknownVlans(effective, dialect, rules));
  if (rules.rejectAt !== 'load') found.push(rejectedChanges(committed, candidate, rules));
  const failed = found.filter((p) => p !== undefined);
  return failed.length === 0 ? undefined : [...failed.flat(), { severity: 'error', message: summary }];
}
