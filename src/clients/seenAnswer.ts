import type { ClockReading, LoginWord, SeenAnswer } from '../domain/alarms/sourceState';

/** Is told what each answer says of who gave it, beside the work: it must return at once and never throw. */
export type AnswerObserver = (answer: SeenAnswer) => void;

/** `Date` has whole seconds, cut off: the clock is half a second further, give or take as much. */
const HALF_SECOND_MS = 500;

/** The headers of an answer that its clock is read from, by their names in lower case. */
export type ClockHeaders = Readonly<Record<string, unknown>>;

/**
 * The clock of who answers, by the header `Date` (RFC 9110 section 6.6.1), which is set as the answer is made: somewhere between
 * question and answer, for which the middle is taken. An answer out of a cache (`Age`, RFC 9111 section 5.1) has an old one.
 * @param sentAt Unix milliseconds of our clock, as are `receivedAt`.
 * @returns undefined when the answer does not say.
 */
export function clockOf(headers: ClockHeaders, sentAt: number, receivedAt: number): ClockReading | undefined {
  const date = headers['date'];
  if (typeof date !== 'string' || headers['age'] !== undefined) return undefined;
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return undefined;
  return clockBetween(theirs + HALF_SECOND_MS, HALF_SECOND_MS, sentAt, receivedAt);
}

/**
 * A clock that was read somewhere between question and answer.
 * @param theirs Unix milliseconds, and how far it may be off by its resolution.
 */
export function clockBetween(
  theirs: number,
  resolutionMs: number,
  sentAt: number,
  receivedAt: number,
): ClockReading | undefined {
  const tookMs = receivedAt - sentAt;
  // Our own clock was put back meanwhile.
  if (tookMs < 0) return undefined;
  return { aheadMs: theirs - (sentAt + tookMs / 2), withinMs: resolutionMs + tookMs / 2 };
}

/** What a status says of the login, where no success was made of the answer. */
export function refusalOf(status: number): LoginWord | undefined {
  if (status === 401) return 'refused';
  return status === 403 ? 'forbidden' : undefined;
}

/** What an answer says, without what it does not say. */
export function seenAnswer(login: LoginWord | undefined, clock: ClockReading | undefined): SeenAnswer {
  return { ...(login === undefined ? {} : { login }), ...(clock === undefined ? {} : { clock }) };
}
