/**
 * How large, in bytes of JSON, a payload may become that is made of ports. Temporal refuses payloads above 2 MiB and warns
 * above 512 KiB; ours stay below 256 KiB, and this leaves room for what stands beside the ports.
 */
const PAYLOAD_BYTES = 200 * 1024;

/** The size of a value as a payload has it, in bytes: JSON in UTF-8. */
export function payloadBytes(value: unknown): number {
  // JSON.stringify gives undefined for undefined, which its type does not say.
  const text = JSON.stringify(value) as string | undefined;
  let bytes = text?.length ?? 0;
  for (const character of text ?? '') {
    const code = character.codePointAt(0) ?? 0;
    // Of the two code units of a character beyond U+FFFF each counts as one already.
    bytes += code < 0x80 ? 0 : code < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** What fits into a payload, in order, and the rest. The first one always counts as fitting, or nothing would ever go on. */
export function fitting<T>(items: readonly T[], bytes = PAYLOAD_BYTES): { readonly fits: T[]; readonly left: T[] } {
  let size = 0;
  const end = items.findIndex((item, index) => {
    size += payloadBytes(item) + 1;
    return index > 0 && size > bytes;
  });
  return end === -1 ? { fits: [...items], left: [] } : { fits: items.slice(0, end), left: items.slice(end) };
}

/** The items in parts, each of which fits into a payload. */
export function inPayloads<T>(items: readonly T[], bytes = PAYLOAD_BYTES): T[][] {
  const parts: T[][] = [];
  for (let rest = items; rest.length > 0;) {
    const { fits, left } = fitting(rest, bytes);
    parts.push(fits);
    rest = left;
  }
  return parts;
}
