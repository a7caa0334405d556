const { MATCHED } = require('./scripts/lib/test-levels.cjs');

/**
 * `npm run test:system`: the product as it is started, with every fault and scenario, and real servers of others.
 *
 * @type {import('jest').Config}
 */
module.exports = { ...require('./jest.config'), testMatch: MATCHED.system };
