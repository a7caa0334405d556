import type { JsonLimits } from './boundedJson';

/** Takes the entries of a list, one by one, as they arrive. */
export type TakeEntry = (entry: unknown) => void;

const DEPTH = 64;
/** The answer's object, the list in it, and an entry of that. */
const [IN_ANSWER, IN_LIST] = [1, 2];

/** Spaces before a list that are looked behind; where there are more, the list is read with all else. */
const LOOKED_BEHIND = 256;

/**
 * Reads the one large list of a JSON object while the object arrives, an entry at a time: neither the text nor all the entries
 * are ever in memory as a whole. A list may also be an object, whose entries are its values; what they are called there is in
 * {@link names}. All else in the object is read as by JSON.parse.
 */
export class JsonEntries {
  /** What arrived of all that is not in the list; in its place there is an empty one. */
  private rest = '';
  /** What arrived of the present entry before the present piece. */
  private parts: string[] = [];
  private depth = 0;
  private containers = 0;
  private inString = false;
  private isEscaped = false;
  /** While in the list: how it ends. */
  private closing: number | undefined;
  private isDone = false;
  /** In a list that is an object: the name of the present entry once it is there. */
  private name: string | undefined;
  private count = 0;
  /** Of a list that is an object: the names of its entries. Undefined: it is an array, or not there yet. */
  names: string[] | undefined;

  /**
   * @param key the name of the list in the object.
   * @param take what it throws ends the reading.
   */
  constructor(
    private readonly key: string,
    private readonly limits: JsonLimits,
    private readonly take: TakeEntry,
  ) {}

  /** Takes the next piece of the text. @throws RangeError naming the limit that is exceeded; SyntaxError when it is not JSON. */
  write(piece: string): void {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      if (this.inString) {
        at = this.throughString(piece, at);
        continue;
      }
      const character = piece.charCodeAt(at);
      if (character === QUOTE) {
        this.inString = true;
      } else if (character === OPEN_ARRAY || character === OPEN_OBJECT) {
        if (this.depth === IN_ANSWER && this.isListNext(piece.slice(Math.max(from, at - LOOKED_BEHIND), at))) {
          if (this.isDone) throw new SyntaxError(`the JSON text has ${this.key} twice`);
          this.rest += `${piece.slice(from, at)}[`;
          this.beginList(character);
          from = at + 1;
        }
        this.deeper();
      } else if (character === CLOSE_ARRAY || character === CLOSE_OBJECT) {
        if (this.closing !== undefined && this.depth === IN_LIST) {
          if (character !== this.closing)
            throw new SyntaxError('a list of the JSON text ends otherwise than it begins');
          this.endEntry(piece.slice(from, at), true);
          this.closing = undefined;
          this.isDone = true;
          this.rest += ']';
          from = at + 1;
        }
        this.depth -= 1;
      } else if (this.closing !== undefined && this.depth === IN_LIST) {
        if (character === COMMA) {
          this.endEntry(piece.slice(from, at), false);
          from = at + 1;
        } else if (character === COLON && this.names !== undefined && this.name === undefined) {
          this.name = JSON.parse(this.whole(piece.slice(from, at))) as string;
          from = at + 1;
        }
      }
    }
    if (this.closing === undefined) this.rest += piece.slice(from);
    else if (from < piece.length) this.parts.push(piece.slice(from));
  }

  /** There is no more. @returns what was there; the list, if it was read by entries, is an empty one in it. @throws SyntaxError */
  end(): { readonly value: unknown; readonly wasRead: boolean } {
    if (this.closing !== undefined) throw new SyntaxError('the JSON text ends within a list');
    return { value: JSON.parse(this.rest) as unknown, wasRead: this.isDone };
  }

  /** To the quote that ends the string, or to the end of the piece. */
  private throughString(piece: string, start: number): number {
    for (let at = start; at < piece.length; at += 1) {
      const character = piece.charCodeAt(at);
      if (this.isEscaped) this.isEscaped = false;
      else if (character === BACKSLASH) this.isEscaped = true;
      else if (character === QUOTE) {
        this.inString = false;
        return at;
      }
    }
    return piece.length;
  }

  private isListNext(before: string): boolean {
    const said = (this.rest.slice(-LOOKED_BEHIND) + before).trimEnd();
    const name = `"${this.key}"`;
    const named = said.slice(0, -1).trimEnd();
    // A quote within a string has a backslash before it, and never a comma or a brace.
    return said.endsWith(':') && named.endsWith(name) && /[{,]$/.test(named.slice(0, -name.length).trimEnd());
  }

  private beginList(opening: number): void {
    this.closing = opening === OPEN_ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT;
    this.names = opening === OPEN_ARRAY ? undefined : [];
  }

  private endEntry(last: string, isLast: boolean): void {
    const text = this.whole(last);
    if (isLast && this.count === 0 && this.name === undefined && text.trim() === '') return;
    if (this.names !== undefined) {
      if (typeof this.name !== 'string') throw new SyntaxError('an entry of the JSON text has no name');
      this.names.push(this.name);
      this.name = undefined;
    }
    this.count += 1;
    this.take(JSON.parse(text));
  }

  private whole(last: string): string {
    const text = this.parts.length === 0 ? last : this.parts.join('') + last;
    this.parts = [];
    return text;
  }

  private deeper(): void {
    this.depth += 1;
    this.containers += 1;
    const { depth = DEPTH, containers } = this.limits;
    if (this.depth > depth) throw new RangeError(`JSON is nested more than ${depth} levels deep`);
    if (this.containers > containers) throw new RangeError(`JSON holds more than ${containers} objects and arrays`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
