/** Works on all of them in their order, on at most so many at the same time. Rejects as soon as one rejects. */
export async function someAtOnce<T extends object | string>(
  all: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(atOnce, 1), all.length) }, worker));
}
