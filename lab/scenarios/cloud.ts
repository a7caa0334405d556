import type { Scenario } from './scenario';

/**
 * The world of `npm run lab -- neutron`: a panel whose servers 401 and 402 are virtual machines of an OpenStack cloud, one at its
 * port by configuration and one by a tag; and machines with two ports each, for policies of single ports.
 */
export const cloudScenario: Scenario = {
  name: 'cloud',
  panel: {
    servers: [
      { id: 401, servername: 'vm-a', kind: 'dedicated', ips: ['10.10.10.11'] },
      { id: 402, servername: 'vm-b', kind: 'dedicated', ips: ['10.10.10.12'] },
    ],
    networkDevices: [],
    subnets: [{ id: 401, subnet: '10.10.10.0', cidr: 24, gw: '10.10.10.1' }],
    externalProviders: [],
  },
  proxmox: [],
  switches: [],
  cloud: {
    name: 'lab',
    ports: [
      { name: 'vm-a', machine: 'vm-a', address: '10.10.10.11', server: { id: 401, by: 'configuration' } },
      {
        name: 'vm-b',
        machine: 'vm-b',
        address: '10.10.10.12',
        groups: ['web', 'ssh'],
        floatingIp: '203.0.113.12',
        server: { id: 402, by: 'tag' },
      },
      { name: 'web-front', machine: 'web', address: '10.10.10.21' },
      { name: 'web-back', machine: 'web', address: '10.10.10.22' },
      { name: 'db-front', machine: 'db', address: '10.10.10.31' },
      { name: 'db-database', machine: 'db', address: '10.10.10.32', groups: ['database'] },
    ],
  },
};
