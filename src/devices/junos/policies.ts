import type { PortPlan } from '../../domain/change/plan';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { errorReport, type ErrorCode } from '../../domain/errors';
import { pairBindings } from '../../domain/policies/pairBindings';
import { remoteGroupsOf, type SecurityGroups } from '../../domain/policies/securityGroup';
import { covers, type IpOrRange } from '../../domain/values/ip';
import { tryParseMac } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { VlanId } from '../../domain/values/vlan';
import type { AskedPolicy, CarriedPolicy, PolicyCarrier, PolicyFacts } from '../policyCarrier';
import { enforcementOf } from './enforcement';
import { groupTerms } from './filters/groupTerms';
import type { JunosState } from './junosState';
import { filtersOf, offRemarks } from './offRemarks';
import { policyMeaning, policyStatement, type PolicyStatement } from './policyStatements';
import type { JunosSettings } from './settings';
import { bindingOf } from './staticBinding';
import { vlansOfPort, type SwitchState } from './switchState';
import { vlanIdOf, vlansMeant } from './vlanNames';

/** What a policy makes of one aspect of a port. */
type Aspect = Pick<CarriedPolicy, 'refused' | 'remarks'> & {
  /** What the port shall have beside what it has without policies. */
  readonly add: readonly Statement[];
};

const NOTHING: Aspect = { add: [], refused: [], remarks: [] };

/** How port policies are carried out on the ports of a switch: docs/policies-junos.md. */
export class JunosPolicies implements PolicyCarrier {
  constructor(
    private readonly state: Pick<JunosState, 'edits' | 'statements' | 'translate'>,
    private readonly onSwitch: SwitchState,
    private readonly settings: JunosSettings,
  ) {}

  facts(port: PortName): PolicyFacts {
    const [mac, ...more] = new Set(this.state.statements(port).flatMap((statement) => statement.mac ?? []));
    const known = more.length > 0 || mac === undefined ? undefined : tryParseMac(mac);
    const vlans = new Map(
      vlansOfPort(this.onSwitch, port).flatMap((name): [string, VlanId][] => {
        const id = vlanIdOf(this.onSwitch.vlans, name);
        return id === undefined
          ? []
          : [
              [name, id],
              [String(id), id],
            ];
      }),
    );
    return { ...(known === undefined ? {} : { mac: known }), vlans };
  }

  enforcement(port: PortName): readonly Statement[] {
    return enforcementOf(this.onSwitch, port);
  }

  carryOut(port: PortName, asked: AskedPolicy): CarriedPolicy {
    const { policy, natural, sources } = asked;
    const isOff = policy.portSecurity?.value === 'off';
    const isSuspended = isOff && this.settings.policies.off === 'none';
    const off = isOff ? this.off(port, natural, sources) : NOTHING;
    const groups = this.groups(port, asked);
    const pairs = this.pairs(port, asked);
    return {
      enforcement: distinctStatements([...natural, ...off.add, ...groups.add]),
      bindings: pairs.add,
      excluded: pairs.excluded,
      ...(isSuspended ? { suspends: {} } : {}),
      refused: [...off.refused, ...groups.refused, ...pairs.refused],
      remarks: [...off.remarks, ...groups.remarks, ...pairs.remarks],
    };
  }

  private off(port: PortName, natural: readonly Statement[], sources: readonly Binding[]): Aspect {
    const mode = this.settings.policies.off;
    const vlans = this.vlansOf(port, sources);
    const remarks = offRemarks(this.onSwitch, port, vlans, mode);
    if (mode === 'none') return { ...NOTHING, remarks };
    const meant = this.onSwitch.dialect.name === 'dhcp-security' ? vlans : [''];
    const add = meant.map((vlanName) => policyStatement({ kind: 'trusted', vlanName }));
    return this.possible(port, natural, add, remarks, 'trusted');
  }

  private groups(port: PortName, { policy, natural, sources, membersOf }: AskedPolicy): Aspect {
    const { value: names = [], from = [] } = policy.securityGroups ?? {};
    if (names.length === 0) return NOTHING;
    const { policies, securityGroups: groups } = this.settings;
    const stays = (message: string): Aspect =>
      this.refused(port, ['filter', 'term'], 'policy-not-enforceable', message);
    const why = groupsRefusal(this.settings, names, `${port} is a port of a switch`);
    const isShared = new Set(sources.map(({ mac }) => mac)).size > 1;
    if (why !== undefined) return stays(why);
    if (isShared && from.some(({ scope }) => scope.kind === 'server'))
      return stays(
        `${port} is shared: a filter would be for everybody behind it, so groups of one server are not rendered; a policy of the port itself can say them`,
      );
    const remotes = membersOfRemotes(groups, names, membersOf);
    if (typeof remotes === 'string') return stays(remotes);
    const dialect = this.onSwitch.dialect.name;
    const { terms, remarks } = groupTerms({ names, groups, dialect, addressesOf: (name) => remotes.get(name) ?? [] });
    const tooMany = [...terms].find(([, list]) => list.length > policies.maxFilterTerms);
    if (tooMany !== undefined)
      return stays(
        `the groups ${names.join(', ')} need ${tooMany[1].length} terms in the ${tooMany[0]} filter of ${port}; the limit is ${policies.maxFilterTerms} (policies.maxFilterTerms)${countsOf(remotes)}`,
      );
    const add = [...terms].flatMap(([direction, list]) => [
      ...list.map((conditions) => policyStatement({ kind: 'term', direction, conditions: [...conditions].sort() })),
      policyStatement({ kind: 'filter', direction }),
    ]);
    const said = [
      `${port} is filtered by packets, not by connections: docs/policies-junos.md says what that lets through`,
    ];
    return this.possible(port, natural, add, [...said, ...remarks], 'filter', 'term');
  }

