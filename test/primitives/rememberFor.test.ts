import { rememberFor } from '../../src/primitives/rememberFor';

it('reads once for all who ask within the time, then anew', async () => {
  let now = 0;
  let reads = 0;
  const get = rememberFor(
    1_000,
    async () => (reads += 1),
    () => now,
  );
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  now = 999;
  expect(await get()).toBe(1);
  now = 1_000;
  expect(await get()).toBe(2);
});

it('a reading that fails is made anew by the next who asks', async () => {
  let reads = 0;
  const get = rememberFor(1_000, async () => {
    reads += 1;
    if (reads === 1) throw new Error('away');
    return reads;
  });
  await expect(get()).rejects.toThrow('away');
  expect(await get()).toBe(2);
});
