import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const EXCEPTION = {
  ...{ device: 'junos:1', port: 'ge-0/0/1.0', reason: 'abuse', author: 'ada' },
  ...{ since: 'T1', expiresAt: 'T2' },
};
const WORDS = 'junos:1 ge-0/0/1.0 may pass once since T1 until T2, by ada: abuse\n';

test('window pass lets a port pass, and window list says what may', async () => {
  cli.answers.push({ exception: EXCEPTION }, { exceptions: [EXCEPTION] }, { exceptions: [] });
  const by = ['--reason', 'abuse', '--author', 'ada'];
  expect(await cli.run('window', 'pass', '1', 'ge-0/0/1.0', ...by)).toMatchObject({ code: 0, out: WORDS });
  expect((await cli.run('window', 'list')).out).toBe(WORDS);
  expect((await cli.run('window', 'list')).out).toBe('Nothing may pass\n');
  expect(cli.asked[0]).toEqual({
    path: '/api/window-exceptions',
    body: { device: 'junos:1', port: 'ge-0/0/1.0', reason: 'abuse', author: 'ada' },
  });
});

test.each([
  [['window', 'pass', 'junos:1', 'ge-0/0/1.0']],
  [['window', 'pass', 'junos:1', '--reason', 'x']],
  [['window', 'pass', 'junos:1', 'not a port', '--reason', 'x']],
  [['window', 'pass', 'junos:1', 'ge-0/0/1.0', '--reason', 'x', '--expires', 'yesterday']],
])('%j is refused before anything is asked', async (args) => {
  const { code, out } = await cli.run(...args);
  expect([code, out, cli.asked]).toEqual([2, '', []]);
});
