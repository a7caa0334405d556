import { InvalidArgumentError, Option } from 'commander';

const MOST_LISTED = 10_000;

/** How many entries of a list that is read page by page are shown. */
export function limitOption(usual = 500): Option {
  return new Option('--limit <number>', `so many, at most ${MOST_LISTED}`).default(usual).argParser(parseLimit);
}

function parseLimit(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > MOST_LISTED)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST_LISTED}`);
  return Number(text);
}
