import type { Scenario } from '../../../lab/scenarios/scenario';

/** The servers of the played ports, by their numbers from 0. */
export const serverOf = (index: number): number => 1_001 + index;

/** A site with one server for each played port, and nothing but a cloud. @param fixedOf the fixed address of a server's port. */
export function siteOfServers(count: number, fixedOf: (index: number) => string): Omit<Scenario, 'name'> {
  return {
    panel: {
      servers: Array.from({ length: count }, (_, index) => ({
        id: serverOf(index),
        servername: `vm-${index}`,
        kind: 'dedicated' as const,
        ips: [fixedOf(index)],
      })),
      networkDevices: [],
      subnets: [
        { id: 1, subnet: '10.10.10.0', cidr: 24, gw: '10.10.10.1' },
        { id: 2, subnet: '10.20.0.0', cidr: 16, gw: '10.20.0.1' },
      ],
      externalProviders: [],
    },
    proxmox: [],
    switches: [],
  };
}
