import { z } from 'zod';

import { parseBoundedJson } from '../../primitives/boundedJson';

/** A list; PHP writes a list with gaps as an object whose keys are numbers. */
export function phpList<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]> {
  return z.preprocess((value: unknown) => {
    if (!isRecord(value)) return value;
    return Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : value;
  }, z.array(item));
}

const TRUE_TEXTS: readonly unknown[] = [true, 1, '1', 'true'];
const FALSE_TEXTS: readonly unknown[] = [false, 0, '0', 'false', '', null, undefined];

/** A boolean as the panel may write it: `true`, `1`, `"1"`, `"true"`, or `false`, `0`, `"0"`, `"false"`, `""`, null, absent. */
export const panelBoolean = z
  .unknown()
  .optional()
  .transform((value, context): boolean => {
    if (TRUE_TEXTS.includes(value)) return true;
    if (FALSE_TEXTS.includes(value)) return false;
    context.addIssue({ code: 'custom', message: 'must be a boolean, 0, 1 or null' });
    return z.NEVER;
  });

/** A non-negative integer, as a number or as numeric text. */
export const panelInteger = z.unknown().transform((value, context): number => {
  const number = readInteger(value);
  if (number !== undefined) return number;
  context.addIssue({ code: 'custom', message: 'must be an integer of at least 0' });
  return z.NEVER;
});

/** Like {@link panelInteger}; null, absent and empty text mean that there is none. */
export const optionalPanelInteger = z
  .unknown()
  .optional()
  .transform((value, context): number | undefined => {
    if (isAbsent(value)) return undefined;
    const number = readInteger(value);
    if (number !== undefined) return number;
    context.addIssue({ code: 'custom', message: 'must be an integer of at least 0, or null' });
    return z.NEVER;
  });

/** Text; null, absent and blank text mean that there is none. */
export const optionalPanelText = z
  .unknown()
  .optional()
  .transform((value, context): string | undefined => {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'string') return value.trim() === '' ? undefined : value;
    if (typeof value === 'number') return String(value);
    context.addIssue({ code: 'custom', message: 'must be text or null' });
    return z.NEVER;
  });

/** A value that was read, or how it was written when it could not be. */
export type Lenient<T> = { readonly value: T } | { readonly odd: string };

const SHOWN_CHARACTERS = 40;

/** Like the schema, but a value that it refuses counts as odd instead of making its surroundings unreadable. */
export function lenient<T extends z.ZodType>(schema: T): z.ZodType<Lenient<z.output<T>>> {
  return z
    .unknown()
    .optional()
    .transform((value): Lenient<z.output<T>> => {
      const read = schema.safeParse(value);
      return read.success
        ? { value: read.data }
        : { odd: value === undefined ? 'nothing' : JSON.stringify(value).slice(0, SHOWN_CHARACTERS) };
    });
}

/** A connection's `meta`: an object, the JSON text of one, or PHP's empty array (also null) for no entries. */
export const panelMeta = z.unknown().transform((value, context): Readonly<Record<string, unknown>> => {
  const meta = readMeta(value);
  if (meta !== undefined) return meta;
  context.addIssue({ code: 'custom', message: 'must be an object or the JSON text of one' });
  return z.NEVER;
});

/** The first of the named entries that is there, whatever the release calls it. */
export function metaEntry(meta: Readonly<Record<string, unknown>>, ...names: readonly string[]): unknown {
  return names.map((name) => meta[name]).find((value) => !isAbsent(value));
}

/** Reads a non-negative safe integer from a number or decimal text. */
export function readInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*\d{1,16}\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function readMeta(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isAbsent(value)) return {};
  if (typeof value === 'string') {
    const parsed = parseJson(value);
    return typeof parsed === 'string' ? undefined : readMeta(parsed);
  }
  if (Array.isArray(value)) return value.length === 0 ? {} : undefined;
  return isRecord(value) ? value : undefined;
}

/** A `meta` is an object of a few entries, which the panel may send as JSON inside JSON. */
const META_LIMITS = { containers: 1_000 };

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text, META_LIMITS);
  } catch {
    return text;
  }
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
