import { once } from 'node:events';
import { withinLook } from '../../../src/activities/looks/limit';
import { PortwardenError } from '../../../src/domain/errors';
import { inActivity } from '../inActivity';

const untilAborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};
const look = <T>(work: (signal: AbortSignal) => Promise<T>, limitMs?: number): Promise<T> =>
  inActivity(() => withinLook(work, limitMs), undefined);

test('a look that takes too long is ended, and had no answer in time', async () => {
  await expect(look(untilAborted, 20)).rejects.toMatchObject({ code: 'answer-timeout', retryable: true });
});

test('so is one that fails by the end of its time with an error of its own', async () => {
  const work = (signal: AbortSignal): Promise<never> =>
    untilAborted(signal).catch(() => {
      throw new PortwardenError('panel-unreachable', 'the connection was closed');
    });
  await expect(look(work, 20)).rejects.toMatchObject({ code: 'answer-timeout' });
});

test('one that ends in time is as it is', async () => {
  expect(await look(() => Promise.resolve('seen'))).toBe('seen');
  const refused = look(() => Promise.reject(new PortwardenError('device-missing', 'no such switch')));
  await expect(refused).rejects.toMatchObject({ code: 'device-missing' });
});
