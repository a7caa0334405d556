import type { NeutronPort } from '../../clients/openstack/schemas';
import type { PortPlan } from '../../domain/change/plan';
import { applyPlan } from '../../domain/change/plan';
import type { Exclusion } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { PortwardenError } from '../../domain/errors';
import { tryParseIp } from '../../domain/values/ip';
import { tryParseMac } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, Translation } from '../device';
import { portId } from './naming';
import { canonical, keyOf, pairOf, statementOf, statementsOf, type AddressPair } from './pairs';

/** The ports of a project at one moment. */
export class NeutronState implements DeviceState {
  /** By recorded figures of an API without load: a write and the reading that proves it. */
  readonly assumedCommitSeconds = 1;
  private readonly ports: ReadonlyMap<string, NeutronPort>;

  /** @param maxPairs the cloud's `max_allowed_address_pair`. */
  constructor(
    ports: readonly NeutronPort[],
    private readonly maxPairs: number,
  ) {
    this.ports = new Map(ports.map((port) => [port.id, port]));
  }

  /** The port as Neutron shows it; undefined when the project has none of this id. */
  port(name: PortName): NeutronPort | undefined {
    return this.ports.get(portId(name));
  }

  /** Every port of the project, for a backup. */
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

  translate(port: PortName, desired: readonly Binding[]): Translation {
    const found = this.port(port);
    const excluded = found === undefined ? [] : desired.flatMap((binding) => whyNot(found, binding));
    const left = new Set(excluded.map(({ ip }) => ip));
    return { statements: desired.filter(({ ip }) => !left.has(ip)).map(statementOfBinding), excluded };
  }

  refusal(plan: PortPlan): PortwardenError | undefined {
    const port = this.port(plan.port);
    if (port === undefined)
      return new PortwardenError(
        'device-rejected',
        `There is no port ${plan.port} in the project, or the login may not see it`,
      );
    const left = pairsAfter(port, plan).length;
    if (left <= this.maxPairs || plan.add.length === 0) return undefined;
    return new PortwardenError(
      'device-rejected',
      `${left} of ${this.maxPairs} pairs: the port has ${port.allowed_address_pairs.length}, ${plan.add.length} are to come and ${plan.remove.length} to go`,
    );
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap(({ port, remove, add }) => [
      ...remove.map((statement) => `openstack port unset ${option(statement)} ${port}`),
      ...add.map((statement) => `openstack port set ${option(statement)} ${port}`),
    ]);
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => [
      `openstack port set --no-allowed-address ${plan.port}`,
      ...applyPlan(this.statements(plan.port), plan).map(
        (statement) => `openstack port set ${option(statement)} ${plan.port}`,
      ),
    ]);
  }

  notes(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap(({ port: name }) => {
      const port = this.port(name);
      if (port === undefined) return [];
      return [
        ...(port.security_groups.length === 0 && port.port_security_enabled === true
          ? [`${name} has no security group: whatever no group allows is dropped, pairs or not`]
          : []),
        ...port.allowed_address_pairs
          .filter(hasHostBits)
          .map(
            ({ ip_address }) =>
              `${name} has the pair ${ip_address}, which back ends read differently: one address or the whole range`,
          ),
      ];
    });
  }

  commitsFor(plans: readonly PortPlan[]): number {
    return plans.length;
  }
}

/** The pairs of a port once a plan is carried out; those that stay keep their spelling. */
export function pairsAfter(
  { allowed_address_pairs: pairs }: NeutronPort,
  { remove, add }: PortPlan,
): readonly AddressPair[] {
  const gone = new Set(remove.map(({ key }) => key));
  return [...pairs.filter((pair) => !gone.has(keyOf(pair))), ...add.map(pairOf)];
}

/** Why an address is no pair of a port. */
function whyNot(port: NeutronPort, { ip, mac }: Binding): readonly Exclusion[] {
  if (port.port_security_enabled === false)
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

function option(statement: Statement): string {
  const { ip_address, mac_address } = pairOf(statement);
  return `--allowed-address ip-address=${ip_address},mac-address=${tryParseMac(mac_address) ?? mac_address}`;
}

/** Whether a range of IPv4 names an address inside of it. */
function hasHostBits(pair: AddressPair): boolean {
  const [address = '', prefix] = canonical(pair).ip_address.split('/');
  const octets = address.split('.').map(Number);
  if (prefix === undefined || octets.length !== 4) return false;
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return value % 2 ** (32 - Number(prefix)) !== 0;
}
