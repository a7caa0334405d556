const base = require('./jest.config');
const { IGNORED } = require('./scripts/lib/test-levels.cjs');

/**
 * `npm test`: everything that does not start the product again and again.
 *
 * @type {import('jest').Config}
 */
module.exports = { ...base, testPathIgnorePatterns: [...base.testPathIgnorePatterns, ...IGNORED.system] };
