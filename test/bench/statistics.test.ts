import { ratiosOf, spreadOf } from '../../bench/figure';
import { exponent, median, percentile } from '../../bench/statistics';

test('the median of an even count is between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('the 99th percentile of a hundred numbers is the largest', () => {
  const numbers = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(numbers, 99)).toBe(100);
  expect(percentile(numbers, 50)).toBe(51);
});

test.each([1, 2, 1.5])('the power %p by which something grows is found', (power) => {
  expect(exponent([10, 100, 1_000].map((size) => ({ size, cost: 7 * size ** power })))).toBeCloseTo(power);
});

describe('a figure', () => {
  test('is compared run by run where the comparison ran as often', () => {
    const figure = { what: 'a', unit: 'ms', values: [10, 20], against: { what: 'b', values: [5, 40] } };
    expect(ratiosOf(figure)).toEqual([2, 0.5]);
    expect(spreadOf(figure.values)).toEqual({ median: 15, least: 10, most: 20, runs: 2 });
  });

  test('is compared with the one limit where there is one', () => {
    expect(ratiosOf({ what: 'a', unit: 'ms', values: [10, 20], against: { what: 'limit', values: [10] } })).toEqual([
      1, 2,
    ]);
  });

  test('without a comparison has no ratio', () => {
    expect(ratiosOf({ what: 'a', unit: 'ms', values: [10] })).toBeUndefined();
  });
});
