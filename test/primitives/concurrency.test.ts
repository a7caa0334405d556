import fc from 'fast-check';

import { abortable, Semaphore } from '../../src/primitives/concurrency';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Semaphore', () => {
  test('never runs more than allowed, runs all, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 20 }),
        async (limit, lengths) => {
          const semaphore = new Semaphore(limit);
          const started: number[] = [];
          let running = 0;
          let most = 0;
          await Promise.all(
            lengths.map((length, index) =>
              semaphore.run(async () => {
                started.push(index);
                running += 1;
                most = Math.max(most, running);
                for (let i = 0; i < length; i += 1) await tick();
                running -= 1;
              }),
            ),
          );
          expect(most).toBe(Math.min(limit, lengths.length));
          expect(started).toEqual(lengths.map((_, index) => index));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a task that fails gives its slot back', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(semaphore.run(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  test('an aborted wait ends with the reason and takes no slot', async () => {
    const semaphore = new Semaphore(1);
    let finish = (): void => undefined;
    const first = semaphore.run(() => new Promise<void>((resolve) => (finish = resolve)));
    const controller = new AbortController();
    const waiting = semaphore.run(() => Promise.resolve('ran'), controller.signal);
    const third = semaphore.run(() => Promise.resolve('third'));
    expect(semaphore.waiting).toBe(2);
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    expect(semaphore.waiting).toBe(1);
    finish();
    await first;
    await expect(third).resolves.toBe('third');
    await expect(semaphore.run(() => Promise.resolve(1), controller.signal)).rejects.toThrow('given up');
  });

  test.each([0, -1, 1.5, Number.NaN])('a limit of %p is refused', (limit) => {
    expect(() => new Semaphore(limit)).toThrow(RangeError);
  });
});

test('abortable gives the result, the failure or the reason, whichever comes first', async () => {
  const controller = new AbortController();
  await expect(abortable(Promise.resolve(1), controller.signal)).resolves.toBe(1);
  await expect(abortable(Promise.reject(new Error('failed')), controller.signal)).rejects.toThrow('failed');
  const never = abortable(new Promise(() => undefined), controller.signal);
  controller.abort(new Error('enough'));
  await expect(never).rejects.toThrow('enough');
  await expect(abortable(Promise.reject(new Error('late')), controller.signal)).rejects.toThrow('enough');
});
