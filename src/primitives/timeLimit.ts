/**
 * What comes of some work, or of `onLate` when it takes longer than the limit. The work itself goes on, and whatever it
 * comes to then is dropped: only a caller for whom that is harmless may stop waiting.
 * @param onLate may throw, which then is the outcome.
 */
export async function withinLimit<T, Late>(work: Promise<T>, limitMs: number, onLate: () => Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  try {
    const first = await Promise.race([work.then((result) => ({ result })), late]);
    return first === 'late' ? onLate() : first.result;
  } finally {
    clearTimeout(timer);
  }
}
