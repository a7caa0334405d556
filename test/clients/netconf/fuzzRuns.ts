import { isWholeCampaign } from '../../support/campaign';

/** What part of the inputs `npm test` tries. */
const SAMPLE = 1 / 5;

/**
 * How many inputs a property test tries: what PORTWARDEN_FUZZ_RUNS says, else the given number, of which `npm test` tries a
 * part. fast-check prints the seed of a failure.
 */
export function fuzzRuns(whole: number): number {
  const asked = Number(process.env['PORTWARDEN_FUZZ_RUNS'] ?? '');
  if (Number.isInteger(asked) && asked > 0) return asked;
  return isWholeCampaign ? whole : Math.ceil(whole * SAMPLE);
}
