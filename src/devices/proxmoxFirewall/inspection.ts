import type { FirewallClient } from '../../clients/proxmox/firewall';
import type { DeviceInspection } from '../driver';
import { FilterState } from './filterState';
import { nicPort } from './naming';
import { readFilters } from './reading';

/** What the token must have, and what it is for. */
const NEEDED = [
  { privilege: 'Sys.Audit', path: '/', lost: 'neither quorum nor the firewall of the cluster can be read' },
  { privilege: 'VM.Audit', path: '/vms', lost: 'guests and their filters cannot be read' },
  { privilege: 'VM.Config.Network', path: '/vms', lost: 'no filter can be written' },
] as const;

/** What decides nothing alone is listed so often. */
const MOST_LINES = 50;

/** Looks at a cluster as a pass would: rights, the firewall of the cluster, and each NIC that has a filter. Changes nothing. */
export async function inspectFilters(client: FirewallClient, signal: AbortSignal): Promise<DeviceInspection> {
  const held = await client.permissions(signal);
  const missing = NEEDED.filter(({ privilege, path }) => held[path]?.[privilege] === undefined);
  const rights = NEEDED.map(
    (right) =>
      `right      ${right.privilege} on ${right.path}: ${missing.includes(right) ? `MISSING: ${right.lost}` : 'there'}`,
  );
  if (missing.some(({ privilege }) => privilege !== 'VM.Config.Network')) return { lines: rights, healthy: false };
  const read = await readFilters(client, undefined, signal);
  const state = new FilterState(read);
  const { enable = 0, ebtables } = read.cluster;
  const filtered = [...read.guests.values()].flatMap(({ guest: { vmid }, sets }) =>
    [...sets.keys()].map((nic) => nicPort({ vmid, nic })),
  );
  const trouble = filtered.flatMap((port) => state.remarks(port).map((remark) => `${port}: ${remark}`));
  const open = [...read.guests.values()].flatMap(({ guest: { vmid }, settings }) =>
    'unread' in settings
      ? []
      : [...settings.nics.keys()].map((nic) => nicPort({ vmid, nic })).filter((port) => state.isOpen(port)),
  );
  return {
    lines: [
      ...rights,
      `cluster    firewall ${enable === 0 ? 'OFF: no filter is enforced (Datacenter → Firewall → Options)' : 'on'}${ebtables === false ? ', ebtables off: ARP is not filtered' : ''}`,
      `filters    ${filtered.length} NICs of ${read.guests.size} guests have one, ${open.length} let everything through`,
      ...trouble.slice(0, MOST_LINES),
      ...(trouble.length > MOST_LINES ? [`and ${trouble.length - MOST_LINES} more`] : []),
    ],
    healthy: missing.length === 0,
  };
}