  private pairs(port: PortName, { policy, sources }: AskedPolicy): Aspect & Pick<CarriedPolicy, 'excluded'> {
    const pairs = policy.allowedAddressPairs?.value ?? [];
    const { bindings, refused: doubtful } = pairBindings(pairs, sources, {
      maxAddresses: this.settings.policies.maxAddresses,
      vlanAllowlist: this.settings.vlanAllowlist,
    });
    const { statements, excluded } = this.state.translate(port, bindings);
    const doubts = [...doubtful.map(({ address }) => address), ...excluded.map(({ ip }) => ip)];
    const present = this.state.statements(port).filter(({ ip }) => ip !== undefined && covers(doubts, ip));
    return {
      add: distinctStatements([...statements, ...present]),
      excluded,
      refused: doubtful.map(({ code, message }) => errorReport(code, message)),
      remarks: [],
    };
  }

  /** What is refused before anything is planned holds up nothing else of the port. */
  private possible(
    port: PortName,
    natural: readonly Statement[],
    add: readonly Statement[],
    remarks: readonly string[],
    ...kinds: readonly PolicyStatement['kind'][]
  ): Aspect {
    const present = new Set([...this.enforcement(port), ...natural].map(({ key }) => key));
    const missing = add.filter(({ key }) => !present.has(key));
    const plan: PortPlan = { port, add: missing, remove: [], because: new Map(), actualCount: 0, keptIps: [] };
    const { failure } = this.state.edits(plan);
    return failure === undefined
      ? { add, refused: [], remarks }
      : this.refused(port, kinds, failure.code, failure.message);
  }

  /** What cannot be done as the policy says it stays as it is: a mistake in the configuration opens no port. */
  private refused(port: PortName, kinds: readonly PolicyStatement['kind'][], code: ErrorCode, message: string): Aspect {
    const add = this.enforcement(port).filter((statement) => {
      const kind = policyMeaning(statement)?.kind;
      return kind !== undefined && kinds.includes(kind);
    });
    return { add, refused: [errorReport(code, message)], remarks: [] };
  }

  /** The VLANs in which the port has or gets bindings, or is a member and would be filtered. */
  private vlansOf(port: PortName, sources: readonly Binding[]): readonly string[] {
    const { statements } = this.state.translate(port, sources);
    const bound = [...this.state.statements(port), ...statements].map((statement) => bindingOf(statement).vlanName);
    const filtered = vlansMeant(this.onSwitch.vlans, this.onSwitch.members.get(port) ?? []).filter(
      (name) => filtersOf(this.onSwitch, name).length > 0,
    );
    return [...new Set([...bound, ...filtered])].filter((name) => name !== '').sort();
  }
}

/** The addresses of the groups that rules name; why one of them is not known now. */
function membersOfRemotes(
  groups: SecurityGroups,
  names: readonly string[],
  membersOf: AskedPolicy['membersOf'],
): ReadonlyMap<string, readonly IpOrRange[]> | string {
  const own = new Map(names.map((name) => [name, groups.get(name) ?? []]));
  const found = new Map<string, readonly IpOrRange[]>();
  for (const name of remoteGroupsOf(own)) {
    const members = membersOf?.(name) ?? { addresses: [] };
    if ('unknown' in members)
      return `rules name the group ${name}, of which it is not known now who is in it: ${members.unknown}`;
    found.set(name, members.addresses);
  }
  return found;
}

function countsOf(remotes: ReadonlyMap<string, readonly IpOrRange[]>): string {
  const counts = [...remotes].map(([name, addresses]) => `${name} ${addresses.length}`);
  return counts.length === 0 ? '' : `; addresses of the groups that their rules name: ${counts.join(', ')}`;
}

/** Why a switch has no such security groups; undefined when it can render them. @param subject who says so, as `ge-0/0/1.0 is a port of a switch`. */
export function groupsRefusal(
  { policies, securityGroups: groups }: Pick<JunosSettings, 'policies' | 'securityGroups'>,
  names: readonly string[],
  subject: string,
): string | undefined {
  if (names.length === 0) return undefined;
  if (policies.securityGroups === 'refuse')
    return `${subject}, which has no security groups, and this one is not configured to render them as filters (policies.securityGroups: firewall-filter)`;
  const unknown = names.filter((name) => !groups.has(name));
  if (unknown.length === 0) return undefined;
  return `security groups that the configuration does not define (securityGroups): ${unknown.join(', ')}`;
}
