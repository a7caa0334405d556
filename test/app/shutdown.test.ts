import { shutdownTimes } from '../../src/app/shutdown';
import { parseConfiguration } from '../../src/config';

const env = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789' };
const timeouts = (commitSeconds: number): object => ({ timeouts: { commitSeconds } });
/** With a commit of so many seconds for every switch, and of others for single ones. */
const times = (commitSeconds: number, ...overrides: number[]): ReturnType<typeof shutdownTimes> => {
  const switches = {
    defaults: timeouts(commitSeconds),
    overrides: Object.fromEntries(overrides.map((seconds, index) => [String(index + 1), timeouts(seconds)])),
  };
  const file = JSON.stringify({ panel: { url: 'https://panel.example.com' }, switches });
  return shutdownTimes(parseConfiguration(file, { file: 'portwarden.yaml', cwd: '/', env, role: 'all' }));
};

test('a shutdown lets the slowest switch finish its commit, and has a minute besides', () => {
  expect(times(300)).toEqual({ commit: 300_000, other: 20_000, process: 360_000 });
  expect(times(60, 900, 30)).toEqual({ commit: 900_000, other: 20_000, process: 960_000 });
});

test('work that is not in a commit never has more time than a commit', () => {
  expect(times(5)).toEqual({ commit: 5_000, other: 5_000, process: 65_000 });
});
