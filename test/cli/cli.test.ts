import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configuredPort, configuredSwitchDevice, requireDriver } from '../../src/app/deviceKinds';
import type { OperatedCoordinators } from '../../src/temporal/coordinators';
import { runCli } from '../../src/cli/program';
import { errorReport, PortwardenError } from '../../src/domain/errors';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { renderConfigurationDocs } from '../../src/config/docs';
import type { CoordinatorState } from '../../src/protocol/coordinator';

const TOKEN = 'webhook-token-0123456789';
const ENV = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: TOKEN, TENANTOS_API_KEY: 'panel-key-0123456789' };
const SWITCH = deviceId('junos', 1);

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portwarden-cli-'));
  writeFileSync(join(folder, 'portwarden.yaml'), 'panel: { url: https://panel.example.com }\n');
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  const open = server;
  server = undefined;
  if (open !== undefined) await new Promise((resolve) => open.close(resolve));
});

/** Coordinators that keep what was said to them. */
class FakeCoordinators implements OperatedCoordinators {
  readonly signals: string[] = [];
  opened = 0;
  closed = 0;
  current: CoordinatorState | undefined;
  running = true;
  state(): Promise<CoordinatorState | undefined> {
    return Promise.resolve(this.current);
  }
  async retryNow(device: string): Promise<boolean> {
    this.signals.push(`${device} retryNow`);
    return this.running;
  }
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; coordinators?: FakeCoordinators; connectError?: Error; healthy?: boolean } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env: options.env ?? ENV,
    cwd: folder,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    requireDriver,
    openCoordinators: async () => {
      if (options.connectError !== undefined) throw options.connectError;
      const coordinators = options.coordinators ?? new FakeCoordinators();
      coordinators.opened += 1;
      const close = async (): Promise<void> => void (coordinators.closed += 1);
      return { coordinators, close };
    },
    panelSwitchDevice: configuredSwitchDevice,
    portOnDevice: configuredPort,
    inspectCluster: () => Promise.reject(new Error('not asked')),
    inspectDevice: (_configuration, device) =>
      Promise.resolve({ text: `${device}\n`, healthy: options.healthy ?? true }),
  });
  return { code, out, err };
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An API that gives the answers in order, the last one again and again. */
async function api(answers: readonly { status: number; body: unknown }[]): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const started = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      response.writeHead(answer?.status ?? 500, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(typeof answer?.body === 'string' ? answer.body : JSON.stringify(answer?.body));
    });
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, seen };
}

const ACCEPTED = {
  status: 202,
  body: { workflowId: 'event-1', statusUrl: '/api/port-security/events/event-1', uiUrl: 'http://127.0.0.1:8233/x' },
};
const running = (waitingFor: string) => ({
  status: 200,
  body: { workflowId: 'event-1', state: 'running', startedAt: 'x', waitingFor },
});
const ended = (status: string) => ({
  status: 200,
  body: {
    workflowId: 'event-1',
    state: 'completed',
    startedAt: 'x',
    outcome: { status, summary: 'ge-0/0/1.0: 1 added' },
  },
});

describe('config', () => {
  test('check says what was understood', async () => {
    const { code, out } = await run(['config', 'check']);
    expect(code).toBe(0);
    expect(out).toContain(`${join(folder, 'portwarden.yaml')} is correct.`);
    expect(out).not.toContain(ENV.TENANTOS_API_KEY);
  });

  test('check lists every problem and exits 2', async () => {
    writeFileSync(join(folder, 'portwarden.yaml'), 'panel: { url: nonsense }\napi: { prot: 1 }\n');
    const { code, err } = await run(['config', 'check'], { env: {} });
    expect(code).toBe(2);
    expect(err).toContain('error invalid-configuration: The configuration has 4 problems:');
    expect(err).toContain('portwarden.yaml:1:10 panel.url must be a URL');
    expect(err).toContain('portwarden.yaml:2:8 api.prot is not an option; did you mean port?');
    expect(err).toContain('what to do: Correct the named line');
  });

  test('check takes the file of --config and the role', async () => {
    writeFileSync(join(folder, 'other.yaml'), 'panel: { url: https://other }\ntemporal: { address: temporal:7233 }\n');
    const { code, out } = await run(['--config', 'other.yaml', 'config', 'check', '--role', 'api'], {
      env: { PORT_SECURITY_EVENT_API_BEARER_TOKEN: TOKEN },
    });
    expect(code).toBe(0);
    expect(out).toContain('https://other');
  });

  test('docs writes the page', async () => {
    expect((await run(['config', 'docs'])).out).toBe(renderConfigurationDocs());
    expect((await run(['config', 'docs', '--output', 'page.md'])).code).toBe(0);
    expect(readFileSync(join(folder, 'page.md'), 'utf8')).toBe(renderConfigurationDocs());
  });
});

