const { availableParallelism } = require('node:os');
const { IGNORED } = require('./scripts/lib/test-levels.cjs');

/** A larger space for young objects than programs have by default: a sixth less computing in unit tests. */
const SPACE = '--max-semi-space-size=32';
process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS?.replace(SPACE, '').trim(), SPACE].filter(Boolean).join(' ');

/**
 * What all levels of tests share (scripts/lib/test-levels.cjs). By itself, as `npx jest test/some/folder`, it has all tests but
 * campaigns.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  testEnvironment: '<rootDir>/test/nodeEnvironment.js',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...IGNORED.campaigns],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { '^@electric-sql/pglite$': '<rootDir>/test/store/pgliteForJest.js' },
  // It ends what hangs and judges no speed: what computes 10 s alone takes a minute on a machine with other work.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/scripts/lib/longest-first.cjs',
  // Files that start the product wait more than they compute: two for each processor keep it busy.
  maxWorkers: Math.min(2 * availableParallelism(), 8),
  // Scenarios share one product and wait for it most of the time. All of them at once are more than two processors can do:
  // their commands start processes, and the product's workers answered no more.
  maxConcurrency: 10,
};
