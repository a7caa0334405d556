import type { Scenario, SwitchWorld } from './scenario';

/** How big a generated world is. */
export interface FleetSize {
  readonly switches: number;
  readonly serversPerSwitch: number;
  readonly profile?: SwitchWorld['profile'];
  /** Whether the switches have every binding from the start. Default: none. */
  readonly isBound?: boolean;
}

const FIRST_SERVER = 1_000;

/** The id of the n-th dedicated server on the s-th switch, both counted from 0. */
export function fleetServerId(size: FleetSize, switchIndex: number, serverIndex: number): number {
  return FIRST_SERVER + switchIndex * size.serversPerSwitch + serverIndex;
}

/** A world of non-ELS access switches full of dedicated servers with one address each, for bursts and benchmarks. */
export function fleetScenario(size: FleetSize): Scenario {
  const port = (index: number): string => `ge-${Math.floor(index / 48)}/0/${index % 48}`;
  const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const ip = (s: number, n: number): string => `10.${s + 1}.${Math.floor(n / 250)}.${(n % 250) + 2}`;
  const mac = (s: number, n: number): string =>
    `02:00:00:${[s + 1, Math.floor(n / 256), n % 256].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
  const binding = (s: number, n: number): string =>
    `set ethernet-switching-options secure-access-port interface ${port(n)}.0 static-ip ${ip(s, n)} vlan VLAN.13 mac ${mac(s, n)}`;
  return {
    name: `fleet-${size.switches}x${size.serversPerSwitch}`,
    panel: {
      servers: indices(size.switches).flatMap((s) =>
        indices(size.serversPerSwitch).map((n) => ({
          id: fleetServerId(size, s, n),
          servername: `server-${s + 1}-${n + 1}`,
          kind: 'dedicated' as const,
          ips: [ip(s, n)],
          pxeMac: mac(s, n),
          switchPorts: [{ switchId: s + 1, portId: n + 1, switchAutomation: true }],
        })),
      ),
      networkDevices: indices(size.switches).map((s) => ({
        id: s + 1,
        name: `access-${s + 1}`,
        managementVendor: 'juniperSsh',
        managementUser: 'portwarden',
        managementPassword: `lab-secret-${s + 1}`,
        ports: indices(size.serversPerSwitch).map((n) => ({ id: n + 1, name: port(n) })),
      })),
      subnets: indices(size.switches).map((s) => ({
        id: s + 1,
        subnet: `10.${s + 1}.0.0`,
        cidr: 16,
        gw: `10.${s + 1}.0.1`,
        staticAccessVlanId: 13,
      })),
      externalProviders: [],
    },
    proxmox: [],
    switches: indices(size.switches).map((s) => ({
      id: s + 1,
      profile: size.profile ?? 'ex3300-12.3',
      username: 'portwarden',
      password: `lab-secret-${s + 1}`,
      configuration: [
        `set system host-name access-${s + 1}`,
        'set vlans VLAN.13 vlan-id 13',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
        ...(size.isBound === true ? indices(size.serversPerSwitch).map((n) => binding(s, n)) : []),
      ],
    })),
  };
}
