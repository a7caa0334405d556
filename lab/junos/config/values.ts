import { isIPv4, isIPv6 } from 'node:net';

/** Lower case with colons, whatever was typed (assumed: Junos stores addresses in its own spelling). */
export function normaliseMac(value: string): string {
  const digits = value.toLowerCase().replace(/[:.-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : value.toLowerCase();
}

/** The compressed form of RFC 5952; text that is no IPv6 address is returned as it is. */
export function normaliseIpv6(value: string): string {
  if (!isIPv6(value)) return value;
  return new URL(`http://[${value}]/`).hostname.slice(1, -1);
}

/** Invented text: a value that is no MAC address is refused by the grammar, the words are not recorded. */
export function refuseMac(value: string): string | undefined {
  return /^([0-9a-fA-F]{1,2}([:-])){5}[0-9a-fA-F]{1,2}$|^([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}$|^[0-9a-fA-F]{12}$/.test(
    value,
  )
    ? undefined
    : `invalid mac address: '${value}'`;
}

/** Invented text, as for {@link refuseMac}. */
export function refuseIpv4(value: string): string | undefined {
  return isIPv4(value) || /^<.*>$/.test(value) ? undefined : `invalid ip address: '${value}'`;
}

/** Invented text, as for {@link refuseMac}. */
export function refuseIpv6(value: string): string | undefined {
  return isIPv6(value) || /^<.*>$/.test(value) ? undefined : `invalid ipv6 address: '${value}'`;
}

/** Recorded: netman juniper_test.py 1449 (11.4R1). */
export const refuseOutside =
  (low: number, high: number) =>
  (value: string): string | undefined =>
    /^\d+$/.test(value) && Number(value) >= low && Number(value) <= high
      ? undefined
      : `Value ${value} is not within range (${String(low)}..${String(high)})`;

/** Recorded: netman juniper_test.py 1485 (11.4R1). */
export const refuseLength =
  (low: number, high: number) =>
  (value: string): string | undefined =>
    value.length >= low && value.length <= high
      ? undefined
      : `Length ${String(value.length)} is not within range (${String(low)}..${String(high)})`;

/** Schema: Juniper/yang junos-ex-conf-vlans, group name under dhcp-security. */
export function refuseGroupName(value: string): string | undefined {
  return /^<.*>$/.test(value) || /^[A-Za-z0-9][_0-9A-Za-z-]{0,63}$/.test(value)
    ? undefined
    : 'Must be a non-reserved string of 64 characters or less';
}

/** Recorded: netman juniper_test.py 2132, 2925, base.py 600 (11.4R1): names of physical interfaces. */
export function refuseInterfaceName(value: string): string | undefined {
  const parts = /^([a-z]{2})-(\d+)\/(\d+)\/(\d+)$/.exec(value);
  if (parts === null) return undefined;
  const [, type, device, , port] = parts;
  if (!['fe', 'ge', 'xe', 'et', 'mge', 'gr', 'ip', 'lt', 'mt', 'pd', 'pe', 'vt'].includes(type ?? '')) {
    return `invalid interface type in '${value}'`;
  }
  if (Number(device) > 9) return `device value outside range 0..9 for '${device ?? ''}' in '${value}'`;
  if (Number(port) > 63) return `port value outside range 0..63 for '${port ?? ''}' in '${value}'`;
  return undefined;
}
