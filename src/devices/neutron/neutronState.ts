import type { NeutronPort } from '../../clients/openstack/schemas';
import type { PortPlan } from '../../domain/change/plan';
import { applyPlan } from '../../domain/change/plan';
import type { Exclusion } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import { coverageOf, type CoverageEntry } from '../../domain/coverage';
import type { Binding } from '../../domain/desired/binding';
import { PortwardenError } from '../../domain/errors';
import { tryParseIp } from '../../domain/values/ip';
import { tryParseMac } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, Translation } from '../device';
import { portId } from './naming';
import { commandsOf, replacementOf } from './commands';
import { CLOUD_COVERAGE, coverageOfPort } from './coverage';
import { isEnforcement } from './enforcement';
import { NeutronPolicies } from './neutronPolicies';
import { ALL_ATTRIBUTES, type OwnedAttributes } from './ownedAttributes';
import { whatOpens } from './opening';
import { hostBitsOf, keyOf, statementOf, statementsOf } from './pairs';
import { changeOf, pairsAfter } from './portChange';
import type { Surroundings } from './surroundings';

/** The ports of a project at one moment. */
export class NeutronState implements DeviceState {
  /** By recorded figures of an API without load: a write and the reading that proves it. */
  readonly assumedCommitSeconds = 1;
  readonly policies: NeutronPolicies;
  private readonly ports: ReadonlyMap<string, NeutronPort>;

  /**
   * @param maxPairs the cloud's `max_allowed_address_pair`.
   * @param surroundings what policies are judged by; absent where none may concern the ports.
   * @param owned what of the ports is portwarden's to write.
   */
  constructor(
    ports: readonly NeutronPort[],
    private readonly maxPairs: number,
    readonly surroundings?: Surroundings,
    owned: OwnedAttributes = ALL_ATTRIBUTES,
  ) {
    this.ports = new Map(ports.map((port) => [port.id, port]));
    this.policies = new NeutronPolicies(this, surroundings, owned);
  }

  /** The port as Neutron shows it; undefined when the project has none of this id. */
  port(name: PortName): NeutronPort | undefined {
    return this.ports.get(portId(name));
  }

  /** Every port of the project. */
  all(): readonly NeutronPort[] {
    return [...this.ports.values()];
  }

  effectivePort(port: PortName): PortName {
    return portId(port);
  }

  boundPorts(): readonly PortName[] {
    return [...this.ports.values()]
      .filter(({ allowed_address_pairs: pairs }) => pairs.length > 0)
      .map(({ id }) => id as PortName);
  }

  statements(port: PortName): readonly Statement[] {
    return statementsOf(this.port(port)?.allowed_address_pairs ?? []);
  }

  translate(port: PortName, desired: readonly Binding[], isEnforced = false): Translation {
    const found = this.port(port);
    const excluded = found === undefined ? [] : desired.flatMap((binding) => whyNot(found, binding, isEnforced));
    const left = new Set(excluded.map(({ ip }) => ip));
    return { statements: desired.filter(({ ip }) => !left.has(ip)).map(statementOfBinding), excluded };
  }

  refusal(plan: PortPlan, foreign: readonly Statement[] = []): PortwardenError | undefined {
    const port = this.port(plan.port);
    if (port === undefined)
      return new PortwardenError(
        'device-rejected',
        `There is no port ${plan.port} in the project, or the login may not see it`,
      );
    const left = pairsAfter(port, plan);
    if (left.length <= this.maxPairs || !plan.add.some((statement) => !isEnforcement(statement))) return undefined;
    const foreignKeys = new Set(foreign.map(({ key }) => key));
    const others = left.filter((pair) => foreignKeys.has(keyOf(pair))).length;
    return new PortwardenError(
      'device-rejected',
      `${left.length} of ${this.maxPairs} pairs (${left.length - others} ours, ${others} foreign): ${plan.port} takes no more than ${this.maxPairs}. Name fewer addresses, remove foreign pairs, or let the cloud raise \`max_allowed_address_pair\``,
    );
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => commandsOf(plan));
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const all = [...this.statements(plan.port), ...this.policies.enforcement(plan.port)];
      return replacementOf(plan.port, applyPlan(all, plan));
    });
  }

  notes(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => {
      const { port: name } = plan;
      const port = this.port(name);
      if (port === undefined) return [];
      return [
        ...whatOpens(port, plan, this.all(), this.surroundings?.floatingIps),
        ...(hasNoGroup(port, plan)
          ? [`${name} has no security group: whatever no group allows is dropped, pairs or not`]
          : []),
        ...port.allowed_address_pairs
          .filter((pair) => hostBitsOf(pair) !== undefined)
          .map(
            ({ ip_address }) =>
              `${name} has the pair ${ip_address}, which back ends read differently: one address or the whole range`,
          ),
      ];
    });
  }

  coverage(port: PortName): readonly CoverageEntry[] {
    return coverageOf(CLOUD_COVERAGE, coverageOfPort(this.port(port), this.all()));
  }

  commitsFor(plans: readonly PortPlan[]): number {
    return plans.length;
  }
}

/** Whether an enforced port has no security group once a plan is carried out. */
function hasNoGroup(port: NeutronPort, plan: PortPlan): boolean {
  const { port_security_enabled: isOn, security_groups: groups } = changeOf(port, plan);
  return isOn === true && groups.length === 0;
}

/** Why an address is no pair of a port. */
function whyNot(port: NeutronPort, { ip, mac }: Binding, isEnforced: boolean): readonly Exclusion[] {
  if (port.port_security_enabled === false && !isEnforced)
    return [
      {
        ip,
        rule: 'port-security-off',
        message: `port security of ${port.id} is off${port.device_owner.startsWith('network:') ? ` (it is a port of the cloud's own, ${port.device_owner})` : ''}: it lets every address through, and takes no pair`,
      },
    ];
  if (tryParseMac(port.mac_address) === mac && port.fixed_ips.some((fixed) => tryParseIp(fixed.ip_address) === ip))
    return [
      {
        ip,
        rule: 'fixed-address',
        message: `${ip} is a fixed address of ${port.id}: it is let through without a pair`,
      },
    ];
  return [];
}

function statementOfBinding({ ip, mac }: Binding): Statement {
  return statementOf({ ip_address: ip, mac_address: mac });
}
