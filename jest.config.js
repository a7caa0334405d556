const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/nodeEnvironment.js',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
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
  testTimeout: 60_000,
  testSequencer: '<rootDir>/scripts/lib/longest-first.cjs',
  // Files that start the product wait more than they compute: two for each processor keep it busy.
  maxWorkers: Math.min(2 * availableParallelism(), 8),
  // Scenarios share one product and wait for it most of the time.
  maxConcurrency: 100,
};
