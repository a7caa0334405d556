import { panelApiBase, retryAfterMs } from '../../../src/clients/tenantos/transport';

describe('panelApiBase', () => {
  test.each([
    ['https://panel.example.com', 'https://panel.example.com/api'],
    ['https://panel.example.com/', 'https://panel.example.com/api'],
    ['https://panel.example.com/api/', 'https://panel.example.com/api'],
    ['https://panel.example.com:8443/tenantos', 'https://panel.example.com:8443/tenantos/api'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/api'],
    ['http://127.8.9.1', 'http://127.8.9.1/api'],
    ['http://localhost:1', 'http://localhost:1/api'],
    ['http://[::1]:1', 'http://[::1]:1/api'],
  ])('%s is %s', (url, base) => {
    expect(panelApiBase(url)).toBe(base);
  });

  test.each([
    'http://panel.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'ftp://panel.example.com',
    'panel.example.com',
    '',
    'https://user:word@panel.example.com',
    'https://panel.example.com/?key=1',
    'https://panel.example.com/#x',
  ])('%p is refused', (url) => {
    expect(() => panelApiBase(url)).toThrow(expect.objectContaining({ code: 'invalid-configuration' }) as Error);
  });
});

test('retryAfterMs reads seconds and dates, and is at least 0 and at most an hour', () => {
  const now = Date.parse('2026-11-22T04:00:00Z');
  expect(retryAfterMs('7', now)).toBe(7000);
  expect(retryAfterMs('Sun, 22 Nov 2026 04:00:30 GMT', now)).toBe(30_000);
  expect(retryAfterMs('Sun, 22 Nov 2026 03:00:00 GMT', now)).toBe(0);
  expect(retryAfterMs('999999999', now)).toBe(3_600_000);
  expect([undefined, '', 'soon'].map((header) => retryAfterMs(header, now))).toEqual([undefined, undefined, undefined]);
});
