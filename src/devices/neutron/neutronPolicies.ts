import type { NeutronPort, SecurityGroup } from '../../clients/openstack/schemas';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import { errorReport, type ErrorReport } from '../../domain/errors';
import type { EffectivePolicy } from '../../domain/policies/effectivePolicy';
import { tryParseMac } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { AskedPolicy, CarriedPolicy, PolicyCarrier, PolicyFacts } from '../policyCarrier';
import { enforcementOf, groupOf, groupStatement, isOff, SECURITY_OFF } from './enforcement';
import { withinOwned, type OwnedAttributes } from './ownedAttributes';
import { pairsOfPolicy } from './policyPairs';
import type { Surroundings } from './surroundings';
import { enforcementDoubt, whyLeftAlone } from './specialPorts';

/** What policies are carried out upon. */
export interface PolicyGround {
  port(name: PortName): NeutronPort | undefined;
  all(): readonly NeutronPort[];
}

type Enforcement = Pick<CarriedPolicy, 'enforcement' | 'refused' | 'remarks'> &
  Partial<Pick<CarriedPolicy, 'suspends' | 'waiting' | 'lost'>>;

const SUSPENDED = { by: SECURITY_OFF.key };

/** Carries port policies out: port security, security groups and address pairs, judged together as Neutron does. */
export class NeutronPolicies implements PolicyCarrier {
  /** @param surroundings absent while no policy may concern the ports: then groups have no names. */
  constructor(
    private readonly ground: PolicyGround,
    private readonly surroundings: Surroundings | undefined,
    private readonly owned: OwnedAttributes,
  ) {}

  facts(name: PortName): PolicyFacts | undefined {
    const port = this.ground.port(name);
    if (port === undefined) return undefined;
    const mac = tryParseMac(port.mac_address);
    return { network: port.network_id, ...(mac === undefined ? {} : { mac }) };
  }

  enforcement(name: PortName): readonly Statement[] {
    const port = this.ground.port(name);
    return port === undefined ? [] : enforcementOf(port, (id) => this.surroundings?.groups.get(id)?.name);
  }

  mark(name: PortName): string | undefined {
    const revision = this.ground.port(name)?.revision_number;
    return revision === undefined ? undefined : `revision ${revision}`;
  }

  carryOut(name: PortName, asked: AskedPolicy): CarriedPolicy {
    const port = this.ground.port(name);
    const { natural } = asked;
    const alone = port === undefined ? `There is no port ${name}` : whyLeftAlone(port, asked.policy);
    if (port === undefined || alone !== undefined)
      return {
        enforcement: natural,
        bindings: [],
        excluded: [],
        refused: [errorReport('policy-not-enforceable', alone ?? `There is no port ${name}`)],
        remarks: [],
      };
    const { policy, refused } = withinOwned(this.owned, asked.policy, port);
    const enforcement = this.enforce(port, { ...asked, policy });
    const pairs =
      enforcement.suspends !== undefined
        ? { bindings: [], excluded: [], refused: [], remarks: [] }
        : pairsOfPolicy(port, policy, this.ground.all(), this.surroundings?.subnets ?? []);
    return {
      ...enforcement,
      bindings: pairs.bindings,
      excluded: pairs.excluded,
      refused: [...refused, ...enforcement.refused, ...pairs.refused],
      remarks: [...enforcement.remarks, ...pairs.remarks, ...enforcementDoubt(port, this.ground.all())],
    };
  }

  private enforce(port: NeutronPort, { policy, natural, isApproved }: AskedPolicy): Enforcement {
    const isOffNow = port.port_security_enabled === false;
    if (policy.portSecurity?.value === 'off' || (isOffNow && !this.owned.portSecurity))
      return { enforcement: [SECURITY_OFF], suspends: SUSPENDED, refused: [], remarks: [] };
    const { groups, refused, remarks } = this.groupsOf(port, policy, natural);
    if (natural.some(isOff) && this.owned.portSecurity)
      return this.enforceOpenPort(port, policy, { groups, refused, isApproved });
    const present = new Set(port.security_groups);
    const known = (group: Statement): boolean => {
      const id = groupOf(group) ?? '';
      return present.has(id) || (this.owned.securityGroups && this.surroundings?.groups.has(id) === true);
    };
    const lost = groups.filter((group) => !known(group));
    const left = this.owned.securityGroups ? groups.filter(known) : this.groupsPresent(port);
    if (isOffNow && lost.length > 0 && !isApproved) {
      const reason = `${list(lost)}: deleted meanwhile, of a project that the login may not see, or not portwarden's to give, so what ${port.id} had before its security was switched off cannot be restored whole. It stays off. An approval switches it on with ${left.length === 0 ? 'no group, which drops everything that a group would allow' : list(left)}`;
      return {
        enforcement: [SECURITY_OFF],
        suspends: SUSPENDED,
        waiting: { enforcement: left, reason },
        refused,
        remarks,
      };
    }
    return {
      enforcement: left,
      lost: lost.map(({ key }) => key),
      refused,
      remarks: [
        ...remarks,
        ...lost.map(({ text }) => `${text} is gone and was not restored`),
        ...(left.length === 0 && speaksOfGroups(policy) ? [antiSpoofingOnly(port)] : []),
      ],
    };
  }

