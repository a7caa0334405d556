import type { PortRef } from '../values/port';

/** A network interface of a guest, as its own port: it is the guest's on whatever node that is. */
export interface GuestNicRef {
  readonly cluster: string;
  readonly vmid: number;
  /** 0 to 31, from `netN`. */
  readonly nic: number;
}

/** What is known of ports that are guests' own NICs. */
export interface GuestPorts {
  /** The ports of a guest's NIC, one for each kind of device that enforces there; none where that is not configured. */
  portsOf(nic: GuestNicRef): readonly PortRef[];
  /** The NIC that a port is; undefined for every other port. */
  nicOf(port: PortRef): GuestNicRef | undefined;
}

/** Where no kind of device has guests' NICs as ports. */
export const NO_GUEST_PORTS: GuestPorts = { portsOf: () => [], nicOf: () => undefined };

/** Whether a NIC is that of a guest. */
export function isGuestOf(
  nic: GuestNicRef,
  guest: { readonly cluster: string; readonly vmid?: number } | undefined,
): boolean {
  return guest?.cluster === nic.cluster && guest.vmid === nic.vmid;
}
