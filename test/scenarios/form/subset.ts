/**
 * Where an answer lacks what is demanded. Of an object the named fields must be as demanded; a list must have as many
 * elements, in this order; a text may be a regular expression, `/…/`.
 */
export function lacks(expected: unknown, found: unknown, path = ''): readonly string[] {
  if (typeof expected === 'string' && /^\/[\s\S]+\/$/.test(expected))
    return new RegExp(expected.slice(1, -1)).test(String(found)) ? [] : different(expected, found, path);
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return different(expected, found, path);
    return expected.flatMap((one, index) => lacks(one, found[index], `${path}[${index}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof found !== 'object' || found === null) return different(expected, found, path);
    return Object.entries(expected).flatMap(([key, one]) =>
      lacks(one, (found as Readonly<Record<string, unknown>>)[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return expected === found ? [] : different(expected, found, path);
}

function different(expected: unknown, found: unknown, path: string): readonly string[] {
  const at = path === '' ? '' : `${path}: `;
  return [`- ${at}${JSON.stringify(expected)}`, `+ ${at}${JSON.stringify(found)}`];
}
