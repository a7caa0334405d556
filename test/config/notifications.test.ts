import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration, type Configuration } from '../../src/config';
import type { Role } from '../../src/primitives/configuration/environment';
import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const cwd = mkdtempSync(join(tmpdir(), 'portwarden-notifications-'));
writeFileSync(join(cwd, 'old.secret'), `whsec_${KEY}\n`);
writeFileSync(join(cwd, 'bad.secret'), 's3cret\n');
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
  TENANTOS_API_KEY: 'panel-key-0123456789',
  HOOK_SECRET: `whsec_${KEY}`,
  BAD_SECRET: 's3cret-0123456789',
  SLACK_URL: 'https://hooks.slack.com/services/T0/B0/s3cret',
};

function parse(section: string, role: Role = 'all'): Configuration {
  const file = join(cwd, 'portwarden.yaml');
  return parseConfiguration(`panel: { url: https://panel.example.com }\n${section}`, { file, cwd, env: ENV, role });
}

const TWO = `sites: { fra1: { devices: ['junos:3'] } }
notifications:
  endpoints:
    - id: ops
      url: https://hooks.example.com/in
      events: [port.failed, alarm.raised]
      sites: [fra1]
      secrets: [{ secretEnv: HOOK_SECRET }, { secretFile: old.secret }]
    - { id: chat, urlEnv: SLACK_URL, format: slack }
`;

test('endpoints, each with its secrets; what is secret is never shown', () => {
  const { notifications } = parse(TWO);
  const [ops, chat] = notifications.endpoints;
  expect(ops).toMatchObject({
    ...{ id: 'ops', format: 'standard', types: ['port.failed', 'alarm.raised'], devices: [], sites: ['fra1'] },
    ...{ target: { host: 'hooks.example.com', path: '/in' }, timeoutMs: 15_000 },
  });
  expect(ops?.keys.map((key) => key.reveal())).toEqual([KEY, KEY]);
  expect(chat).toMatchObject({ format: 'slack', types: NOTIFICATION_TYPES, keys: [] });
  expect(chat?.target).toMatchObject({ path: '/services/T0/B0/s3cret', origin: 'https://hooks.slack.com' });
  expect(JSON.stringify(ops)).not.toContain(KEY);
  expect(notifications.schedule.pauses).toHaveLength(9);
  expect(notifications).toMatchObject({ limits: { atOnce: 16 }, keepMs: 30 * 86_400_000 });
  expect(parse('').notifications.endpoints).toEqual([]);
});

test('a process that sends nothing needs no secret', () => {
  expect(
    parse(`${TWO}temporal: { address: '127.0.0.1:7233' }\n`, 'api').notifications.endpoints.map(({ keys, target }) => [
      keys.length,
      target?.host,
    ]),
  ).toEqual([
    [0, 'hooks.example.com'],
    [0, undefined],
  ]);
});

test('what is wrong is refused with its place, and no secret is repeated', () => {
  const text = `notifications:
  endpoints:
    - { id: a, url: 'http://hooks.example.com/', secrets: [{ secretEnv: HOOK_SECRET }] }
    - { id: a, url: 'https://169.254.169.254/', format: slack }
    - { id: c, url: 'https://x.example.com/' }
    - { id: d, url: 'https://x.example.com/', urlEnv: SLACK_URL, format: slack }
    - { id: e, format: slack }
    - { id: f, url: 'https://x.example.com/', secrets: [{ secretEnv: BAD_SECRET }] }
    - { id: g, url: 'https://x.example.com/', secrets: [{ secretFile: bad.secret }] }
    - { id: h, url: 'https://x.example.com/', secrets: [{ secretEnv: HOOK_SECRET, secretFile: old.secret }] }
    - { id: i, url: 'https://x.example.com/', secrets: [{}] }
    - { id: j, url: 'http://10.0.0.1/', format: slack, allowHttp: true }
    - { id: k, url: 'https://x.example.com/', format: slack, sites: [ams2], devices: ['cisco:1'] }
`;
  let message = '';
  try {
    parse(text);
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  }
  for (const [line, rule] of [
    [4, /endpoints\[0\].url .*allowHttp/],
    [5, /endpoints\[1\].id is the id of another endpoint too/],
    [5, /endpoints\[1\].url .*link-local/],
    [6, /endpoints\[2\] must have secrets/],
    [7, /endpoints\[3\] must have url or urlEnv/],
    [8, /endpoints\[4\] must have url or urlEnv/],
    [9, /secrets\[0\].secretEnv must be whsec_/],
    [10, /secrets\[0\].secretFile must be whsec_/],
    [11, /secrets\[0\] must have secretEnv or secretFile/],
    [12, /secrets\[0\] must have secretEnv or secretFile/],
    [13, /endpoints\[9\].allowHttp needs allowPrivate/],
    [14, /endpoints\[10\].sites\[0\] must name a site/],
    [14, /endpoints\[10\].devices\[0\]/],
  ] as const) {
    const lines = message.split('\n').filter((one) => one.includes(`portwarden.yaml:${line}:`));
    expect(lines).toContainEqual(expect.stringMatching(rule));
  }
  expect(message).not.toContain('s3cret');
});

test.each([
  ['{ endpoints: [{ id: "a b", url: "https://x.example.com/", format: slack }] }', /letters, digits/],
  ['{ endpoints: [{ id: a, url: "https://x.example.com/", format: slack, events: [] }] }', /at least one/],
  ['{ endpoints: [{ id: a, url: "https://x.example.com/", format: slack, events: [port.unchanged] }] }', /events/],
  ['{ retrySeconds: [] }', /at least one/],
  ['{ atOnce: 0 }', /from 1 to 200/],
])('notifications: %s is refused', (section, rule) => {
  expect(() => parse(`notifications: ${section}\n`)).toThrow(rule);
});
