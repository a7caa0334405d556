import { inspect } from 'node:util';
import { networkDeviceAnswer } from '../../../src/clients/tenantos/schemas';
import { LoginsAhead } from '../../../src/sources/tenantos/loginsAhead';

const answer = networkDeviceAnswer.parse({
  ...{ id: 3, name: 'sw3', host: '192.0.2.3', managementVendor: 'juniperSsh', managementPort: 22 },
  ...{ managementUser: 'portwarden', managementPassword: 'secret-3' },
});

test('a login serves one session, and none once it is too old', () => {
  let now = 1_000;
  const logins = new LoginsAhead(10_000, () => now);
  logins.put(answer, now);
  expect(logins.take(4)).toBeUndefined();
  expect(logins.take(3)).toBe(answer);
  expect(logins.take(3)).toBeUndefined();
  logins.put(answer, now);
  now += 10_000;
  expect(logins.take(3)).toBeUndefined();
  // What took longer than that to come is too old at once.
  logins.put(answer, now - 10_000);
  expect(logins.take(3)).toBeUndefined();
});

test('nobody asks for it: it is forgotten', () => {
  jest.useFakeTimers();
  try {
    const logins = new LoginsAhead();
    logins.put(answer, performance.now());
    const held = (): string => inspect(logins, { depth: 5 });
    expect(held()).toContain('secret-3');
    jest.advanceTimersByTime(10_000);
    expect(held()).not.toContain('secret-3');
  } finally {
    jest.useRealTimers();
  }
});