describe('event', () => {
  test('posts the event with the token and prints the workflow', async () => {
    const { url, seen } = await api([ACCEPTED]);
    const { code, out } = await run([
      'event',
      'ip_assigned',
      '101',
      '--ip',
      '10.0.48.5',
      '2001:DB8::1',
      '--idempotency-key',
      'k1',
      '--api',
      url,
    ]);
    expect(code).toBe(0);
    expect(out).toBe('accepted as event-1\n  http://127.0.0.1:8233/x\n');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/api/port-security/event',
      headers: { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'k1' },
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      action: 'ip_assigned',
      serverId: 101,
      ips: ['10.0.48.5', '2001:db8::1'],
    });
  });

  test.each([
    ['applied', 0],
    ['unchanged', 0],
    ['skipped', 4],
    ['parked', 4],
  ])('--wait follows the event to its end: %s exits %i', async (status, expected) => {
    const { url } = await api([
      ACCEPTED,
      running('Asking the panel'),
      running('Waiting for the switch'),
      ended(status),
    ]);
    const { code, out, err } = await run(['event', 'server_deleted', '101', '--wait', '--api', url]);
    expect(out).toContain(`event-1: ${status}\n  ge-0/0/1.0: 1 added`);
    expect(err).toContain('  Asking the panel\n  Waiting for the switch\n');
    expect(code).toBe(expected);
  });

  test('a failed event exits 1 and says what to do', async () => {
    const failed = {
      status: 200,
      body: {
        workflowId: 'event-1',
        state: 'failed',
        startedAt: 'x',
        error: errorReport('device-authentication', 'refused'),
      },
    };
    const { url } = await api([ACCEPTED, failed]);
    const { code, out } = await run(['event', 'ip_removed', '101', '--ip', '10.0.48.5', '--wait', '--api', url]);
    expect(code).toBe(1);
    expect(out).toContain('device-authentication: refused\n  what to do: Correct the management credentials');
  });

  test('--wait is bounded', async () => {
    const { url } = await api([ACCEPTED, running('forever')]);
    const { code, err } = await run(['event', 'server_deleted', '101', '--wait', '--timeout', '0.5', '--api', url]);
    expect(code).toBe(1);
    expect(err).toContain('error waited-too-long: The event still runs after 0.5 s; it goes on');
  });

  test('a wrong event is refused before anything is sent', async () => {
    const { url, seen } = await api([ACCEPTED]);
    const { code, err } = await run(['event', 'ip_stolen', '101', '--api', url]);
    expect(code).toBe(2);
    expect(err).toContain('error invalid-event: action must be one of ip_assigned, ip_removed, server_deleted');
    expect(seen).toEqual([]);
  });

  test("the API's refusal is shown in its words", async () => {
    const { url } = await api([
      {
        status: 401,
        body: { error: { code: 'unauthorized', message: 'A valid bearer token is required.', requestId: 'r' } },
      },
    ]);
    const { code, err } = await run(['event', 'server_deleted', '101', '--api', url]);
    expect(code).toBe(1);
    expect(err).toBe('error unauthorized: A valid bearer token is required.\n');
  });

  test('a busy Temporal server exits 3', async () => {
    const { url } = await api([
      { status: 503, body: { error: { code: 'temporal-unavailable', message: 'no', remedy: 'wait', requestId: 'r' } } },
    ]);
    expect(await run(['event', 'server_deleted', '101', '--api', url])).toMatchObject({
      code: 3,
      err: 'error temporal-unavailable: no\n  what to do: wait\n',
    });
  });

  test('something that is not portwarden is told apart', async () => {
    const { url } = await api([{ status: 502, body: '<html>bad gateway</html>' }]);
    const { code, err } = await run(['status', 'event-1', '--api', url]);
    expect(code).toBe(1);
    expect(err).toContain("answers 502 without portwarden's error form");
  });

  test('an API that is not there is named, by default where the configuration says', async () => {
    const { url } = await api([ACCEPTED]);
    const port = new URL(url).port;
    const open = server;
    server = undefined;
    await new Promise((resolve) => open?.close(resolve));
    writeFileSync(
      join(folder, 'portwarden.yaml'),
      `panel: { url: https://panel.example.com }\napi: { host: 0.0.0.0, port: ${port} }\n`,
    );
    const { code, err } = await run(['status', 'event-1'], { env: { PORT_SECURITY_EVENT_API_BEARER_TOKEN: TOKEN } });
    expect(code).toBe(3);
    expect(err).toContain(`The API at http://127.0.0.1:${port} does not answer (ECONNREFUSED)`);
  });

  test('the token is not sent in clear to another machine, and must be set', async () => {
    const plain = await run(['status', 'event-1', '--api', 'http://portwarden.example.com']);
    expect(plain).toMatchObject({ code: 2 });
    expect(plain.err).toContain('--api must be an https:// URL');
    expect((await run(['status', 'event-1'], { env: {} })).err).toContain(
      'PORT_SECURITY_EVENT_API_BEARER_TOKEN is not set',
    );
  });

  test("--json prints the API's answer", async () => {
    const { url } = await api([ended('applied')]);
    const { out } = await run(['status', 'event-1', '--json', '--api', url]);
    expect(JSON.parse(out)).toEqual(ended('applied').body);
  });
});

