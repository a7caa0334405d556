/**
 * A reading that is made anew once it is older than a time; who asks meanwhile gets the last one. One that fails is made anew by the next who asks.
 * @param now a monotonic clock in milliseconds.
 */
export function rememberFor<T>(
  ms: number,
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let known: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (known !== undefined && now() < known.until) return known.value;
    const reading = { value: read(), until: now() + ms };
    known = reading;
    reading.value.catch(() => {
      if (known === reading) known = undefined;
    });
    return reading.value;
  };
}
