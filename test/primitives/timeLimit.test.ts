import { withinLimit } from '../../src/primitives/timeLimit';

const after = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'done'));

it('gives what the work gives, also when that is a rejection, and leaves no timer behind', async () => {
  const late = (): never => {
    throw new Error('late');
  };
  await expect(withinLimit(after(1), 60_000, late)).resolves.toBe('done');
  await expect(withinLimit(Promise.reject(new Error('failed')), 60_000, late)).rejects.toThrow('failed');
});

it('gives or throws what the caller says when the work takes too long', async () => {
  await expect(withinLimit(after(200), 10, () => 'given up')).resolves.toBe('given up');
  const late = (): never => {
    throw new RangeError('late');
  };
  await expect(withinLimit(after(200), 10, late)).rejects.toThrow(RangeError);
});

it('what the work comes to afterwards disturbs nobody', async () => {
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<string>((_resolve, reject) => {
    fail = reject;
  });
  await expect(withinLimit(work, 10, () => 'given up')).resolves.toBe('given up');
  fail(new Error('too late to matter'));
  await after(10);
});