  /** A port whose security somebody else switched off, or that was made so: without a policy that says on, it is off again. */
  private enforceOpenPort(
    port: NeutronPort,
    policy: EffectivePolicy,
    {
      groups,
      refused,
      isApproved,
    }: {
      readonly groups: readonly Statement[];
      readonly refused: readonly ErrorReport[];
      readonly isApproved: boolean;
    },
  ): Enforcement {
    if (policy.portSecurity === undefined) {
      const needsOn = policy.securityGroups !== undefined || (policy.allowedAddressPairs?.value.length ?? 0) > 0;
      const message = `Port security of ${port.id} is off, and not by a policy: groups and further addresses need it. Say port security on too`;
      return {
        enforcement: [SECURITY_OFF],
        suspends: SUSPENDED,
        refused: [...refused, ...(needsOn ? [errorReport('policy-security-off', message)] : [])],
        remarks: [],
      };
    }
    const isKnown = policy.securityGroups !== undefined && refused.length === 0;
    if (isKnown || isApproved || port.port_security_enabled !== false)
      return { enforcement: groups, refused, remarks: groups.length === 0 ? [antiSpoofingOnly(port)] : [] };
    const reason = `No groups are known for ${port.id}: its security was off before a policy came, so nothing is remembered. It stays off. Name the groups in the policy; an approval switches it on with none, which drops everything that a group would allow`;
    return {
      enforcement: [SECURITY_OFF],
      suspends: SUSPENDED,
      waiting: { enforcement: [], reason },
      refused,
      remarks: [],
    };
  }

  /** The groups that the port shall have once it is enforced. */
  private groupsOf(
    port: NeutronPort,
    { securityGroups }: EffectivePolicy,
    natural: readonly Statement[],
  ): {
    readonly groups: readonly Statement[];
    readonly refused: readonly ErrorReport[];
    readonly remarks: readonly string[];
  } {
    const others = natural.filter((one) => groupOf(one) !== undefined);
    if (securityGroups === undefined) return { groups: others, refused: [], remarks: [] };
    const { value: ids, exclusive } = securityGroups;
    const refused = ids.flatMap((id) => this.whyNoGroup(port, id));
    if (refused.length > 0) return { groups: others, refused, remarks: [] };
    const wanted = ids.map((id) => groupStatement(id, this.surroundings?.groups.get(id)?.name));
    const foreign = others.filter((one) => !ids.includes(groupOf(one) ?? ''));
    if (exclusive) return { groups: wanted, refused: [], remarks: [] };
    return {
      groups: distinctStatements([...wanted, ...foreign]),
      refused: [],
      remarks:
        foreign.length === 0 ? [] : [`${list(foreign)} stays: it is not ours, and only \`exclusive\` takes it away`],
    };
  }

  private groupsPresent(port: NeutronPort): readonly Statement[] {
    return this.enforcement(port.id as PortName).filter((one) => groupOf(one) !== undefined);
  }

  private whyNoGroup(port: NeutronPort, id: string): ErrorReport[] {
    const group: SecurityGroup | undefined = this.surroundings?.groups.get(id);
    if (group === undefined)
      return [errorReport('policy-group-unknown', `There is no security group ${id}, or the login may not see it`)];
    if (group.project_id === port.project_id) return [];
    const message = `Security group ${group.name} (${id}) is of another project (${group.project_id}), whose members could change what ${port.id} lets through`;
    return [errorReport('policy-group-foreign', message)];
  }
}

function speaksOfGroups({ portSecurity, securityGroups }: EffectivePolicy): boolean {
  return portSecurity !== undefined || securityGroups !== undefined;
}

function antiSpoofingOnly({ id }: NeutronPort): string {
  return `${id} has anti-spoofing only: it has no security group, which drops everything that a group would allow`;
}

function list(statements: readonly Statement[]): string {
  return statements.map(({ text }) => text).join(', ');
}
