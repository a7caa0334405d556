import type { FirewallClient } from '../../clients/proxmox/firewall';
import type { DeviceInspection } from '../driver';
import { FilterState } from './filterState';
import { nicPort } from './naming';
import { readFilters } from './reading';
import { switchesNics, type FilterSettings } from './settings';

/** What the token must have, and what it is for. */
const NEEDED = [
  { privilege: 'Sys.Audit', path: '/', lost: 'neither quorum nor the firewall of the cluster can be read' },
  { privilege: 'VM.Audit', path: '/vms', lost: 'guests and their filters cannot be read' },
  { privilege: 'VM.Config.Network', path: '/vms', lost: 'no filter can be written' },
] as const;

/** Needed besides where `firewall=1` is switched on (qemu-server, `check_bridge_access`). */
const NEEDED_FOR_NICS = {
  privilege: 'SDN.Use',
  path: '/sdn',
  lost: 'firewall=1 cannot be switched on, unless it is there for each bridge',
};

/** What decides nothing alone is listed so often. */
const MOST_LINES = 50;

/** Looks at a cluster as a pass would: rights, the firewall of the cluster, and each NIC that has a filter. Changes nothing. */
export async function inspectFilters(
  client: FirewallClient,
  settings: FilterSettings,
  signal: AbortSignal,
): Promise<DeviceInspection> {
  const held = await client.permissions(signal);
  const needed = switchesNics(settings) ? [...NEEDED, NEEDED_FOR_NICS] : NEEDED;
  const missing = needed.filter(({ privilege, path }) => held[path]?.[privilege] === undefined);
  const rights = needed.map(
    (right) =>
      `right      ${right.privilege} on ${right.path}: ${missing.includes(right) ? `MISSING: ${right.lost}` : 'there'}`,
  );
  if (missing.some(({ privilege }) => privilege === 'Sys.Audit' || privilege === 'VM.Audit'))
    return { lines: rights, healthy: false };
  const read = await readFilters(client, undefined, signal, switchesNics(settings));
  const state = new FilterState(read, settings);
  const { enable = 0, ebtables } = read.cluster;
  const filtered = [...read.guests.values()].flatMap(({ guest: { vmid }, sets, aside }) =>
    [...new Set([...sets.keys(), ...aside.keys()])].map((nic) => nicPort({ vmid, nic })),
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
    healthy: missing.every((right) => right === NEEDED_FOR_NICS),
  };
}
