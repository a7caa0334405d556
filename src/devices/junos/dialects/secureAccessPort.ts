import type { PortPlan } from '../../../domain/change/plan';
import { PortwardenError } from '../../../domain/errors';
import type { StaticBinding } from '../staticBinding';
import { policyChanges } from '../policyStatements';
import type { Edit, Leaf } from '../edit';
import { childAt, childrenOf, childText, type XmlElement } from '../../../clients/netconf/xml';
import { activeChildren, isInactive, keyOf } from '../statementTags';
import type { BindingState, Dialect, InterfaceNode, Knob, OwnedPlace, ParseContext } from './dialect';
import { originOf, parseStatements, portsNamed, settingsOf } from './parse';
import { planEdits } from './planEdits';

const ROOT = 'ethernet-switching-options';
const CONTAINER = 'secure-access-port';
const VLAN_KNOBS = ['ip-source-guard', 'arp-inspection'] as const;

/**
 * Non-ELS EX switches: `ethernet-switching-options secure-access-port interface IF static-ip IP vlan NAME mac MAC`
 * (Junos CLI reference, "interface (Access Port Security)"). The VLAN is named in the statement; IPv6 is not known.
 */
export const secureAccessPort: Dialect = {
  name: 'secure-access-port',
  supportsIpv6: false,
  vlanMustExist: false,
  root: ROOT,
  parse: parseState,
  edits: (plan, state) =>
    planEdits(plan, state, {
      nodeFor: () => ({ path: nodePath(ownNode(plan, state)?.name ?? plan.port), mayBeTrusted: true }),
      leaves,
      trust: () => ({ moves: [], edits: trustEdits(plan, state) }),
    }),
  closing: () => [],
  leaves,
  ownedPlace,
};

function ownNode(plan: PortPlan, state: BindingState): InterfaceNode | undefined {
  const own = state.interfaces.filter(
    (node) => node.ports.length === 1 && node.ports[0] === plan.port && node.origin === undefined,
  );
  return own.find((node) => node.name === plan.port) ?? own[0];
}

/** Source guard and ARP inspection let a trusted port pass (Junos 9.4, "Understanding IP Source Guard for Port Security"). */
function trustEdits(plan: PortPlan, state: BindingState): readonly Edit[] {
  const { add, remove } = policyChanges(plan);
  const node = ownNode(plan, state);
  const path = [...nodePath(node?.name ?? plan.port), { element: 'dhcp-trusted' }];
  if (add.some(({ kind }) => kind === 'trusted')) {
    if (node?.settings.includes('no-dhcp-trusted') === true)
      throw new PortwardenError(
        'policy-not-enforceable',
        `${plan.port} has \`no-dhcp-trusted\` of somebody else, which \`dhcp-trusted\` would replace`,
      );
    if (node?.settings.includes('dhcp-trusted') === true && !node.isTrusted)
      throw new PortwardenError(
        'policy-not-enforceable',
        `${plan.port} has a deactivated \`dhcp-trusted\` of somebody else`,
      );
    return [{ kind: 'set', path, leaves: [] }];
  }
  return remove.some(({ kind }) => kind === 'trusted') ? [{ kind: 'delete', path }] : [];
}

function leaves({ vlanName, mac }: Pick<StaticBinding, 'mac' | 'vlanName'>): readonly Leaf[] {
  return [
    { element: 'vlan', value: vlanName },
    { element: 'mac', value: mac },
  ];
}

function nodePath(name: string): InterfaceNode['path'] {
  return [{ element: ROOT }, { element: CONTAINER }, { element: 'interface', key: name }];
}

function parseState(configuration: XmlElement, context: ParseContext): BindingState {
  const remarks: string[] = [];
  const knobs: Knob[] = [];
  const inactivePaths: string[] = [];
  const root = childAt(configuration, ROOT);
  const container = childAt(root, CONTAINER);
  if (root !== undefined && isInactive(root)) inactivePaths.push(ROOT);
  if (container !== undefined && isInactive(container)) inactivePaths.push(`${ROOT} ${CONTAINER}`);
  const containerActive = inactivePaths.length === 0;
  const interfaces = childrenOf(container, 'interface').map((node): InterfaceNode => {
    const name = keyOf(node);
    const path = nodePath(name);
    const settings = settingsOf(node);
    const origin = originOf(node, context);
    if (isInactive(node)) inactivePaths.push(`${ROOT} ${CONTAINER} interface ${name}`);
    else if (settings.includes('dhcp-trusted'))
      knobs.push({ kind: 'dhcp-trusted', subject: name, statement: `interface ${name} dhcp-trusted` });
    if (name === 'all' && !isInactive(node)) {
      knobs.push({ kind: 'interface-all', subject: 'all', statement: `interface all ${settings.join(' ')}`.trim() });
    }
    return {
      name,
      ports: portsNamed(name, context),
      path,
      active: containerActive && !isInactive(node),
      ...(origin === undefined ? {} : { origin }),
      settings,
      statements: parseStatements(node, remarks, (statement) => childText(statement, 'vlan') ?? ''),
      isTrusted: activeChildren(node, 'dhcp-trusted').length > 0,
    };
  });
  for (const vlan of childrenOf(container, 'vlan').filter((candidate) => !isInactive(candidate))) {
    for (const kind of VLAN_KNOBS) {
      const set = vlan.children.some((candidate) => candidate.name === kind && !isInactive(candidate));
      if (set) knobs.push({ kind, subject: keyOf(vlan), statement: `vlan ${keyOf(vlan)} ${kind}` });
    }
  }
  return { interfaces, groups: [], knobs, inactivePaths, remarks };
}

function ownedPlace(words: readonly string[]): OwnedPlace | undefined {
  const [root, container, list, name, element, key, ...rest] = words;
  if (root !== ROOT || container !== CONTAINER || list !== 'interface' || name === undefined) return undefined;
  const node = words.slice(0, 4);
  if (element === undefined) return { interfaceName: name, node };
  return element === 'static-ip' && key !== undefined
    ? { interfaceName: name, node, statement: { element, key, rest } }
    : undefined;
}
