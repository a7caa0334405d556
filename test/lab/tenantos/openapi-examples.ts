/** Compares answers with the examples of the panel's OpenAPI document, by field names and JSON types. */

type Body = Readonly<Record<string, unknown>>;

/** The example of a path's `GET` answer with status 200. */
export function exampleOf(document: unknown, path: string): unknown {
  return ['paths', path, 'get', 'responses', '200', 'content', 'application/json', 'schema', 'example'].reduce<unknown>(
    (value, key) => {
      if (!isBody(value) || value[key] === undefined)
        throw new Error(`the document has no example for GET ${path} (${key})`);
      return value[key];
    },
    document,
  );
}

/**
 * What differs: a field that the answer lacks, or one whose JSON type is none that the example shows. Fields that
 * the example does not have are accepted (newer releases add some), as are the panel's spellings of true and false.
 */
export function typeDifferences(document: unknown, path: string, answer: Body): readonly string[] {
  const example = exampleOf(document, path);
  // The document shows one bare entry instead of the wrapped list.
  const expected = path === '/api/networkDevices' ? { result: [example], message: 'success' } : example;
  return compare(expected, answer, '');
}

/** Objects whose fields depend on what the entry is: any of them is right. */
const FREE_FORM = ['meta', 'detailedHardwareInformation', 'trafficStatistics', 'statusCache', 'agent_details', 'ips'];

function compare(expected: unknown, actual: unknown, path: string): readonly string[] {
  if (expected === null || actual === null || isFlag(expected, actual)) return [];
  const field = path.slice(path.lastIndexOf('.') + 1);
  if (FREE_FORM.includes(field)) return isBody(actual) || Array.isArray(actual) ? [] : [`${path} is ${typeof actual}`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path} is not a list`];
    const [first] = expected as readonly unknown[];
    return first === undefined
      ? []
      : (actual as readonly unknown[]).flatMap((item, index) => compare(first, item, `${path}[${index}]`));
  }
  if (isBody(expected)) {
    if (!isBody(actual)) return [`${path} is not an object`];
    return Object.entries(expected).flatMap(([name, value]) =>
      name in actual ? compare(value, actual[name], `${path}.${name}`) : [`${path}.${name} is missing`],
    );
  }
  return typeof expected === typeof actual ? [] : [`${path} is ${typeof actual} instead of ${typeof expected}`];
}

function isFlag(expected: unknown, actual: unknown): boolean {
  const flags: readonly unknown[] = [true, false, 0, 1, '0', '1'];
  return flags.includes(expected) && flags.includes(actual);
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
