import { createLogger, temporalLogger, type Log } from '../../src/telemetry/log';
import { Secret } from '../../src/primitives/secret';

function capture(options: { level?: 'info' | 'debug'; pretty?: boolean } = {}): {
  log: Log;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  return {
    log: createLogger({ level: options.level ?? 'info', pretty: options.pretty ?? false, destination }),
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => text,
  };
}

test("a line is one JSON object with level, ISO time, message and the child's fields", () => {
  const { log, lines } = capture();
  log.child({ workflowId: 'w1', device: 'junos:1', port: 'ge-0/0/1.0' }).info({ server: 101 }, 'applied');
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      workflowId: 'w1',
      device: 'junos:1',
      port: 'ge-0/0/1.0',
      server: 101,
      msg: 'applied',
    },
  ]);
});

test('lines below the level are not written', () => {
  const { log, text } = capture();
  log.debug('quiet');
  expect(text()).toBe('');
});

test('fields named like secrets are redacted at every depth that is logged, and Secret never prints', () => {
  const { log, text } = capture();
  log.info(
    {
      password: 'hunter2',
      a: { token: 'hunter2', b: { apiKey: 'hunter2', c: { privateKey: 'hunter2' } } },
      key: new Secret('hunter2', 'X'),
    },
    'x',
  );
  log
    .child({ authorization: 'Bearer hunter2' })
    .info({ headers: { authorization: 'Bearer hunter2', cookie: 'hunter2' } }, 'y');
  expect(text()).not.toContain('hunter2');
  expect(text().match(/\[secret\]/g)).toHaveLength(8);
});

test('an error is logged with its cause, but without what clients hang on it', () => {
  const { log, lines, text } = capture();
  const error = Object.assign(new Error('outer', { cause: new Error('inner') }), {
    code: 'ECONNRESET',
    config: { headers: { 'X-Key': 'hunter2' } },
  });
  log.error({ err: error }, 'failed');
  expect(lines()[0]?.['err']).toMatchObject({
    type: 'Error',
    message: 'outer',
    code: 'ECONNRESET',
    cause: { message: 'inner' },
  });
  expect(text()).not.toContain('hunter2');
});

test('pretty lines are for people', () => {
  const { log, text } = capture({ pretty: true });
  log.warn({ device: 'junos:1' }, 'slow switch');
  expect(text()).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: slow switch\n +device: "junos:1"\n$/);
});

test('Temporal writes to the same log, level by level, time stamps included', () => {
  const { log, lines } = capture({ level: 'debug' });
  const adapter = temporalLogger(log);
  adapter.trace('hidden');
  adapter.debug('d');
  adapter.info('i', { workflowId: 'w', timestampNanos: 12n });
  adapter.log('WARN', 'w', { taskQueue: 'portwarden' });
  adapter.error('e', { error: new Error('boom') });
  expect(lines().map((line) => [line['level'], line['msg']])).toEqual([
    ['debug', 'd'],
    ['info', 'i'],
    ['warn', 'w'],
    ['error', 'e'],
  ]);
  expect(lines()[1]).toMatchObject({ workflowId: 'w', timestampNanos: '12' });
  expect(lines()[3]?.['error']).toMatchObject({ message: 'boom' });
});
