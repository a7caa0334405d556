import type { DeviceId } from '../values/device';
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
  /** Whose NICs the ports of a device are, also while the configuration only shows what would be done there; undefined for every other device. */
  guestsOf(device: DeviceId): OwnGuests | undefined;
}

/** The guests of one cluster as a device has them. */
export interface OwnGuests {
  readonly cluster: string;
  portOf(guest: Pick<GuestNicRef, 'vmid' | 'nic'>): PortRef;
}

/** Where no kind of device has guests' NICs as ports. */
export const NO_GUEST_PORTS: GuestPorts = {
  portsOf: () => [],
  nicOf: () => undefined,
  guestsOf: () => undefined,
};

/** Whether a NIC is that of a guest. */
export function isGuestOf(
  nic: GuestNicRef,
  guest: { readonly cluster: string; readonly vmid?: number } | undefined,
): boolean {
  return guest?.cluster === nic.cluster && guest.vmid === nic.vmid;
}

/** Whether a port is a NIC of a guest on a device that the configuration does not have, or not any more: nothing is to be done there. */
export function isFormerNic(ref: PortRef, guestPorts: GuestPorts): boolean {
  const nic = guestPorts.nicOf(ref);
  return (
    nic !== undefined && !guestPorts.portsOf(nic).some(({ device, port }) => device === ref.device && port === ref.port)
  );
}
