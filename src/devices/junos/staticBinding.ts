import type { Statement } from '../../domain/change/statement';
import { parseIp, type IpAddress } from '../../domain/values/ip';
import type { VlanId } from '../../domain/values/vlan';

/**
 * A binding as Junos holds it: the VLAN is named, not numbered, and what a person configured by hand may lack a MAC.
 * Such an entry is compared as it is and never equals a desired one.
 */
export interface StaticBinding {
  readonly ip: IpAddress;
  /** Canonical when it parses, else as the device spells it; empty when the statement has none. */
  readonly mac: string;
  readonly vlanName: string;
}

/** The binding as a statement. @param vlan the id behind the VLAN's name, where the switch says it. */
export function statementOf({ ip, mac, vlanName }: StaticBinding, vlan?: VlanId): Statement {
  return {
    key: keyOfBinding({ ip, mac, vlanName }),
    text: [ip, mac, vlanName].filter((word) => word !== '').join(' '),
    ip,
    ...(mac === '' ? {} : { mac }),
    ...(vlan === undefined ? {} : { vlan }),
  };
}

/** The key of a binding's statement: address, MAC and VLAN name, with single spaces between them. */
export function keyOfBinding({ ip, mac, vlanName }: StaticBinding): string {
  return `${ip} ${mac.replace(/[\s%]/g, encodeURIComponent)} ${vlanName}`;
}

/**
 * The binding that a statement stands for.
 * @throws RangeError when the statement is not one of a Junos switch.
 */
export function bindingOf({ key }: Statement): StaticBinding {
  const [, ip, mac, vlanName] = /^(\S+) (\S*) (.*)$/s.exec(key) ?? [];
  if (ip === undefined || mac === undefined || vlanName === undefined)
    throw new RangeError(`${JSON.stringify(key)} is not the key of a static binding`);
  return { ip: parseIp(ip), mac: decodeURIComponent(mac), vlanName };
}
