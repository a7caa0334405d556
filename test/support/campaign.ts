/**
 * Whether this run plays campaigns whole: `npm run test:campaigns` does (jest.campaigns.config.js). In `npm test` each kind of
 * campaign plays a sample.
 */
export const isWholeCampaign = process.env['PORTWARDEN_CAMPAIGNS'] === 'whole';

/** A campaign: random runs, a whole matrix, or rounds against a rival, which take longer than everybody's `npm test` may. */
interface CampaignOptions {
  /** As it is printed. */
  readonly name: string;
  /**
   * How many runs there are in the other levels, and how many in `npm run test:campaigns`. Without a sample there are always as many:
   * what is played is in a file `*.campaign.test.ts`.
   */
  readonly sample?: number;
  readonly whole: number;
  /** Environment variables that say otherwise. */
  readonly runsVariable: string;
  readonly seedVariable: string;
  /**
   * What is played when nobody says otherwise, so that a red test means a changed product. More runs than the whole have another
   * seed each time, and so has every run where there is none.
   */
  readonly usualSeed?: number;
}

/** What a campaign plays this time. */
interface Campaign {
  readonly runs: number;
  readonly seed: number;
}

/** How much of a campaign is played and with which seed, which it prints: what a failure saw can be played again. */
export function campaign(options: CampaignOptions): Campaign {
  const { name, whole, sample = whole, runsVariable, seedVariable, usualSeed } = options;
  const runs = wholeNumber(runsVariable) ?? (isWholeCampaign ? whole : sample);
  const usual = runs > whole ? undefined : usualSeed;
  const seed = wholeNumber(seedVariable) ?? usual ?? Date.now() % 1_000_000_000;
  process.stderr.write(`${name}: ${runs} (again: ${runsVariable}=${runs} ${seedVariable}=${seed})\n`);
  return { runs, seed };
}

/** @throws RangeError when the variable has something else; undefined when it is not set */
function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`${variable} must be a whole number, not ${text}`);
  return value;
}
