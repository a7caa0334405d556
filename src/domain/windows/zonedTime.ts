/** A time as clocks of some zone show it. Months are 1 to 12. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** A name of the IANA time zone database, such as `Europe/Berlin`. */
export type TimeZone = string & { readonly __brand: 'TimeZone' };

const DAY_MS = 86_400_000;

const formats = new Map<TimeZone, Intl.DateTimeFormat>();

/** Reads the name of a time zone; throws a RangeError naming the rule. */
export function parseTimeZone(text: string): TimeZone {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return text as TimeZone;
  } catch {
    throw new RangeError('must be a time zone such as UTC or Europe/Berlin');
  }
}

/** What clocks of a zone show at an instant. @param at Unix milliseconds. */
export function localTime(zone: TimeZone, at: number): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? Number.NaN;
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') };
}

/**
 * The instant at which clocks of a zone show a time, in Unix milliseconds. As RFC 5545 (3.3.5) has it: a time that comes
 * twice, when clocks go back, is the first one; a time that never comes, when they go forward, is read with the offset before,
 * so that 02:30 of that night is 03:30.
 */
export function instantOf(zone: TimeZone, local: LocalTime): number {
  const shown = asUtc(local);
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((near) => asUtc(localTime(zone, near)) - minutesOnly(near));
  const candidates = offsets.map((offset) => shown - offset);
  const real = candidates.filter((at) => asUtc(localTime(zone, at)) === shown);
  return real.length > 0 ? Math.min(...real) : (candidates[0] ?? shown);
}

/** The day that comes so many days after another one; 0: Sunday. */
export function dayAfter({ year, month, day }: LocalTime, days: number): LocalTime & { readonly weekday: number } {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: 0,
    minute: 0,
    weekday: date.getUTCDay(),
  };
}

function asUtc({ year, month, day, hour, minute }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}

function minutesOnly(at: number): number {
  return Math.floor(at / 60_000) * 60_000;
}

function formatOf(zone: TimeZone): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  formats.set(zone, format);
  return format;
}
