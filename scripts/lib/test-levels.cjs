/**
 * The three levels of tests, by folder and file name. What is in none of these folders and has none of these names is in
 * `npm test`, which everybody runs.
 */

/** Folders in which files start the product or its Temporal server, most of them again and again, or skip days: `npm run test:system`. */
const SYSTEM_FOLDERS = ['system', 'scenarios', 'chaos'];

/** Against somebody else's server, such as a netconfd or a Neutron, which is installed first: `npm run test:system`. */
const REAL_SERVER = '.real.test.ts';

/** Random, large, or a whole matrix: `npm run test:campaigns`. */
const CAMPAIGN = '.campaign.test.ts';

const escaped = (text) => text.replaceAll('.', '\\.');
const systemFolder = `<rootDir>/test/(${SYSTEM_FOLDERS.join('|')})/`;

module.exports = {
  CAMPAIGN,
  /** For jest's testPathIgnorePatterns. */
  IGNORED: {
    campaigns: [`${escaped(CAMPAIGN)}$`],
    system: [systemFolder, `${escaped(REAL_SERVER)}$`],
  },
  /** For jest's testMatch. */
  MATCHED: {
    system: [...SYSTEM_FOLDERS.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`), `**/*${REAL_SERVER}`],
  },
};
