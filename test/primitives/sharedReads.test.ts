import fc from 'fast-check';

import { Semaphore } from '../../src/primitives/concurrency';
import { SharedReads } from '../../src/primitives/sharedReads';

const signal = new AbortController().signal;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an answer is never older than its call, and at most one read of a key runs at once', async () => {
  const steps = fc.array(
    fc.oneof(fc.constant('read' as const), fc.constant('change' as const), fc.constant('wait' as const)),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (script, slots) => {
      const reads = new SharedReads(new Semaphore(slots));
      let version = 0;
      let running = 0;
      const results: Promise<boolean>[] = [];
      const send = async (): Promise<number> => {
        running += 1;
        expect(running).toBe(1);
        const seen = version;
        await tick();
        await tick();
        running -= 1;
        return seen;
      };
      for (const step of script) {
        if (step === 'change') version += 1;
        if (step === 'wait') await tick();
        if (step === 'read') {
          const atLeast = version;
          results.push(reads.read('key', send, signal).then((seen) => seen >= atLeast));
        }
      }
      expect(await Promise.all(results)).toEqual(results.map(() => true));
    }),
  );
});

test('many calls during one read become one read after it', async () => {
  const reads = new SharedReads(new Semaphore(4));
  let sent = 0;
  const send = async (): Promise<number> => {
    sent += 1;
    await tick();
    await tick();
    return sent;
  };
  const first = reads.read('key', send, signal);
  await tick();
  const rest = await Promise.all(Array.from({ length: 100 }, () => reads.read('key', send, signal)));
  expect([await first, sent, new Set(rest)]).toEqual([1, 2, new Set([2])]);
});

test('a read ends when nobody waits for it any more, and a later call does not join it', async () => {
  const reads = new SharedReads(new Semaphore(1));
  const controller = new AbortController();
  let ended = false;
  const abandoned = reads.read(
    'key',
    (sendSignal) =>
      new Promise<string>((_resolve, reject) => {
        sendSignal.addEventListener('abort', () => {
          ended = true;
          reject(new Error('ended'));
        });
      }),
    controller.signal,
  );
  await tick();
  controller.abort(new Error('nobody waits'));
  await expect(abandoned).rejects.toThrow('nobody waits');
  expect(ended).toBe(true);
  await expect(reads.read('key', () => Promise.resolve('fresh'), signal)).resolves.toBe('fresh');
});

test('a failed read fails its callers only', async () => {
  const reads = new SharedReads(new Semaphore(1));
  const failing = [1, 2].map(() => reads.read('key', () => Promise.reject(new Error('no')), signal));
  await expect(failing[0]).rejects.toThrow('no');
  await expect(failing[1]).rejects.toThrow('no');
  await expect(reads.read('key', () => Promise.resolve('yes'), signal)).resolves.toBe('yes');
});
