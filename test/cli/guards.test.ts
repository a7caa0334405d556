import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliUnderTest, type CliUnderTest } from './cliUnderTest';
import type { Printed } from './runAgainst';

let cli: CliUnderTest;
let asked: CliUnderTest['asked'];

beforeEach(async () => {
  cli = await cliUnderTest();
  ({ asked } = cli);
});
afterEach(() => cli.close());

const run = (...args: readonly string[]): Promise<Printed> => cli.run(...args);

const change = (port: string) => ({
  device: 'junos:1',
  port,
  at: '2026-11-29T12:00:00.000Z',
  guards: ['port-shrink'],
  reason: '8 of 9 bindings would be removed',
  added: [],
  removed: [{ text: '10.0.48.5 00:50:56:00:00:01' }],
});

test('parked lists all pages with guards, reason and difference', async () => {
  cli.answers.push({ changes: [change('ge-0/0/1.0')], next: 'abc' }, { changes: [change('ge-0/0/2.0')] });
  const { code, out } = await run('parked', 'junos:1');
  expect([code, asked.map(({ path }) => path)]).toEqual([
    0,
    ['/api/guards/parked?limit=500&device=junos%3A1', '/api/guards/parked?limit=500&device=junos%3A1&after=abc'],
  ]);
  expect(out).toContain('junos:1 ge-0/0/1.0  since 2026-11-29T12:00:00.000Z  port-shrink');
  expect(out).toContain('- 10.0.48.5 00:50:56:00:00:01');
  cli.answers.push({ changes: [] });
  expect((await run('parked', '--guard', 'policy-restore')).out).toBe('Nothing waits for a person\n');
  expect(asked.at(-1)?.path).toBe('/api/guards/parked?limit=500&guard=policy-restore');
});

test('brake says whether the site brakes, and by its exit code too', async () => {
  const on = { since: '2026-11-29T12:00:00.000Z', reason: 'too many' };
  cli.answers.push({ on: null, brakes: [] }, { on, brakes: [on] });
  expect(await run('brake')).toMatchObject({ code: 0, out: 'The site does not brake\n' });
  const braking = await run('brake', 'status');
  expect([braking.code, braking.out]).toEqual([
    1,
    expect.stringContaining('since 2026-11-29T12:00:00.000Z') as unknown,
  ]);
});

test('brake release needs a reason, and says who', async () => {
  expect((await run('brake', 'release')).code).not.toBe(0);
  expect(asked).toEqual([]);
  cli.answers.push({ released: { since: 'x', reason: 'y' }, ports: 4 });
  const { out } = await run('brake', 'release', '--reason', 'moved to another panel', '--by', 'alice', '--approve');
  expect(asked).toEqual([
    { path: '/api/guards/brake/release', body: { reason: 'moved to another panel', by: 'alice', approve: true } },
  ]);
  expect(out).toContain('4 port(s)');
});

test('coverage shows how long the lists are, and one of them', async () => {
  cli.answers.push(
    {
      lists: [
        { list: 'unbound', count: 2, oldest: '2026-11-29T12:00:00.000Z' },
        { list: 'unexplained', count: 0 },
      ],
    },
    {
      entries: [
        {
          device: 'junos:1',
          port: 'ge-0/0/1.0',
          subject: '10.0.48.5',
          serverId: 7,
          rule: 'no-mac',
          message: 'no NIC',
          since: 'S',
        },
      ],
    },
  );
  expect((await run('coverage')).out).toContain('unbound      2, the oldest since 2026-11-29T12:00:00.000Z');
  expect((await run('coverage', 'unbound')).out).toBe('S  junos:1 ge-0/0/1.0  10.0.48.5  server 7  no-mac: no NIC\n');
});

test('config preview sends the settings of the new file that are no secrets, page by page', async () => {
  writeFileSync(
    join(cli.folder, 'new.yaml'),
    [
      'panel: { url: https://panel.example.com }',
      'vlans: { map: { 10.0.48.0/24: 200 }, allowlist: "13,200" }',
      'proxmox:',
      '  clusters:',
      '    - { name: pve, hosts: [https://pve1:8006], tokenEnv: PVE_TOKEN, nativeVlan: 7, uplinks: { pve1: { switch: 3, port: ae0 } } }',
      'guards: { maxRemovedBindings: 3 }',
    ].join('\n'),
  );
  const page = { settings: ['vlans.map'], looked: 1, notes: [] };
  cli.answers.push(
    {
      ...page,
      summary: 'junos:1: 1 of 1 port(s) affected',
      ports: [
        {
          port: 'ge-0/0/1.0',
          more: 2,
          guards: [],
          effects: [{ ip: '10.0.48.1', effect: 'replaced', before: 'M in VLAN 100', now: 'M in VLAN 200' }],
        },
      ],
      next: { device: 'junos:2' },
    },
    { ...page, summary: 'junos:2: 0 of 1 port(s) affected', ports: [] },
  );
  const { code, out, err } = await run('config', 'preview', '--file', 'new.yaml');
  expect([code, err.replace(/^warning: .*\n/gm, '')]).toEqual([0, '']);
  expect(out).toContain('10.0.48.1 would be replaced, and is parked: M in VLAN 100 → M in VLAN 200');
  expect(out).toContain('and 2 further addresses');
  expect(asked.map(({ body }) => body)).toEqual([
    {
      proposed: {
        map: [{ range: '10.0.48.0/24', vlan: 200 }],
        allowlist: [13, 200],
        clusters: { pve: { nativeVlan: 7, uplinks: { pve1: [{ ports: [{ switchId: 3, port: 'ae0' }] }] } } },
        guards: {
          maxRemovedBindings: 3,
          maxRemovedShare: 0.5,
          maxBindingsPerPort: 4000,
          maxChangesPerCommit: 1000,
          maxChangesPerHour: 2000,
          devices: {},
        },
      },
    },
    expect.objectContaining({ from: { device: 'junos:2' } }) as unknown,
  ]);
});

test('coverage port says what the device enforces there, and coverage alone goes on to list', async () => {
  const entries = [
    { code: 'dhcp-clients', effect: 'open', about: 'DHCP clients', message: 'pass always' },
    { code: 'unguarded-vlans', effect: 'open', about: 'VLANs without source guard', message: 'nothing (VLAN.13)' },
  ];
  cli.answers.push({ summary: 'junos:1 ge-0/0/1.0: as it is', entries });
  const { code, out } = await run('coverage', 'port', 'junos:1', 'ge-0/0/1.0');
  expect([code, asked.map(({ path }) => path)]).toEqual([
    0,
    ['/api/coverage/port?device=junos%3A1&port=ge-0%2F0%2F1.0'],
  ]);
  expect(out.split('\n')).toEqual([
    'junos:1 ge-0/0/1.0: as it is',
    '  open     dhcp-clients           DHCP clients: pass always',
    '  open     unguarded-vlans        VLANs without source guard: nothing (VLAN.13)',
    '',
  ]);
  cli.answers.push({ summary: 'one', entries });
  expect(JSON.parse((await run('coverage', 'port', 'junos:1', 'ge-0/0/1.0', '--json')).out)).toEqual({
    summary: 'one',
    entries,
  });
  cli.answers.push({ summary: 'nothing', notes: [], addresses: [], coverage: entries });
  expect((await run('explain', 'junos:1', 'ge-0/0/1.0')).out).toContain(
    'what the device enforces there:\n  open     dhcp-clients ',
  );
  expect((await run('coverage', 'nothing')).code).toBe(2);
});
