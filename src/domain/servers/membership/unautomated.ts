import type { StandingFinding } from '../../standing';
import { samePort } from '../../values/port';
import type { PortFacts } from '../portFacts';
import type { NodeSubject } from '../portRequest';
import { nameOf } from './finding';

/** A node behind a port, with the guests that were read there. */
export interface NodeGuests extends NodeSubject {
  readonly vmids: readonly number[];
}

/**
 * Servers and guests at a port that are not automated, and why: a connection without `switchAutomation: true`, a guest
 * that no server of the panel claims.
 */
export function unautomatedAt(facts: PortFacts, nodes: readonly NodeGuests[]): readonly StandingFinding[] {
  const servers = facts.servers.flatMap((server): StandingFinding[] => {
    const { entry, serverId } = server;
    if (entry.state !== 'found' || entry.connections === undefined || entry.connections === 'missing') return [];
    const here = entry.connections.attachments.filter(
      ({ device, port }) => port !== undefined && samePort({ device, port }, facts.here),
    );
    if (here.length === 0 || here.some(({ automated }) => automated)) return [];
    return [
      {
        list: 'unautomated',
        subject: `server ${serverId}`,
        serverId,
        rule: 'switch-automation',
        message: `the snmp_switch connection of ${nameOf(server)} does not have switchAutomation: true`,
      },
    ];
  });
  // Of a guest's own NIC nothing is to be said about the other guests of its node.
  const guests = (facts.guestNic === undefined ? nodes : []).flatMap(({ cluster, node, vmids }) =>
    vmids.flatMap((vmid): StandingFinding[] => {
      const isClaimed = facts.servers.some(
        ({ entry, guest }) => entry.state !== 'gone' && guest?.cluster === cluster && guest.vmid === vmid,
      );
      if (isClaimed) return [];
      return [
        {
          list: 'unautomated',
          subject: `guest ${cluster}/${vmid}`,
          rule: 'no-panel-entry',
          message: `guest ${vmid} of ${cluster} on ${node} belongs to no server of the panel`,
        },
      ];
    }),
  );
  return [...servers, ...guests];
}
