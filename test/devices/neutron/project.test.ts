import { parsePortName } from '../../../src/domain/values/port';
import { describeCompliance } from '../compliance/compliance';
import { startProject } from './cloud';
import { MAC_10, MAC_20, WRITTEN_PORT_BY_PORT, type ComplianceSubject } from '../compliance/subject';

/** A project of the fake cloud. */
async function project(): Promise<ComplianceSubject> {
  const { lab, cloud, device, stop } = await startProject();
  const { state } = lab;
  const seed = new Map([
    [cloud.first.id, { ip_address: '192.0.2.10', mac_address: MAC_10 }],
    [cloud.second.id, { ip_address: '192.0.2.20', mac_address: MAC_20 }],
  ]);
  return {
    device: () => device,
    can: WRITTEN_PORT_BY_PORT,
    ports: {
      first: parsePortName(cloud.first.id),
      firstAlias: parsePortName(cloud.first.id.toUpperCase()),
      second: parsePortName(cloud.second.id),
      empty: parsePortName(cloud.third.id),
      emptyAlias: parsePortName(cloud.third.id.toUpperCase()),
    },
    lines: (port, ip, mac) => [`${port} ${mac}|${ip}`],
    statements: async () =>
      [...state.ports.values()]
        .flatMap(({ id, allowed_address_pairs: pairs }) =>
          pairs.map(({ mac_address, ip_address }) => `${id} ${mac_address}|${ip_address}`),
        )
        .sort(),
    rest: async () =>
      JSON.stringify(
        [...state.ports.values()].map(
          ({ id, name, security_groups, port_security_enabled, fixed_ips, mac_address }) => ({
            ...{ id, name, security_groups, port_security_enabled, fixed_ips, mac_address },
          }),
        ),
      ),
    reset: async () => {
      lab.ports.refused = [];
      for (const port of state.ports.values()) {
        const pair = seed.get(port.id);
        port.allowed_address_pairs = pair === undefined ? [] : [pair];
      }
    },
    refuse: (ips) => {
      lab.ports.refused = ips;
    },
    secret: cloud.credential.secret,
    stop,
  };
}

describeCompliance('a project of the fake cloud', project);
