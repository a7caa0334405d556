import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { readPlan, REASON_PLACEHOLDER, writePlan } from '../../src/cli/adoptionPlan';
import { expiryOf } from '../../src/cli/decisionOptions';
import { splitDecisions } from '../../src/cli/splitDecisions';
import { runAgainst, type Printed } from './runAgainst';

const PORT = 'ge-0/0/1.0';

const open = (address: string, finding = 'unknown') => ({
  statement: { key: `${address} 02:00 VLAN.13`, text: `${address} 02:00 VLAN.13`, ip: address },
  finding,
  known: ['panel: no server has the address', 'not bound by portwarden'],
});
const LISTED = {
  summary: 'junos:1: 2 binding(s) on 1 port(s) wait for a person',
  device: 'junos:1',
  omitted: [],
  notes: [],
  ports: [
    { device: 'junos:1', port: PORT, hash: '00ab', statements: [open('10.0.48.1'), open('10.0.48.2', 'replaced')] },
  ],
};
const DONE = {
  summary: '1 kept',
  device: 'junos:1',
  ports: [
    {
      ...{ port: PORT, kept: [{ id: '7', text: '10.0.48.1 02:00 VLAN.13' }], removed: ['10.0.48.2 02:00 VLAN.13'] },
      ...{ notRemoved: [] as string[], done: 0 },
      outcomes: [{ port: PORT, status: 'applied', summary: '0 added, 1 removed' }],
    },
  ],
};
const KEEP = {
  ...{ id: '7', device: 'junos:1', port: PORT, statement: { text: '10.0.48.1 02:00 VLAN.13' } },
  ...{ author: 'ada@ops1', reason: 'router', createdAt: '2026-11-29T13:00:00.000Z' },
};

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

let server: Server;
let folder: string;
let asked: Asked[];
let done: object;
let keeps: readonly object[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portwarden-adopt-'));
  asked = [];
  done = DONE;
  keeps = [KEEP];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      asked.push({ method, url, body: body === '' ? {} : (JSON.parse(body) as Asked['body']) });
      const answer = answerTo(url);
      response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

function answerTo(url: string): object | undefined {
  if (url.startsWith('/api/unknown-bindings')) return LISTED;
  if (url.startsWith('/api/keeps?')) return { keeps };
  if (/^\/api\/(adoptions|keeps\/(remove|extend))$/.test(url)) return { workflowId: 'w-1', statusUrl: '/x' };
  return url === '/api/decisions/w-1' ? { state: 'completed', outcome: done } : undefined;
}

function run(...args: string[]): Promise<Printed> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runAgainst(url, args, folder);
}
const posted = (): Asked['body'] | undefined => asked.find(({ method }) => method === 'POST')?.body;

