import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { errorReport, type ErrorReport } from '../../domain/errors';
import type { AddressPair } from '../../domain/policies/addressPair';
import type { EffectivePolicy } from '../../domain/policies/effectivePolicy';
import type { PolicyFields } from '../../domain/policies/policy';
import { isRange, prefixLength } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { AskedPolicy, CarriedPolicy, PolicyCarrier, PolicyFacts } from '../policyCarrier';
import { statementOfAddress } from './entries';
import type { NicFilter } from './nicFilter';
import { optionOf, optionsOn } from './nicOptions';
import { asideSet, filterSet, nicPort } from './naming';
import type { FilterSettings } from './settings';

/** The filter of a NIC is put aside, as a statement: a NIC has it, or its filter is in force. */
const FILTER_ASIDE: Statement = { key: 'ip-filter|off', text: 'filter put aside: port security off' };

/** Whether a statement says that the filter is put aside. */
export function isAside({ key }: Pick<Statement, 'key'>): boolean {
  return key === FILTER_ASIDE.key;
}

/** Whether a statement is an entry of the filter: not where that is, and no option. */
export function isEntry(statement: Pick<Statement, 'key'>): boolean {
  return !isAside(statement) && optionOf(statement) === undefined;
}

type Security = Pick<CarriedPolicy, 'enforcement' | 'refused' | 'remarks' | 'suspends' | 'lost'>;
type Pairs = Pick<CarriedPolicy, 'bindings' | 'refused'>;

/** How port policies are carried out on guests' NICs: docs/proxmox-firewall.md, "Port policies". */
export class FilterPolicies implements PolicyCarrier {
  constructor(
    private readonly filterOf: (port: PortName) => NicFilter | undefined,
    private readonly settings: FilterSettings,
  ) {}

  facts(port: PortName): PolicyFacts | undefined {
    const found = this.filterOf(port);
    if (found === undefined) return undefined;
    const mac = macOf(found);
    return mac === undefined ? {} : { mac };
  }

  enforcement(port: PortName): readonly Statement[] {
    const found = this.filterOf(port);
    if (found === undefined) return [];
    return [...optionsOn(found, this.settings), ...(found.place === 'aside' ? [FILTER_ASIDE] : [])];
  }

  carryOut(port: PortName, { policy, natural, sources }: AskedPolicy): CarriedPolicy {
    const found = this.filterOf(port);
    if (found === undefined) throw new RangeError(`${port} was asked for without facts`);
    const security = this.security(port, found, policy, natural);
    const pairs = pairsOf(found, policy.allowedAddressPairs?.value ?? [], sources);
    const groups = groupsRefusal(policy.securityGroups?.value ?? [], `${port} is a NIC of a guest`);
    return {
      ...security,
      bindings: pairs.bindings,
      excluded: [],
      refused: [
        ...security.refused,
        ...pairs.refused,
        ...(groups === undefined ? [] : [errorReport('policy-not-enforceable', groups)]),
      ],
    };
  }

  private security(
    port: PortName,
    found: NicFilter,
    { portSecurity }: EffectivePolicy,
    natural: readonly Statement[],
  ): Security {
    // Only portwarden puts filters aside, so that without a policy none is, whatever is remembered.
    const back = { enforcement: natural.filter((one) => !isAside(one)), lost: natural.filter(isAside).map(keyOf) };
    if (portSecurity?.value !== 'off') return { ...back, refused: [], remarks: [] };
    const why = this.whyNotAside(port, found);
    if (why !== undefined) return { ...back, refused: [errorReport('policy-not-enforceable', why)], remarks: [] };
    if (found.place === 'none') {
      const remark = `port security of ${port} is off; it has no filter, so it may send from any address before and after, and none is begun meanwhile`;
      return { enforcement: natural, suspends: {}, refused: [], remarks: [remark] };
    }
    return { enforcement: [...back.enforcement, FILTER_ASIDE], refused: [], remarks: whatOpens(port, found) };
  }

