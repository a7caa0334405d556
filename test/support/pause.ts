const SHORTEST_MS = 100;
const LONGEST_MS = 1_000;

/**
 * Waits before the next look at something: an eighth of the time that has passed, since each look costs the product and
 * Temporal a query.
 * @param began when the first look was, in ms
 */
export async function pauseSince(began: number): Promise<void> {
  const ms = Math.min(Math.max((Date.now() - began) / 8, SHORTEST_MS), LONGEST_MS);
  await new Promise((resolve) => setTimeout(resolve, ms));
}
