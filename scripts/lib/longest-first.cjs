const { join } = require('node:path');
const { default: TestSequencer } = require('@jest/test-sequencer');
const { filesBehind, whyNotUnit, ROOT } = require('./unit-tests.cjs');

const PRODUCT = join(ROOT, 'lab', 'productProcess.ts');

/**
 * Which test files begin first: those that start the product, then those that start anything else, then unit tests, so
 * that at the end no worker waits for a long file of another one. Within each kind jest's own order counts: failed ones
 * first, and the longest by what earlier runs took, else the largest.
 */
module.exports = class LongestFirst extends TestSequencer {
  sort(tests) {
    const ranks = new Map(tests.map((test) => [test, rank(test.path)]));
    return super.sort([...tests]).sort((a, b) => ranks.get(b) - ranks.get(a));
  }
};

function rank(path) {
  if (filesBehind(path).includes(PRODUCT)) return 2;
  return whyNotUnit(path) === undefined ? 0 : 1;
}
