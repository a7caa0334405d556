/** What trying some items together came to. */
export type Verdict<T> =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly message: string;
      /** Those that the refusal names; may be empty. */ readonly culprits: readonly {
        readonly item: T;
        readonly message: string;
      }[];
    };

/** What is left when the refused items are taken out. */
export interface Isolation<T> {
  /** Tried together last, and not refused; when empty, nothing was tried last. */
  readonly accepted: readonly T[];
  readonly rejected: readonly { readonly item: T; readonly message: string }[];
}

/** Thrown when nothing at all is refused too: no item is to blame. */
export class BaselineRefused extends Error {}

/**
 * Finds the items that are refused and keeps the rest. Named ones are dropped at once; an unnamed one is found by
 * halving, with at most ceil(log2 n) tries, whether or not refusals depend on one another: the item found is the one
 * whose presence turns an accepted prefix into a refused one.
 * @param attempt tries exactly these items, from a clean start each time.
 * @throws BaselineRefused when even no items at all are refused.
 */
export async function isolate<T>(
  items: readonly T[],
  attempt: (items: readonly T[]) => Promise<Verdict<T>>,
): Promise<Isolation<T>> {
  let good = [...items];
  let acceptedPrefix = 0;
  let baselineKnown = false;
  const rejected: { item: T; message: string }[] = [];
  const drop = (culprits: readonly { item: T; message: string }[]): void => {
    rejected.push(...culprits);
    good = good.filter((item) => !culprits.some((culprit) => culprit.item === item));
  };
  while (good.length > 0) {
    const verdict = await attempt(good);
    if (verdict.ok) return { accepted: good, rejected };
    const named = verdict.culprits.filter(({ item }) => good.includes(item));
    if (named.length > 0) {
      acceptedPrefix = stillAccepted(acceptedPrefix, good, named);
      drop(named);
      continue;
    }
    if (!baselineKnown) {
      const baseline = await attempt([]);
      if (!baseline.ok) throw new BaselineRefused(baseline.message);
      baselineKnown = true;
    }
    const found = await bisect(good, acceptedPrefix, verdict.message, attempt);
    acceptedPrefix = found.acceptedPrefix;
    drop(found.culprits);
  }
  return { accepted: [], rejected };
}

async function bisect<T>(
  items: readonly T[],
  knownGood: number,
  refusal: string,
  attempt: (items: readonly T[]) => Promise<Verdict<T>>,
): Promise<{ readonly culprits: readonly { item: T; message: string }[]; readonly acceptedPrefix: number }> {
  let low = knownGood;
  let high = items.length;
  let message = refusal;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const verdict = await attempt(items.slice(0, middle));
    if (verdict.ok) {
      low = middle;
      continue;
    }
    const named = verdict.culprits.filter(({ item }) => items.includes(item));
    if (named.length > 0) return { culprits: named, acceptedPrefix: stillAccepted(low, items, named) };
    high = middle;
    message = verdict.message;
  }
  const culprit = items[high - 1];
  return { culprits: culprit === undefined ? [] : [{ item: culprit, message }], acceptedPrefix: low };
}

/** An accepted prefix that loses an item has not been tried as it is now. */
function stillAccepted<T>(prefix: number, items: readonly T[], gone: readonly { readonly item: T }[]): number {
  return gone.every(({ item }) => items.indexOf(item) >= prefix) ? prefix : 0;
}
