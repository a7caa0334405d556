import { parseNic, type GuestType } from '../../clients/proxmox/nic';
import type { GuestFirewallOptions } from '../../clients/proxmox/schema';
import type { Statement } from '../../domain/change/statement';
import type { NicFilter } from './nicFilter';
import type { GuestSettings, NicSettings } from './reading';
import type { FilterSettings, SwitchedOn } from './settings';

/** What the configuration may have switched on, in the order in which it is done: `firewall=1` of the NIC, options of its guest. */
export const OPTIONS = ['macfilter', 'firewall', 'ipfilter'] as const;
/** See {@link OPTIONS}. */
export type NicOption = (typeof OPTIONS)[number];

const CONFIGURED: Readonly<Record<NicOption, keyof SwitchedOn>> = {
  firewall: 'nicFirewall',
  macfilter: 'macFilter',
  ipfilter: 'ipFilter',
};

const KEY = 'option|';

/** An option as a statement of a NIC: a NIC has it, or it does not. */
function optionStatement(option: NicOption, nic: number): Statement {
  const text = option === 'firewall' ? `firewall=1 of net${nic}` : `${option}=1 of the guest's firewall`;
  return { key: `${KEY}${option}`, text };
}

/** The option that a statement says; undefined for any other statement. */
export function optionOf({ key }: Pick<Statement, 'key'>): NicOption | undefined {
  return OPTIONS.find((option) => key === `${KEY}${option}`);
}

/** The options of a NIC that the configuration has switched on and that are: of others nothing is said. */
export function optionsOn(found: NicFilter, settings: FilterSettings): readonly Statement[] {
  const { settings: read } = found.filters;
  if ('unread' in read) return [];
  return wantedOptions(settings)
    .filter((option) => isOn(option, found.nic, read))
    .map((option) => optionStatement(option, found.nic));
}

/**
 * The options of a NIC that are off and that a change is to switch on.
 * @param isCertain what has an address behind the NIC is known for certain, and gets or has an entry: only then it may be shut in.
 * @param isFiltered the NIC has a filter with entries once the change is through.
 */
export function optionsToSwitchOn(
  found: NicFilter,
  settings: FilterSettings,
  { isCertain, isFiltered }: { readonly isCertain: boolean; readonly isFiltered: boolean },
): readonly Statement[] {
  const { settings: read } = found.filters;
  if ('unread' in read) return [];
  return wantedOptions(settings)
    .filter((option) => !isOn(option, found.nic, read) && whyNot(option, found) === undefined)
    .filter((option) => option !== 'firewall' || (isCertain && isFiltered))
    .map((option) => optionStatement(option, found.nic));
}

/** Why options stay off although the configuration says otherwise, one sentence each. */
export function optionsLeftOff(found: NicFilter, settings: FilterSettings): readonly string[] {
  const { settings: read } = found.filters;
  if ('unread' in read) return [];
  return wantedOptions(settings)
    .filter((option) => !isOn(option, found.nic, read))
    .flatMap((option) => {
      const why = whyNot(option, found);
      return why === undefined ? [] : [`${optionStatement(option, found.nic).text} is not switched on: ${why}`];
    });
}

/** Why an option must not be switched on as the guest is set; undefined when it may be. */
export function whyNot(option: NicOption, { filters, nic, place }: NicFilter): string | undefined {
  const { settings, sets } = filters;
  if ('unread' in settings) return 'the guest cannot be read';
  const { nics, options } = settings;
  const own = nics.get(nic);
  if (own === undefined) return `the guest has no net${nic}`;
  switch (option) {
    case 'macfilter':
      return undefined;
    case 'firewall':
      if (place === 'aside') return 'its filter is put aside';
      return whyNotBehindFirewall(own) ?? whyItWouldDrop(options);
    case 'ipfilter': {
      const open = [...nics].filter(
        ([index, { hasFirewall }]) => hasFirewall !== false && (sets.get(index) ?? []).length === 0,
      );
      if (open.length === 0) return undefined;
      return `${open.map(([index]) => `net${index}`).join(', ')} would be cut off, without a filter of its own`;
    }
  }
}

/**
 * Behind `firewall=1` the policies of the guest's firewall hold for the NIC: unset, that of input is DROP. They are the
 * operator's or the panel's, so they are only looked at.
 */
function whyItWouldDrop({ policy_in: input, policy_out: output = 'ACCEPT' }: GuestFirewallOptions): string | undefined {
  if (input !== 'ACCEPT')
    return `the guest's input policy is ${input ?? 'not set, which means DROP'}: nothing could come in`;
  return output === 'ACCEPT' ? undefined : `the guest's output policy is ${output}: nothing could go out`;
}

/** The whole of `netN` is written, so what it is must be certain. Without a MAC in it Proxmox makes another one. */
function whyNotBehindFirewall({ text, mac, waits }: NicSettings): string | undefined {
  if (text === undefined) return 'its settings cannot be read';
  if (mac === undefined) return 'it has no MAC of its own, and Proxmox would make another one';
  return waits === true ? 'a change of it waits for the next start of the guest' : undefined;
}

function wantedOptions({ panelManagesFirewalls, switchOn }: FilterSettings): readonly NicOption[] {
  return panelManagesFirewalls ? [] : OPTIONS.filter((option) => switchOn[CONFIGURED[option]]);
}

function isOn(option: NicOption, nic: number, { nics, options }: GuestSettings): boolean {
  switch (option) {
    case 'firewall':
      return nics.get(nic)?.hasFirewall === true;
    case 'macfilter':
      return options.macfilter !== false;
    case 'ipfilter':
      return options.ipfilter === true;
  }
}

/** `netN` with `firewall=1` and everything else as it is, byte for byte. @throws RangeError when that is not what comes of it. */
export function withFirewall(type: GuestType, text: string): string {
  const parts = text.split(',');
  const at = parts.findIndex((part) => /^\s*firewall=/.test(part));
  const changed = (at < 0 ? [...parts, 'firewall=1'] : parts.with(at, 'firewall=1')).join(',');
  const wanted = { ...parseNic(type, text), firewall: true };
  if (JSON.stringify(parseNic(type, changed)) !== JSON.stringify(wanted))
    throw new RangeError('netN is not understood');
  return changed;
}
