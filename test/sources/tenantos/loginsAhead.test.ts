import { LoginsAhead } from '../../../src/sources/tenantos/loginsAhead';

const answer = { id: 3, name: 'sw3', managementUser: 'portwarden', managementPassword: 'secret-3' };

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

test('nobody asks for it: it is forgotten', async () => {
  const logins = new LoginsAhead(5);
  logins.put(answer, performance.now());
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(JSON.stringify(Object.values(logins).flatMap((value) => (value instanceof Map ? [...value] : [])))).toBe('[]');
});
