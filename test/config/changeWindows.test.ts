import { parseConfiguration, type Configuration } from '../../src/config';

const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
  TENANTOS_API_KEY: 'panel-key-0123456789',
};

function parse(text: string): Configuration {
  return parseConfiguration(
    `panel: { url: https://panel.example.com }\nsites: { fra1: { devices: ['junos:1'] } }\n${text}`,
    {
      file: '/x/portwarden.yaml',
      cwd: '/x',
      env: ENV,
      role: 'all',
    },
  );
}

test('windows and freezes have times by the clocks of their zone', () => {
  const { changeWindows } = parse(`changeWindows:
  timeZone: Europe/Berlin
  windows:
    - sites: [fra1]
      weekly: [{ days: [mon, sat], from: '22:30', hours: 6 }]
      once: [{ from: '2026-12-24T08:00', hours: 0.5 }]
  freezes:
    - { from: '2026-07-01T00:00', to: '2026-07-02T00:00', reason: audit, timeZone: UTC }
`);
  expect(changeWindows).toEqual({
    windows: [
      {
        devices: [],
        sites: ['fra1'],
        times: [
          { kind: 'weekly', zone: 'Europe/Berlin', lastsMs: 21_600_000, days: [1, 6], hour: 22, minute: 30 },
          {
            kind: 'once',
            zone: 'Europe/Berlin',
            lastsMs: 1_800_000,
            from: { year: 2026, month: 12, day: 24, hour: 8, minute: 0 },
          },
        ],
      },
    ],
    freezes: [{ devices: [], sites: [], reason: 'audit', from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 6, 2) }],
  });
  expect(parse('').changeWindows).toEqual({ windows: [], freezes: [] });
});

test.each([
  [
    "{ windows: [{ sites: [ams2], once: [{ from: '2026-12-24T08:00', hours: 1 }] }] }",
    /windows\[0\]\.sites\[0\] .*there are: fra1/,
  ],
  [
    "{ windows: [{ devices: ['cisco:1'], once: [{ from: '2026-12-24T08:00', hours: 1 }] }] }",
    /windows\[0\]\.devices\[0\] .*can change/,
  ],
  ["{ windows: [{ devices: ['junos:1'] }] }", /windows\[0\] must name times/],
  ["{ windows: [{ weekly: [{ days: [mon], from: '24:00', hours: 1 }] }] }", /from must be a time of the day/],
  ["{ windows: [{ weekly: [{ days: [], from: '22:00', hours: 1 }] }] }", /days must name a day/],
  ["{ windows: [{ once: [{ from: '2026-02-30T08:00', hours: 1 }] }] }", /from must be a time such as/],
  ['{ timeZone: Mars/Olympus }', /timeZone must be a time zone/],
  ["{ freezes: [{ from: '2026-07-02T00:00', to: '2026-07-01T00:00', reason: x }] }", /to must be later than from/],
])('%s is refused with its place', (text, rule) => {
  expect(() => parse(`changeWindows: ${text}\n`)).toThrow(rule);
});
