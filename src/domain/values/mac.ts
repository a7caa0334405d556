/** A unicast MAC address: lower case, colon separated (`aa:bb:cc:dd:ee:ff`). */
export type MacAddress = string & { readonly __brand: 'MacAddress' };

/**
 * Reads a MAC written with colons, hyphens, Cisco dots or no separator, in either case.
 * Group (multicast) addresses and the all-zero address are refused: no host can own them.
 * @returns undefined when the text is not the address of one host.
 */
export function tryParseMac(text: string): MacAddress | undefined {
  const trimmed = text.trim().toLowerCase();
  const shape = /^([0-9a-f]{2}([:-])){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{12}$/;
  if (!shape.test(trimmed)) return undefined;
  const digits = trimmed.replace(/[:.-]/g, '');
  const firstOctet = Number.parseInt(digits.slice(0, 2), 16);
  if ((firstOctet & 1) === 1 || digits === '000000000000') return undefined;
  return (digits.match(/../g) ?? []).join(':') as MacAddress;
}

/** Like {@link tryParseMac}; throws a RangeError naming the rule. */
export function parseMac(text: string): MacAddress {
  const mac = tryParseMac(text);
  if (mac === undefined) throw new RangeError('must be a unicast MAC address such as aa:bb:cc:dd:ee:ff');
  return mac;
}
