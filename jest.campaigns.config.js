process.env.PORTWARDEN_CAMPAIGNS = 'whole';

/**
 * `npm run test:campaigns`: what is random or a whole matrix, in full. They are the files named `*.campaign.test.ts`, and tests of which
 * the other levels play a sample, which they ask for (scripts/lib/campaign-tests.cjs).
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config'),
  testPathIgnorePatterns: ['/node_modules/'],
  filter: '<rootDir>/scripts/lib/campaign-tests.cjs',
};
