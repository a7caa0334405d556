/** What of a guest's settings the configuration has switched on, where it is off. */
export interface SwitchedOn {
  /** `firewall=1` of a NIC that has a filter. */
  readonly nicFirewall: boolean;
  /** The option `macfilter` of the guest's firewall. */
  readonly macFilter: boolean;
  /** Likewise `ipfilter`. */
  readonly ipFilter: boolean;
}

/** What the configuration says of the filters of one cluster. */
export interface FilterSettings {
  /**
   * The panel manages the firewalls of the guests: then only the members of `ipfilter-netN` are ours, no filter is put aside by a
   * policy, and no option is written.
   */
  readonly panelManagesFirewalls: boolean;
  /** What is switched on where a guest's NIC has a filter; nothing of it is ever switched off. */
  readonly switchOn: SwitchedOn;
  /** Nothing is written, and no event concerns the NICs: only a preview of the device shows what would be done. */
  readonly onlyPreview: boolean;
}

/** Where the configuration says nothing. */
export const DEFAULT_FILTER_SETTINGS: FilterSettings = {
  panelManagesFirewalls: false,
  switchOn: { nicFirewall: false, macFilter: false, ipFilter: false },
  onlyPreview: false,
};

/** Whether `netN` of guests may be written. */
export function switchesNics({ switchOn, panelManagesFirewalls }: FilterSettings): boolean {
  return switchOn.nicFirewall && !panelManagesFirewalls;
}
