import type { StaticBinding } from '../staticBinding';
import { ipVersion, type IpAddress } from '../../../domain/values/ip';
import { pathWords, type Leaf } from '../edit';
import { child, childAt, childrenOf, type XmlElement } from '../../../clients/netconf/xml';
import { activeChildAt, isInactive, keyOf } from '../statementTags';
import type {
  BindingState,
  Dialect,
  InterfaceNode,
  Knob,
  OwnedPlace,
  ParseContext,
  PortEdits,
  PortGroup,
  VlanKnob,
} from './dialect';
import { originOf, parseStatements, portsNamed, settingsOf } from './parse';
import { planEdits } from './planEdits';
import { isTrustedAfter, trustedGroup, trustMoves } from './trustedGroup';

const KNOBS: readonly VlanKnob[] = [
  'ip-source-guard',
  'arp-inspection',
  'ipv6-source-guard',
  'neighbor-discovery-inspection',
  'no-dhcp-snooping',
  'no-dhcpv6-snooping',
];

/**
 * ELS EX switches: `vlans NAME forwarding-options dhcp-security group G interface IF static-ip IP mac MAC`
 * (Juniper/yang, module junos-ex-conf-vlans). A port's bindings are spread over one subtree per VLAN; naming an
 * unknown VLAN would create it.
 */
export const dhcpSecurity: Dialect = {
  name: 'dhcp-security',
  supportsIpv6: true,
  vlanMustExist: true,
  root: 'vlans',
  parse: parseState,
  edits: (plan, state, group) => {
    const nodeIn = (vlanName: string, into: string): InterfaceNode['path'] => {
      const own = state.interfaces.filter(
        (node) =>
          node.vlanName === vlanName &&
          node.group === into &&
          node.origin === undefined &&
          node.ports.includes(plan.port),
      );
      const name = own.find((node) => node.name === plan.port)?.name ?? own[0]?.name ?? plan.port;
      return nodePath(vlanName, into, name);
    };
    return planEdits(plan, state, {
      nodeFor: (vlanName) => {
        const mayBeTrusted = isTrustedAfter(plan, state, vlanName, group);
        return { path: nodeIn(vlanName, mayBeTrusted ? trustedGroup(group) : group), mayBeTrusted };
      },
      leaves,
      ownGroup: group,
      elementFor,
      trust: () => trustMoves(plan, state, group, nodeIn),
    });
  },
  closing,
  leaves,
  ownedPlace,
};

function elementFor(ip: IpAddress): 'static-ip' | 'static-ipv6' {
  return ipVersion(ip) === 6 ? 'static-ipv6' : 'static-ip';
}

/** Portwarden's group of trusted ports goes from a VLAN with its last member, for it is there for nothing else. */
function closing(changes: readonly PortEdits[], state: BindingState, group: string): readonly PortEdits[] {
  const words = (path: InterfaceNode['path']): string => pathWords(path).join(' ');
  const edits = changes.flatMap((change) => change.edits);
  return state.groups.flatMap(({ vlanName, name, isBare }): readonly PortEdits[] => {
    if (name !== trustedGroup(group) || !isBare) return [];
    const path = nodePath(vlanName, name, '').slice(0, -1);
    const members = state.interfaces.filter((node) => node.vlanName === vlanName && node.group === name);
    const isGone = (node: InterfaceNode): boolean =>
      edits.some(({ kind, path: gone }) => kind === 'delete' && words(gone) === words(node.path));
    const isUsed = edits.some(({ kind, path: set }) => kind === 'set' && words(set).startsWith(`${words(path)} `));
    const last = changes.find((change) => change.edits.some((edit) => words(edit.path).startsWith(`${words(path)} `)));
    if (last === undefined || isUsed || !members.every(isGone)) return [];
    const gone = [[...pathWords(path), 'overrides', 'trusted']];
    return [{ port: last.port, revive: [], edits: [{ kind: 'delete', path, gone }] }];
  });
}

function leaves({ mac }: Pick<StaticBinding, 'mac' | 'vlanName'>): readonly Leaf[] {
  return [{ element: 'mac', value: mac }];
}

function nodePath(vlan: string, group: string, name: string): InterfaceNode['path'] {
  return [
    { element: 'vlans' },
    { element: 'vlan', key: vlan, keyOnly: true },
    { element: 'forwarding-options' },
    { element: 'dhcp-security' },
    { element: 'group', key: group },
    { element: 'interface', key: name },
  ];
}

