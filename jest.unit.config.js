const { availableParallelism } = require('node:os');

/**
 * The tests that need no server, no build and no process of their own. Which they are follows from what they import:
 * scripts/lib/unit-tests.cjs.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config'),
  filter: '<rootDir>/scripts/lib/unit-tests.cjs',
  // They compute more than they wait: one more than there are processors fills the gaps.
  maxWorkers: Math.min(availableParallelism() + 1, 8),
};