describe('device', () => {
  test.each([[['device', 'retry', 'junos:1'], 'junos:1 retryNow']])(
    '%j signals the coordinator',
    async (args, signal) => {
      const coordinators = new FakeCoordinators();
      expect(await run(args, { coordinators })).toMatchObject({ code: 0, err: '' });
      expect(coordinators.signals).toEqual([signal]);
      expect([coordinators.opened, coordinators.closed]).toEqual([1, 1]);
    },
  );

  test('trying again what does not run says so', async () => {
    const coordinators = new FakeCoordinators();
    coordinators.running = false;
    expect((await run(['device', 'retry', '1'], { coordinators })).out).toBe('junos:1: nothing waits\n');
  });

  test('status shows what waits, why and until when', async () => {
    const coordinators = new FakeCoordinators();
    expect((await run(['device', 'status', '1'], { coordinators })).out).toBe('junos:1: nothing waits\n');
    coordinators.current = {
      device: SWITCH,
      deferrals: [{ reason: 'paused: bob paused device junos:1: a new line card' }],
      batches: 4,
      deviceError: errorReport('device-busy', 'alice holds the lock'),
      pending: [
        {
          port: parsePortName('ge-0/0/1.0'),
          since: 'T1',
          waitingUntil: 'T2',
          attempts: 2,
          waiters: 1,
          reason: 'device-busy: alice holds the lock',
        },
      ],
      lastOutcomes: [{ port: parsePortName('ge-0/0/2.0'), status: 'applied', summary: '1 added', at: 'T0' }],
    };
    const { code, out } = await run(['device', 'status', '1'], { coordinators });
    expect(code).toBe(3);
    expect(out.split('\n')).toEqual([
      'junos:1: paused, 4 batches so far',
      '  device-busy: alice holds the lock',
      '  what to do: Wait, or ask the named user to leave configuration mode, to confirm the commit or to withdraw it.',
      '  nothing is changed until a person ends it: paused: bob paused device junos:1: a new line card',
      '  ge-0/0/1.0 waits since T1 for the next try at T2 (2 tries, 1 events), because device-busy: alice holds the lock',
      '  ge-0/0/2.0 was applied at T0: 1 added',
      '',
    ]);
    expect(JSON.parse((await run(['device', 'status', '1', '--json'], { coordinators })).out)).toEqual(
      coordinators.current,
    );
  });

  test('a wrong device or port is a wrong command line', async () => {
    expect(await run(['device', 'retry', 'cisco'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('must be a device id such as junos:3') as string,
    });
    expect(await run(['port', 'approve', '1', 'ge-0/0/1; delete'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('must be an interface name') as string,
    });
  });

  test.each([
    [['device', 'pause', 'cisco:cloud1', '--reason', 'x']],
    [['device', 'pause', 'cisco:1', '--reason', 'x']],
    [['device', 'resume', 'cisco:cloud1', '--reason', 'x']],
    [['device', 'retry', 'cisco:cloud1']],
    [['device', 'status', 'cisco:cloud1']],
    [['port', 'approve', 'cisco:cloud1', 'gate-1']],
    [['port', 'reject', 'cisco:cloud1', 'gate-1']],
  ])('%j, of a kind that nothing can change, is refused before Temporal is asked', async (args) => {
    const coordinators = new FakeCoordinators();
    const { code, out, err } = await run(args, { coordinators });
    expect([code, out, coordinators.opened, coordinators.signals]).toEqual([2, '', 0, []]);
    expect(err).toMatch(
      /^error device-kind-unknown: (cisco:cloud1|cisco:1) .*there are: junos, neutron, proxmoxFirewall\n  what to do: /,
    );
  });

  test('an unreachable Temporal server exits 3', async () => {
    const connectError = new PortwardenError(
      'temporal-unavailable',
      'The Temporal server at 127.0.0.1:7233 did not do it',
    );
    expect(await run(['device', 'status', '1'], { connectError })).toMatchObject({
      code: 3,
      err: expect.stringContaining('what to do: Check the Temporal server') as string,
    });
  });
});

describe('doctor', () => {
  test('prints the findings; bad ones exit 1', async () => {
    for (const device of ['junos:7', '7'])
      expect(await run(['doctor', 'device', device])).toMatchObject({ code: 0, out: 'junos:7\n' });
    expect(await run(['doctor', 'switch', '7'])).toMatchObject({ code: 0, out: 'junos:7\n' });
    expect(await run(['doctor', 'switch', '7'], { healthy: false })).toMatchObject({ code: 1 });
    expect(await run(['doctor', 'switch', 'seven'])).toMatchObject({ code: 2 });
  });
});

describe('the command line', () => {
  test('help is not an error; an unknown command is', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('doctor') as string });
    expect(await run(['event', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('ip_assigned') as string,
    });
    expect(await run(['evnt'])).toMatchObject({ code: 2, err: expect.stringContaining('unknown command') as string });
    expect(await run(['event'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('missing required argument') as string,
    });
  });
});