function parseState(configuration: XmlElement, context: ParseContext): BindingState {
  const found: Mutable = { interfaces: [], groups: [], knobs: [], inactivePaths: [], remarks: [] };
  const root = child(configuration, 'vlans');
  if (root !== undefined && isInactive(root)) found.inactivePaths.push('vlans');
  for (const vlan of childrenOf(root, 'vlan')) {
    const options = child(vlan, 'forwarding-options');
    const security = childAt(options, 'dhcp-security');
    const above = [root, vlan, options, security].filter((element) => element !== undefined);
    const vlanName = keyOf(vlan);
    noteInactive(found, vlan, `vlans ${vlanName}`);
    noteInactive(found, options, `vlans ${vlanName} forwarding-options`);
    noteInactive(found, security, `vlans ${vlanName} forwarding-options dhcp-security`);
    if (security === undefined) continue;
    const active = !above.some(isInactive);
    if (active) parseKnobs(found, security, vlanName);
    for (const group of childrenOf(security, 'group')) parseGroup(found, group, vlanName, active, context);
  }
  return found;
}

interface Mutable {
  readonly interfaces: InterfaceNode[];
  readonly groups: PortGroup[];
  readonly knobs: Knob[];
  readonly inactivePaths: string[];
  readonly remarks: string[];
}

function noteInactive(found: Mutable, element: XmlElement | undefined, path: string): void {
  if (element !== undefined && isInactive(element)) found.inactivePaths.push(path);
}

function parseKnobs(found: Mutable, security: XmlElement, vlanName: string): void {
  found.knobs.push({
    kind: 'dhcp-snooping',
    subject: vlanName,
    statement: `vlans ${vlanName} forwarding-options dhcp-security`,
  });
  for (const kind of KNOBS) {
    const set = security.children.some((candidate) => candidate.name === kind && !isInactive(candidate));
    if (set)
      found.knobs.push({
        kind,
        subject: vlanName,
        statement: `vlans ${vlanName} forwarding-options dhcp-security ${kind}`,
      });
  }
}

function parseGroup(found: Mutable, group: XmlElement, vlanName: string, above: boolean, context: ParseContext): void {
  const groupName = keyOf(group);
  const path = `vlans ${vlanName} forwarding-options dhcp-security group ${groupName}`;
  noteInactive(found, group, path);
  const active = above && !isInactive(group);
  for (const trust of ['trusted', 'untrusted'] as const) {
    if (!active || activeChildAt(group, 'overrides', trust) === undefined) continue;
    found.knobs.push({
      kind: `${trust}-group`,
      subject: `${vlanName} ${groupName}`,
      statement: `${path} overrides ${trust}`,
    });
  }
  const isTrusted = active && activeChildAt(group, 'overrides', 'trusted') !== undefined;
  found.groups.push({ vlanName, name: groupName, isBare: isBare(group) });
  for (const node of childrenOf(group, 'interface')) {
    const name = keyOf(node);
    const origin = originOf(node, context);
    noteInactive(found, node, `${path} interface ${name}`);
    found.interfaces.push({
      name,
      ports: portsNamed(name, context),
      path: nodePath(vlanName, groupName, name),
      active: active && !isInactive(node),
      ...(origin === undefined ? {} : { origin }),
      settings: settingsOf(node),
      statements: parseStatements(node, found.remarks, () => vlanName),
      isTrusted,
      vlanName,
      group: groupName,
    });
  }
}

function isBare(group: XmlElement): boolean {
  return group.children.every(
    ({ name, children }) =>
      name === 'name' ||
      name === 'interface' ||
      (name === 'overrides' && children.every((override) => override.name === 'trusted' && !isInactive(override))),
  );
}

function ownedPlace(words: readonly string[]): OwnedPlace | undefined {
  const [root, vlan, options, security, groupWord, group, list, name, element, key, ...rest] = words;
  const inside =
    root === 'vlans' && options === 'forwarding-options' && security === 'dhcp-security' && groupWord === 'group';
  if (!inside || vlan === undefined || group === undefined || list !== 'interface' || name === undefined)
    return undefined;
  const node = words.slice(0, 8);
  if (element === undefined) return { interfaceName: name, node };
  const isStatic = element === 'static-ip' || element === 'static-ipv6';
  return isStatic && key !== undefined ? { interfaceName: name, node, statement: { element, key, rest } } : undefined;
}
