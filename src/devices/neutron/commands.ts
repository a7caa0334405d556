import type { PortPlan } from '../../domain/change/plan';
import type { Statement } from '../../domain/change/statement';
import { tryParseMac } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import { groupOf, isEnforcement, isOff } from './enforcement';
import { pairOf } from './pairs';

/** A plan as somebody would carry it out with OpenStack's own client. */
export function commandsOf({ port, remove, add }: PortPlan): readonly string[] {
  if (add.some(isOff)) return [switchedOff(port)];
  const others = remove.filter((statement) => !isOff(statement));
  return [
    ...others.map((statement) => `openstack port unset ${optionOf(statement)} ${port}`),
    ...(remove.some(isOff)
      ? [switchedOn(port, add)]
      : add.map((statement) => `openstack port set ${optionOf(statement)} ${port}`)),
  ];
}

/** What a port shall have, whatever it has. */
export function replacementOf(port: PortName, shallHave: readonly Statement[]): readonly string[] {
  if (shallHave.some(isOff)) return [switchedOff(port)];
  const groups = shallHave.filter((statement) => groupOf(statement) !== undefined);
  const pairs = shallHave.filter((statement) => !isEnforcement(statement));
  return [
    `openstack port set --no-security-group --no-allowed-address ${port}`,
    ...(groups.length === 0 ? [] : [`openstack port set ${groups.map(optionOf).join(' ')} ${port}`]),
    ...pairs.map((statement) => `openstack port set ${optionOf(statement)} ${port}`),
  ];
}

/** Groups and pairs have to go in the same request, or Neutron refuses it. */
function switchedOff(port: PortName): string {
  return `openstack port set --no-security-group --no-allowed-address --disable-port-security ${port}`;
}

function switchedOn(port: PortName, add: readonly Statement[]): string {
  return ['openstack port set --enable-port-security', ...add.map(optionOf), port].join(' ');
}

function optionOf(statement: Statement): string {
  const group = groupOf(statement);
  if (group !== undefined) return `--security-group ${group}`;
  const { ip_address, mac_address } = pairOf(statement);
  return `--allowed-address ip-address=${ip_address},mac-address=${tryParseMac(mac_address) ?? mac_address}`;
}
