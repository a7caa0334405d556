import type { SwitchWorld } from '../lab/scenarios/scenario';

/** A binding as JSON carries it. */
export interface PlainBinding {
  readonly ip: string;
  readonly mac: string;
  readonly vlan: number;
}

export const PORTS_VLAN = 100;
const PORTS_OF_A_MEMBER = 48;

/** The n-th port of a virtual chassis, counted from 0. */
export function portName(n: number): string {
  return `ge-${Math.floor(n / PORTS_OF_A_MEMBER)}/0/${n % PORTS_OF_A_MEMBER}`;
}

/** The n-th of very many bindings, no two alike. */
export function nthBinding(n: number): PlainBinding {
  const byte = (shift: number): number => (n >> shift) & 255;
  const hex = (shift: number): string => byte(shift).toString(16).padStart(2, '0');
  return {
    ip: `10.${byte(16)}.${byte(8)}.${byte(0)}`,
    mac: `02:00:00:${hex(16)}:${hex(8)}:${hex(0)}`,
    vlan: PORTS_VLAN,
  };
}

/** A binding as the line of configuration of an ELS switch that allows it on a port. */
export function bindingLine(port: string, { ip, mac }: PlainBinding): string {
  return `set vlans v${PORTS_VLAN} forwarding-options dhcp-security group hosts interface ${port}.0 static-ip ${ip} mac ${mac}`;
}

/** An ELS switch all of whose ports are access ports of one VLAN. The first ones have one binding each, from the first one on. */
export function elsSwitch(ports: number, bound: number): SwitchWorld {
  const names = Array.from({ length: ports }, (_, n) => portName(n));
  return {
    id: 1,
    profile: 'ex3400-18',
    username: 'portwarden',
    password: 'lab-secret',
    configuration: [
      `set vlans v${PORTS_VLAN} vlan-id ${PORTS_VLAN}`,
      ...names.flatMap((name, n) => [
        `set interfaces ${name} unit 0 family ethernet-switching interface-mode access`,
        `set interfaces ${name} unit 0 family ethernet-switching vlan members v${PORTS_VLAN}`,
        ...(n < bound ? [bindingLine(name, nthBinding(n))] : []),
      ]),
    ],
  };
}
