import { JoinedReadings } from '../../src/primitives/joinedReadings';

/** A reading that ends when the test says so. */
function slowReading() {
  const begun: AbortSignal[] = [];
  let end: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const begin = (signal: AbortSignal): Promise<string> => {
    begun.push(signal);
    return new Promise((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
  };
  return { begun, begin, end: (value: string) => end(value), fail: (error: Error) => fail(error) };
}

const never = new AbortController().signal;

test('a second attempt joins the reading that the first one gave up, and gets its result', async () => {
  const readings = new JoinedReadings<string>();
  const slow = slowReading();
  const first = new AbortController();
  const given = readings.read('key', slow.begin, first.signal);
  first.abort(new Error('its time is over'));
  await expect(given).rejects.toThrow('its time is over');
  const second = readings.read('key', slow.begin, never);
  slow.end('guests');
  expect(await second).toBe('guests');
  expect([slow.begun.length, slow.begun[0]?.aborted]).toEqual([1, false]);
});

test('a result that came while nobody waited is taken once; whoever asks after that reads anew', async () => {
  const readings = new JoinedReadings<string>();
  const slow = slowReading();
  const first = new AbortController();
  const given = readings.read('key', slow.begin, first.signal);
  first.abort(new Error('its time is over'));
  await expect(given).rejects.toThrow();
  slow.end('guests');
  expect(await readings.read('key', slow.begin, never)).toBe('guests');
  const anew = readings.read('key', slow.begin, never);
  slow.end('other guests');
  expect(await anew).toBe('other guests');
  expect(slow.begun).toHaveLength(2);
});

test('other keys never share a reading, and a failure is not kept', async () => {
  const readings = new JoinedReadings<string>();
  const [one, other] = [slowReading(), slowReading()];
  const both = [readings.read('batch 1', one.begin, never), readings.read('batch 2', other.begin, never)];
  one.fail(new Error('the node is down'));
  other.end('guests');
  expect(await Promise.allSettled(both)).toMatchObject([{ status: 'rejected' }, { value: 'guests' }]);
  const again = readings.read('batch 1', one.begin, never);
  one.end('guests');
  expect(await again).toBe('guests');
});

test('a reading that nobody joins is ended', async () => {
  const readings = new JoinedReadings<string>(1);
  const slow = slowReading();
  const first = new AbortController();
  const given = readings.read('key', slow.begin, first.signal);
  first.abort(new Error('its time is over'));
  await expect(given).rejects.toThrow();
  const [signal] = slow.begun;
  await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  expect(signal?.aborted).toBe(true);
});
