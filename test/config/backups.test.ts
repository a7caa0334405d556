import { parseConfiguration, type Configuration } from '../../src/config';
import { deviceId } from '../../src/domain/values/device';

const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
  TENANTOS_API_KEY: 'panel-key-0123456789',
};

function parse(text: string): Configuration {
  const from = { file: '/x/portwarden.yaml', cwd: '/x', env: ENV, role: 'all' } as const;
  return parseConfiguration(`panel: { url: https://panel.example.com }\n${text}`, from);
}

const DAY = 86_400_000;

test('devices are backed up daily unless the file says otherwise, also for single ones', () => {
  expect(parse('').backups).toMatchObject({ atOnce: 4, all: { everyMs: DAY, keepCount: 2_000, keepDays: 365 } });
  const { backups } = parse(`backups:
  everyHours: 12
  devices:
    junos:3: { everyHours: 0, keepDays: 30 }
`);
  expect(backups.all).toEqual({ everyMs: DAY / 2, keepCount: 2_000, keepDays: 365 });
  expect(backups.devices.get(deviceId('junos', 3))).toEqual({ keepCount: 2_000, keepDays: 30 });
});

test.each([
  ['{ everyHours: -1 }', /everyHours/],
  ['{ keepCount: 0 }', /keepCount/],
  ['{ devices: { nobody: {} } }', /backups.devices.nobody/],
])('refuses %s', (text, rule) => {
  expect(() => parse(`backups: ${text}\n`)).toThrow(rule);
});