  /** Why the filter cannot be put aside, or does not stay there. */
  private whyNotAside(port: PortName, found: NicFilter): string | undefined {
    const { settings } = found.filters;
    if (this.settings.panelManagesFirewalls) return `port security of ${port} stays on: ${PANEL_MANAGES}`;
    if (found.isDoubled)
      return `port security of ${port} stays on: somebody made ${filterSet(found.nic)} while ${asideSet(found.nic)} was put aside, so there are two filters; look at both and delete one`;
    if (this.settings.switchOn.ipFilter) return `port security of ${port} stays on: ${IP_FILTER_ON}`;
    if ('unread' in settings || settings.options.ipfilter !== true) return undefined;
    return `port security of ${port} stays on: the option ipfilter of the guest is on, so a NIC without a set is cut off, and not opened; switch it off first`;
  }
}

const keyOf = ({ key }: Statement): string => key;

const PANEL_MANAGES =
  'the panel manages the firewalls of guests (panelManagesFirewalls), so nothing but the members of filters is changed';

const IP_FILTER_ON =
  'the option ipfilter of guests is switched on (proxmoxFirewall.clusters[].switchOn.ipFilter), so a NIC without a set is cut off, and not opened';

/** Why no NIC of a cluster can do what a policy says, whatever NIC it is; undefined when it can. */
export function policyRefusal(
  { portSecurity, securityGroups = [] }: PolicyFields,
  { panelManagesFirewalls, onlyPreview, switchOn }: FilterSettings,
): string | undefined {
  if (onlyPreview) return 'filters of the cluster are only shown (onlyPreview), and nothing is written there';
  if (portSecurity === 'off' && panelManagesFirewalls) return PANEL_MANAGES;
  if (portSecurity === 'off' && switchOn.ipFilter) return IP_FILTER_ON;
  return groupsRefusal(securityGroups, 'its ports are NICs of guests');
}

function groupsRefusal(names: readonly string[], subject: string): string | undefined {
  if (names.length === 0) return undefined;
  return `${subject}, and security groups are not carried out there: rules of a guest's firewall are the panel's or the operator's, and never portwarden's`;
}

/** Pairs as entries: an address or a whole range each. A set has no MACs, and a NIC has the VLAN of what is behind it. */
function pairsOf(found: NicFilter, pairs: readonly AddressPair[], sources: readonly Binding[]): Pairs {
  const set = filterSet(found.nic);
  const bindings: Statement[] = [];
  const refused: ErrorReport[] = [];
  const refuse = (why: string): void => void refused.push(errorReport('policy-not-enforceable', why));
  for (const { address, mac, vlan } of pairs) {
    const own = macOf(found);
    if (mac !== undefined && mac !== own)
      refuse(
        `${address} with ${mac} is not let through: net${found.nic} has ${own ?? 'a MAC that is not known'}, and a set names addresses without MACs`,
      );
    else if (vlan !== undefined && !sources.some((source) => source.vlan === vlan))
      refuse(`${address} in VLAN ${vlan} is not let through: no address of net${found.nic} is in that VLAN`);
    else if (isRange(address) && prefixLength(address) === 0)
      refuse(`${address} is not let through: Proxmox takes no range of all addresses; port security off opens the NIC`);
    else bindings.push(statementOfAddress(address, set));
  }
  return { bindings, refused };
}

function macOf({ nic, filters: { settings } }: NicFilter) {
  return 'unread' in settings ? undefined : settings.nics.get(nic)?.mac;
}

/** What putting a filter aside opens, and what it leaves as it is. */
function whatOpens(port: PortName, { nic, filters }: NicFilter): readonly string[] {
  const { settings, sets, aside, guest } = filters;
  const all = 'unread' in settings ? [] : [...settings.nics.keys()].filter((other) => other !== nic);
  const others = all.map(
    (other) =>
      `${nicPort({ vmid: guest.vmid, nic: other })}${aside.has(other) && !sets.has(other) ? ', off too' : sets.has(other) ? '' : ', without a filter'}`,
  );
  const macs =
    'unread' in settings || settings.options.macfilter === false
      ? 'any MAC (macfilter is off)'
      : 'its own MAC alone, as before (macfilter)';
  return [
    `port security of ${port} is off: its filter is put aside as ${asideSet(nic)}, so it may send from every IPv4 and IPv6 address and answer ARP for any, with ${macs}; entries are kept up to date there, and come back with it in one step`,
    ...(others.length === 0 ? [] : [`other NICs of the guest stay as they are: ${others.join('; ')}`]),
  ];
}
