import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAgainst, type Printed } from './runAgainst';

const ROW = {
  ...{ id: '7', at: '2026-11-29T13:00:00.000Z', device: 'junos:1', port: 'ge-0/0/1.0', workflowId: 'device:junos:1' },
  ...{ status: 'applied', summary: '1 added, 1 removed', author: 'ada' },
};
const ENTRY = {
  ...ROW,
  added: [{ key: 'a', text: '192.0.2.1 vlan web' }],
  removed: [{ key: 'b', text: '192.0.2.2', because: 'named' }],
  ...{ commands: ['set a', 'commit'], diff: '+ a\n- b', commit: 'portwarden 1', commitSeconds: 2.5 },
  ...{ reason: 'known', events: ['event-1'], policies: ['server 7'] },
};

let server: Server;
let asked: string[];
let folder: string;
beforeEach(async () => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'portwarden-journal-'));
  server = createServer((request, response) => {
    const { url = '' } = request;
    asked.push(url);
    response.setHeader('Connection', 'close');
    if (url.startsWith('/api/journal/export')) return sendExport(url, response);
    response.writeHead(url.includes('status=done') ? 400 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answerTo(url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

function answerTo(url: string): object {
  if (url.includes('status=done')) return { error: { code: 'invalid-request', message: 'status: must be one of …' } };
  if (url === '/api/journal/7') return ENTRY;
  const count = Number(/limit=(\d+)/.exec(url)?.[1]);
  return { entries: Array.from({ length: count }, () => ROW), next: 'more' };
}

function sendExport(url: string, response: ServerResponse): void {
  if (url.includes('ip=192.0.2.66')) {
    response.setHeader('Link', '<@example.com/steal>; rel="next"');
  } else if (!url.includes('before=')) {
    response.setHeader('Link', '</api/journal/export?format=csv&before=8&header=absent>; rel="next"');
  }
  if (url.includes('ip=192.0.2.99')) {
    // An answer on a connection that is to be closed is taken for whole wherever it ends.
    response.removeHeader('Connection');
    response.write('id\r\n9\r\n');
    setTimeout(() => response.destroy(), 20);
  } else if (url.includes('before=')) response.end('7,é\r\n');
  else response.end('id,summary\r\n9,é\r\n');
}

function run(...args: string[]): Promise<Printed> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runAgainst(url, ['journal', ...args]);
}

const asksFor = (): Record<string, string> =>
  Object.fromEntries(new URL(asked[0] ?? '', 'http://localhost').searchParams);

describe('portwarden journal list', () => {
  it('shows a line for each entry, no more than asked for', async () => {
    const { code, out } = await run('list', '--limit', '2');
    const line = '     7  2026-11-29T13:00:00.000Z  junos:1 ge-0/0/1.0  applied: 1 added, 1 removed (ada)\n';
    expect({ code, out }).toEqual({ code: 0, out: line.repeat(2) });
    expect(asked).toEqual(['/api/journal?limit=2']);
  });

  it('goes on page by page to the number asked for', async () => {
    const { out } = await run('list', '--limit', '700', '--json');
    expect(JSON.parse(out)).toHaveLength(700);
    expect(asked).toEqual(['/api/journal?limit=500', '/api/journal?limit=500&after=more']);
  });

  it('asks by every column', async () => {
    const fields = {
      ...{ since: '2026-11-01', until: '2026-11-30T08:00:00Z', site: 'fra1', device: 'junos:1', port: 'ge-0/0/1.0' },
      ...{ status: 'parked', ip: '2001:db8::1', mac: '02:00:00:00:00:01', vlan: '13', statement: 'a b', event: 'e' },
      ...{ workflow: 'w', author: 'ada', policy: 'server 7', commit: 'c' },
    };
    expect((await run('list', ...Object.entries(fields).flatMap(([name, value]) => [`--${name}`, value]))).code).toBe(
      0,
    );
    expect(asksFor()).toEqual({ ...fields, limit: '50' });
  });

  it('takes an age for a time', async () => {
    const before = Date.now();
    await run('list', '--since', '2h');
    const since = Date.parse(asksFor()['since'] ?? '');
    expect(since).toBeGreaterThanOrEqual(before - 7_200_000);
    expect(since).toBeLessThanOrEqual(Date.now() - 7_200_000);
  });

  it('tells what the API refuses', async () => {
    const { code, err } = await run('list', '--status', 'done');
    expect(code).not.toBe(0);
    expect(err).toContain('status: must be one of');
  });

  it.each(['0', '10001', 'all'])('has no limit %s', async (limit) => {
    expect((await run('list', '--limit', limit)).code).not.toBe(0);
    expect(asked).toEqual([]);
  });
});

it('portwarden journal show: an entry with all that it says', async () => {
  expect((await run('show', '7')).out.split('\n')).toEqual([
    '7  2026-11-29T13:00:00.000Z  junos:1 ge-0/0/1.0  applied: 1 added, 1 removed',
    '  + 192.0.2.1 vlan web',
    '  - 192.0.2.2 (named)',
    '  by ada: known',
    '  workflow device:junos:1',
    '  event event-1',
    '  policy of server 7',
    '  commit portwarden 1 (2.5 s)',
    '  commands of the whole batch:',
    '    set a',
    '    commit',
    '  the difference, as the device says it:',
    '    + a',
    '    - b',
    '',
  ]);
  expect(JSON.parse((await run('show', '7', '--json')).out)).toEqual(ENTRY);
});

describe('portwarden journal export', () => {
  it('follows the answers to the last one', async () => {
    const { code, out } = await run('export', '--format', 'csv', '--device', 'junos:1');
    expect({ code, out }).toEqual({ code: 0, out: 'id,summary\r\n9,é\r\n7,é\r\n' });
    expect(asked).toEqual([
      '/api/journal/export?format=csv&device=junos%3A1',
      '/api/journal/export?format=csv&before=8&header=absent',
    ]);
  });

  it('writes a file that only its user can read, and over none', async () => {
    const output = join(folder, 'journal.csv');
    expect((await run('export', '--output', output)).code).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe('id,summary\r\n9,é\r\n7,é\r\n');
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const again = await run('export', '--output', output);
    expect(again.code).not.toBe(0);
    expect(again.err).toContain('EEXIST');
  });

  it('fails when an answer breaks off', async () => {
    const { code, err } = await run('export', '--ip', '192.0.2.99');
    expect(code).not.toBe(0);
    expect(err).toContain('api-unreachable');
  });

  it('takes its token nowhere else, whatever an answer names as the next one', async () => {
    const { out } = await run('export', '--ip', '192.0.2.66');
    expect(out).toBe('id,summary\r\n9,é\r\n');
    expect(asked).toHaveLength(1);
  });
});
