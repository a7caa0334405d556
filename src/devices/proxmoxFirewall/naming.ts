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

/** The NIC that a set is of, by one of the two names. */
export function nicOfSet(set: string): { readonly nic: number; readonly isUnfinished: boolean } | undefined {
  const [, kind, nic] = /^(ipfilter|portwarden)-net(\d|[12]\d|3[01])$/.exec(set) ?? [];
  return nic === undefined ? undefined : { nic: Number(nic), isUnfinished: kind === 'portwarden' };
}
