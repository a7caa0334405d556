import { describeCompliance } from '../compliance/compliance';
import { WRITTEN_PORT_BY_PORT, type ComplianceSubject } from '../compliance/subject';
import { allEntries, EMPTY, FIRST, SECOND, shouted, startCluster } from './cluster';

/** A cluster of the lab: three NICs of one guest. */
async function cluster(): Promise<ComplianceSubject> {
  const { lab, device, put, token, stop } = await startCluster();
  return {
    device: () => device,
    can: WRITTEN_PORT_BY_PORT,
    ports: { first: FIRST, firstAlias: shouted(FIRST), second: SECOND, empty: EMPTY, emptyAlias: shouted(EMPTY) },
    lines: (port, ip) => [`${port} ${ip}`],
    statements: async () => allEntries(lab),
    rest: async () =>
      JSON.stringify([
        lab.cluster.firewallOptions,
        lab.cluster.guests,
        [...lab.cluster.firewalls].map(([vmid, { options, sets }]) => [
          ...[vmid, options],
          ...[...sets].filter(([name]) => !name.startsWith('ipfilter-')),
        ]),
      ]),
    reset: async () => {
      lab.cluster.refusedEntries = [];
      const { sets } = lab.cluster.firewall(101);
      sets.clear();
      sets.set('office', { comment: 'of somebody else', entries: [] });
      put(FIRST, ['192.0.2.10']);
      put(SECOND, ['192.0.2.20']);
    },
    refuse: (ips) => {
      lab.cluster.refusedEntries = ips;
    },
    secret: token,
    stop,
  };
}

describeCompliance("guests' NICs of a Proxmox cluster", cluster);
