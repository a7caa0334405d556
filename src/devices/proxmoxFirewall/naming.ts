import type { PortName } from '../../domain/values/port';

/** A NIC of a guest, by the guest's id and the NIC's index. */
export interface GuestNicName {
  readonly vmid: number;
  readonly nic: number;
}

/** The port that a guest's NIC is: `101/net0`. */
export function nicPort({ vmid, nic }: GuestNicName): PortName {
  return `${vmid}/net${nic}` as PortName;
}

/** The NIC that a port is; undefined when it names none. */
export function nicOfPort(port: PortName): GuestNicName | undefined {
  const [, vmid, nic] = /^([1-9]\d{2,8})\/net(\d|[12]\d|3[01])$/i.exec(port) ?? [];
  return vmid === undefined || nic === undefined ? undefined : { vmid: Number(vmid), nic: Number(nic) };
}

/** A port in its own spelling; a name that is no NIC's stays as it is, and is refused when something is to be done there. */
export function portName(port: PortName): PortName {
  const nic = nicOfPort(port);
  return nic === undefined ? port : nicPort(nic);
}

/** The set whose members a NIC may send from, by the name that Proxmox looks for (pve-firewall, `compute_ipfilter_ipset_name`). */
export function filterSet(nic: number): string {
  return `ipfilter-net${nic}`;
}

/** Where a first filter is put together before it takes effect. A set of this name is portwarden's. */
export function unfinishedSet(nic: number): string {
  return `portwarden-net${nic}`;
}

/** Where a filter is while a policy has it put aside: whole, and not in force. A set of this name is portwarden's. */
export function asideSet(nic: number): string {
  return `portwarden-off-net${nic}`;
}

/** What a set is to a NIC: its filter, a first filter that is being put together, or a filter put aside. */
export type SetPurpose = 'in-force' | 'unfinished' | 'aside';

const PURPOSES: Readonly<Record<string, SetPurpose>> = {
  ipfilter: 'in-force',
  portwarden: 'unfinished',
  'portwarden-off': 'aside',
};

/** The NIC that a set is of, by its name; undefined for any other set. */
export function nicOfSet(set: string): { readonly nic: number; readonly purpose: SetPurpose } | undefined {
  const [, kind = '', nic] = /^(.+)-net(\d|[12]\d|3[01])$/.exec(set) ?? [];
  const purpose = PURPOSES[kind];
  return nic === undefined || purpose === undefined ? undefined : { nic: Number(nic), purpose };
}
