import type { NeutronPort, Subnet } from '../../clients/openstack/schemas';
import type { Exclusion } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import { errorReport, type ErrorReport } from '../../domain/errors';
import { isRedundant, pairKey, type AddressPair } from '../../domain/policies/addressPair';
import type { EffectivePolicy } from '../../domain/policies/effectivePolicy';
import { covers, isRange, tryParseIp, type IpAddress } from '../../domain/values/ip';
import { tryParseMac } from '../../domain/values/mac';
import { keyOf, statementOf } from './pairs';

/** The pairs that a policy wants on a port. */
export interface PolicyPairs {
  readonly bindings: readonly Statement[];
  readonly excluded: readonly Exclusion[];
  readonly refused: readonly ErrorReport[];
  readonly remarks: readonly string[];
}

/** An address in the network of a port that somebody else has. */
interface TakenAddress {
  readonly ip: IpAddress;
  readonly by: string;
}

/**
 * The pairs of a policy in the port's own statements: none that the port sends from anyway, and an address that a gateway
 * or another port has only when the policy says so. One that the port has already stays, whoever got its address since.
 */
export function pairsOfPolicy(
  port: NeutronPort,
  { allowedAddressPairs }: EffectivePolicy,
  ports: readonly NeutronPort[],
  subnets: readonly Subnet[],
): PolicyPairs {
  const mac = tryParseMac(port.mac_address);
  if (allowedAddressPairs === undefined || mac === undefined)
    return { bindings: [], excluded: [], refused: [], remarks: [] };
  const ips = port.fixed_ips.flatMap(({ ip_address }) => tryParseIp(ip_address) ?? []);
  const taken = takenAddresses(port, ports, subnets);
  const present = new Set(port.allowed_address_pairs.map(keyOf));
  const meant = new Set(
    allowedAddressPairs.from
      .filter(({ takenAddresses: isMeant }) => isMeant === true)
      .flatMap(({ allowedAddressPairs: pairs }) => (pairs ?? []).map((pair) => pairKey(pair, mac))),
  );
  const bindings: Statement[] = [];
  const excluded: Exclusion[] = [];
  const refused: ErrorReport[] = [];
  const remarks: string[] = [];
  for (const pair of allowedAddressPairs.value) {
    const { address } = pair;
    const statement = statementOf({ ip_address: address, mac_address: pair.mac ?? mac });
    if (isRedundant(pair, { mac, ips })) {
      excluded.push(redundant(port, pair));
      continue;
    }
    const others = taken.filter(({ ip }) => (isRange(address) ? covers([address], ip) : address === ip));
    const isMeant = meant.has(pairKey(pair, mac));
    if (others.length > 0 && !isRange(address) && !isMeant && !present.has(statement.key)) {
      const message = `${address} is ${others.map(({ by }) => by).join(' and ')}: with it the port could take that over`;
      refused.push(errorReport('address-pair-taken', message));
      continue;
    }
    if (others.length > 0 && !isMeant)
      remarks.push(`${address} lets ${port.id} send as ${others.map(({ ip, by }) => `${ip} (${by})`).join(', ')} too`);
    bindings.push(statement);
  }
  return { bindings, excluded, refused, remarks };
}

/** Addresses of gateways and other ports in the port's network, as far as the login sees them. */
function takenAddresses(
  port: NeutronPort,
  ports: readonly NeutronPort[],
  subnets: readonly Subnet[],
): readonly TakenAddress[] {
  const gateways = subnets
    .filter(({ network_id }) => network_id === port.network_id)
    .flatMap(({ gateway_ip }): TakenAddress[] => {
      const ip = gateway_ip === null ? undefined : tryParseIp(gateway_ip);
      return ip === undefined ? [] : [{ ip, by: 'the gateway of the network' }];
    });
  const fixed = ports
    .filter(({ id, network_id }) => id !== port.id && network_id === port.network_id)
    .flatMap(({ id, fixed_ips }) =>
      fixed_ips.flatMap(({ ip_address }): TakenAddress[] => {
        const ip = tryParseIp(ip_address);
        return ip === undefined ? [] : [{ ip, by: `a fixed address of port ${id}` }];
      }),
    );
  return [...gateways, ...fixed.filter(({ ip }) => !gateways.some((gateway) => gateway.ip === ip))];
}

function redundant({ id }: NeutronPort, { address }: AddressPair): Exclusion {
  return {
    ip: address as IpAddress,
    rule: 'fixed-address',
    message: `${address} is a fixed address of ${id}: it is let through without a pair`,
  };
}
