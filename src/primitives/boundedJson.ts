/** How much a JSON text may make of the memory that it is read into. */
export interface JsonLimits {
  /** Objects and arrays inside each other; default 64. Panel and Proxmox need fewer than ten. */
  readonly depth?: number;
  /** Objects and arrays altogether. They cost far more memory, and time to build, than the text that they stand in. */
  readonly containers: number;
}

/** Text per object or array, in bytes, in the leanest answers of panel and Proxmox. */
const BYTES_PER_CONTAINER = 32;
const DEPTH = 64;
const FEWEST_CONTAINERS = 1_000;

/** The limits for answers of at most so many bytes. */
export function limitsFor(maxBytes: number): JsonLimits {
  return { containers: Math.max(FEWEST_CONTAINERS, Math.floor(maxBytes / BYTES_PER_CONTAINER)) };
}

/**
 * Like JSON.parse, but looks first whether the text is worth it: 100 MB of nested arrays would take gigabytes and stop
 * the process for many seconds. Looking takes a fraction of the time that parsing does, and no memory.
 * @throws RangeError naming the limit that is exceeded; SyntaxError when the text is not JSON.
 */
export function parseBoundedJson(text: string, limits: JsonLimits): unknown {
  const deepest = limits.depth ?? DEPTH;
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      at = endOfString(text, at);
    } else if (character === OPEN_ARRAY || character === OPEN_OBJECT) {
      depth += 1;
      containers += 1;
      if (depth > deepest) throw new RangeError(`JSON is nested more than ${deepest} levels deep`);
      if (containers > limits.containers)
        throw new RangeError(`JSON holds more than ${limits.containers} objects and arrays`);
    } else if (character === CLOSE_ARRAY || character === CLOSE_OBJECT) {
      depth -= 1;
    }
  }
  return JSON.parse(text) as unknown;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The position of the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at += 1;
    else if (character === QUOTE) return at;
  }
  return text.length;
}
