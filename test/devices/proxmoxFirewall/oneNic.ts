import type { ClusterFirewallOptions, GuestFirewallOptions } from '../../../src/clients/proxmox/schema';
import type { SetEntry } from '../../../src/devices/proxmoxFirewall/entries';
import { FilterState } from '../../../src/devices/proxmoxFirewall/filterState';
import { DEFAULT_FILTER_SETTINGS } from '../../../src/devices/proxmoxFirewall/settings';
import { parseMac } from '../../../src/domain/values/mac';

/** What was read of a guest, 101, with one NIC; everything is on unless told otherwise. */
export interface OneNic {
  /** The entries of its filter; absent: it has none. */
  readonly entries?: readonly string[] | undefined;
  /** Whether a policy has put that filter aside. */
  readonly isAside?: boolean;
  readonly mac?: string;
  readonly options?: Partial<GuestFirewallOptions>;
  readonly cluster?: ClusterFirewallOptions;
}

/** The filters of a cluster with that guest alone. */
export function oneNic({ entries, isAside = false, mac, options, cluster }: OneNic): FilterState {
  const set = entries?.map((cidr): SetEntry => ({ cidr, nomatch: undefined, comment: undefined }));
  const filters = new Map(set === undefined ? [] : [[0, set]]);
  const none = new Map<number, readonly SetEntry[]>();
  const usual = { enable: true, ipfilter: undefined, macfilter: undefined, dhcp: undefined, ndp: undefined };
  const policies = { policy_in: 'ACCEPT', policy_out: undefined, digest: undefined };
  const guest = {
    guest: { vmid: 101, type: 'qemu' as const, node: 'pve1' },
    sets: isAside ? none : filters,
    aside: isAside ? filters : none,
    unfinished: [],
    settings: {
      nics: new Map([[0, { hasFirewall: true, ...(mac === undefined ? {} : { mac: parseMac(mac) }) }]]),
      options: { ...usual, ...policies, ...options },
    },
  };
  return new FilterState(
    { cluster: cluster ?? { enable: 1, ebtables: true }, guests: new Map([[101, guest]]) },
    DEFAULT_FILTER_SETTINGS,
  );
}
