const { join } = require('node:path');
const { CAMPAIGN: PART } = require('./test-levels.cjs');
const { filesBehind, ROOT } = require('./unit-tests.cjs');

const SUPPORT = join(ROOT, 'test', 'support', 'campaign.ts');

/** Whether a test is a campaign: it is named as one, or it asks, itself or by a helper, how much of it is to be played. */
const isCampaign = (test) => test.endsWith(PART) || filesBehind(test).includes(SUPPORT);

/** Jest's filter (jest.campaigns.config.js): of all tests those that are campaigns. */
module.exports = (tests) => Promise.resolve({ filtered: tests.filter(isCampaign) });