describe('portwarden adopt', () => {
  it('lists what nothing explains, with what is known of it and what to do', async () => {
    const { code, out } = await run('adopt', 'junos:1', PORT);
    expect([code, asked[0]?.url]).toEqual([0, '/api/unknown-bindings?device=junos%3A1&port=ge-0%2F0%2F1.0']);
    expect(out).toContain('10.0.48.1 02:00 VLAN.13\n      nothing explains it\n      panel: no server has the address');
    expect(out).toContain('portwarden adopt junos:1 --plan');
  });

  it('asks who brought it, also for a plan, and not when one is applied', async () => {
    expect((await run('adopt', 'junos:1', '--origin')).code).toBe(0);
    expect((await run('adopt', 'junos:1', '--origin', '--plan')).code).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual(
      Array.from({ length: 2 }, () => '/api/unknown-bindings?device=junos%3A1&origin=true'),
    );
    expect((await run('adopt', 'junos:1', '--origin', '--apply', 'plan.yaml')).code).not.toBe(0);
    expect(asked).toHaveLength(2);
  });

  it('keeps and removes what is named, in the name of the user of this machine, and shows the outcome', async () => {
    const args = [
      '--keep',
      '10.0.48.1',
      '--remove',
      '10.0.48.2 02:00 VLAN.13',
      '--reason',
      'office',
      '--expires',
      '30d',
    ];
    const { code, out, err } = await run('adopt', 'junos:1', PORT, ...args);
    expect([code, err]).toEqual([0, 'accepted as w-1\n']);
    expect(posted()).toEqual({
      device: 'junos:1',
      author: `${userInfo().username}@${hostname()}`,
      reason: 'office',
      expiresAt: expect.stringMatching(/^\d{4}-/) as string,
      ports: [
        {
          port: PORT,
          statements: [
            { key: '10.0.48.1 02:00 VLAN.13', adoption: 'keep' },
            { key: '10.0.48.2 02:00 VLAN.13', adoption: 'remove' },
          ],
        },
      ],
    });
    expect(out).toContain('kept         10.0.48.1 02:00 VLAN.13 (keep 7)');
    expect(out).toContain('removed      10.0.48.2 02:00 VLAN.13');
    expect(out).toContain('applied: 0 added, 1 removed');
  });

  it.each([
    [['--keep', 'all'], /say why, with --reason/],
    [['--keep', '10.9.9.9', '--reason', 'x'], /10\.9\.9\.9 is none of the bindings/],
    [['--keep', 'all', '--remove', '10.0.48.1', '--reason', 'x'], /is to be kept and removed/],
    [['--keep', 'all', '--reason', 'x', '--expires', 'yesterday'], /--expires must be in the future/],
  ])('refuses %j, and decides nothing', async (args, words) => {
    const { code, err } = await run('adopt', 'junos:1', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(words);
    expect(posted()).toBeUndefined();
  });

  it('says with its exit code that something was refused or not removed', async () => {
    done = { ...DONE, ports: DONE.ports.map((port) => ({ ...port, refused: 'since then there are also 10.0.48.3' })) };
    const refused = await run('adopt', 'junos:1', '--keep', 'all', '--reason', 'x');
    expect([refused.code, refused.out]).toEqual([4, expect.stringContaining('refused, since then there are also')]);
    done = { ...DONE, ports: DONE.ports.map((port) => ({ ...port, notRemoved: ['a'] })) };
    expect((await run('adopt', 'junos:1', '--keep', 'all', '--reason', 'x')).code).toBe(4);
  });

  it('writes a plan, and applies it once a person said why', async () => {
    const plan = (await run('adopt', 'junos:1', '--plan')).out;
    expect(plan).toContain('# panel: no server has the address');
    const file = join(folder, 'plan.yaml');
    writeFileSync(file, plan);
    const unreasoned = await run('adopt', 'junos:1', '--apply', 'plan.yaml');
    expect([unreasoned.code, unreasoned.err]).toEqual([
      2,
      expect.stringMatching(/plan\.yaml:\d+:\d+: reason: say why/),
    ]);
    writeFileSync(file, plan.replace(REASON_PLACEHOLDER, 'kept by hand since 2019'));
    expect((await run('adopt', 'junos:2', '--apply', 'plan.yaml')).err).toContain(
      'is a plan of junos:1, not of junos:2',
    );
    expect(posted()).toBeUndefined();
    expect((await run('adopt', 'junos:1', '--apply', 'plan.yaml', '--author', 'ada')).code).toBe(0);
    expect(posted()).toMatchObject({
      author: 'ada',
      reason: 'kept by hand since 2019',
      ports: [{ port: PORT, hash: '00ab', statements: [{ adoption: 'keep' }, { adoption: 'leave' }] }],
    });
  });
});

describe('plans', () => {
  const listed = { ...LISTED, notes: [], ports: LISTED.ports };

  it('give back what they were made of, whatever the keys are', () => {
    const key = '10.0.48.9  "VLAN: #13" \\ x';
    const odd = { ...open('10.0.48.9'), statement: { key, text: 'odd', ip: '10.0.48.9' } };
    const ports = [{ ...LISTED.ports[0], port: PORT, hash: '0123', statements: [odd] }];
    const text = writePlan({ ...listed, ports }, new Date()).replace(REASON_PLACEHOLDER, 'why');
    expect(readPlan(text, 'plan.yaml')).toEqual({
      ...{ device: 'junos:1', reason: 'why' },
      ports: [{ port: PORT, hash: '0123', statements: [{ key, adoption: 'keep' }] }],
    });
  });

  it.each([
    ['decision: keep', 'decision: drop', /plan\.yaml:\d+:\d+: ports\.ge-0\/0\/1\.0\.bindings\.0\.decision/],
    ['device:', 'devices:', /plan\.yaml:/],
    ['ports:', 'ports: [', /not valid YAML/],
  ])('with %s made %s are refused with the line', (from, to, words) => {
    const text = writePlan(listed, new Date()).replace(from, to);
    expect(() => readPlan(text, 'plan.yaml')).toThrow(words);
  });

  it('that are long are brought in parts, a port in one', () => {
    const statements = Array.from({ length: 200 }, (_, n) => ({
      key: `10.0.0.${n} 02:00 V`,
      adoption: 'keep' as const,
    }));
    const ports = Array.from({ length: 6 }, (_, n) => ({ port: `ge-0/0/${n}.0`, hash: 'x', statements }));
    const parts = splitDecisions(ports);
    expect(parts.map((part) => part.length)).toEqual([2, 2, 2]);
    expect(parts.flat()).toEqual(ports);
  });
});

describe('portwarden keep', () => {
  it('lists what is kept, and marks what ends soon', async () => {
    keeps = [{ ...KEEP, expiresAt: new Date(Date.now() + 86_400_000).toISOString() }];
    const { out } = await run('keep', 'list', 'junos:1', '--ending');
    expect(asked[0]?.url).toContain('ending=soon');
    expect(out).toMatch(/ {3}7 {2}junos:1 ge-0\/0\/1\.0 {2}10\.0\.48\.1 .*\n {6}by ada@ops1 .* \(soon\): router/);
    keeps = [];
    expect((await run('keep', 'list')).out).toBe('Nothing is kept\n');
  });

  it('ends and extends keeps, with a reason', async () => {
    done = { summary: '1 keep(s) ended', changed: [KEEP], missing: [], outcomes: [] };
    expect((await run('keep', 'remove', '7')).err).toContain('say why');
    expect((await run('keep', 'remove', '7', '--reason', 'gone')).code).toBe(0);
    expect(posted()).toMatchObject({ ids: ['7'], reason: 'gone' });
    asked = [];
    expect((await run('keep', 'extend', '7', '--reason', 'x')).err).toContain('say until when');
    expect((await run('keep', 'extend', '7', '--reason', 'x', '--expires', '8w')).code).toBe(0);
    expect(posted()).toMatchObject({ expiresAt: expect.any(String) as string });
    asked = [];
    expect((await run('keep', 'extend', '7', '--reason', 'x', '--no-end')).code).toBe(0);
    expect(posted()).not.toHaveProperty('expiresAt');
  });

  it('takes addresses for numbers, where one keep has it', async () => {
    const own = { ...KEEP, statement: { ...KEEP.statement, ip: '10.0.48.1' } };
    keeps = [own];
    done = { summary: '1 keep(s) ended', changed: [KEEP], missing: [], outcomes: [] };
    expect((await run('keep', 'remove', '10.0.48.1', '--reason', 'gone')).code).toBe(0);
    expect(posted()).toMatchObject({ ids: ['7'] });
    expect((await run('keep', 'remove', '10.9.9.9', '--reason', 'gone')).err).toContain('10.9.9.9 is not kept');
    keeps = [own, { ...own, id: '8' }];
    expect((await run('keep', 'remove', '10.0.48.1', '--reason', 'gone')).err).toContain('name one of 7, 8');
  });

  it('says that there is no such keep', async () => {
    done = { summary: '0 keep(s) ended; there is no keep 9', changed: [], missing: ['9'], outcomes: [] };
    expect(await run('keep', 'remove', '9', '--reason', 'x')).toMatchObject({
      code: 1,
      out: expect.stringContaining('there is no keep 9') as string,
    });
  });
});

it('reads until when', () => {
  const now = new Date('2026-11-29T13:00:00.000Z');
  expect(expiryOf(undefined, now)).toBeUndefined();
  expect(expiryOf('12h', now)).toBe('2026-11-30T01:00:00.000Z');
  expect(expiryOf('2027-01-31', now)).toBe('2027-01-31T00:00:00.000Z');
  for (const wrong of ['0d', '5y', '2026-01-01', 'soon', '-3d']) expect(() => expiryOf(wrong, now)).toThrow('future');
});
