import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { PortwardenError } from '../../src/domain/errors';
import { limitsFor, parseBoundedJson } from '../../src/primitives/boundedJson';
import { ProxmoxTransport } from '../../src/clients/proxmox/transport';
import { parseOptions } from '../../src/clients/proxmox/options';
import { PanelTransport } from '../../src/clients/tenantos/transport';

const LIMITS = { containers: 1_000 };
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('parseBoundedJson', () => {
  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseBoundedJson(text, LIMITS)).toEqual(JSON.parse(text));
      }),
    );
    const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '1', ' ', '\\"', '\\\\'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const read = (parse: (text: string) => unknown): unknown => {
          try {
            return { value: parse(text) };
          } catch (error) {
            return error instanceof SyntaxError ? 'no JSON' : error;
          }
        };
        expect(read((each) => parseBoundedJson(each, LIMITS))).toEqual(read((each) => JSON.parse(each) as unknown));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses what is nested too deeply, and counts no brackets inside strings', () => {
    expect(parseBoundedJson(nested(64), LIMITS)).toBeDefined();
    expect(() => parseBoundedJson(nested(65), LIMITS)).toThrow('more than 64 levels');
    expect(() => parseBoundedJson('{"a":'.repeat(65), LIMITS)).toThrow(RangeError);
    const text = JSON.stringify({ note: `\\"${'[{'.repeat(5_000)}`, after: `"${'['.repeat(100)}\\` });
    expect(parseBoundedJson(text, LIMITS)).toEqual(JSON.parse(text));
  });

  it('refuses more objects and arrays than the size of an answer explains', () => {
    expect(parseBoundedJson(`[${'[],'.repeat(998)}[]]`, LIMITS)).toHaveLength(999);
    expect(() => parseBoundedJson(`[${'[],'.repeat(999)}[]]`, LIMITS)).toThrow('more than 1000 objects and arrays');
    expect(limitsFor(128 * 1024 * 1024).containers).toBe(4_194_304);
    expect(limitsFor(1).containers).toBeGreaterThan(100);
  });
});

describe('an answer made to exhaust the process', () => {
  const HUNDRED_MB = 100 * 1024 * 1024;
  const bodies: Readonly<Record<string, (around: (inner: string) => string) => string>> = {
    'arrays inside each other': (around) => around(`${'['.repeat(HUNDRED_MB / 2)}${']'.repeat(HUNDRED_MB / 2)}`),
    'arrays beside each other': (around) => around(`[${'[],'.repeat(HUNDRED_MB / 3)}0]`),
  };
  let server: Server;
  let url: string;
  let body = '';
  beforeAll(async () => {
    server = createServer((_request, response) => response.setHeader('Content-Type', 'application/json').end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );

  async function refusal(work: () => Promise<unknown>): Promise<{ readonly code: string; readonly grownMb: number }> {
    const before = process.memoryUsage().heapUsed;
    const thrown: unknown = await work().catch((error: unknown) => error);
    return {
      code: thrown instanceof PortwardenError ? thrown.code : `not refused: ${String(thrown)}`,
      grownMb: (process.memoryUsage().heapUsed - before) / 1e6,
    };
  }

  it.each(['arrays inside each other', 'arrays beside each other'])(
    'of %s is refused by both clients without being built',
    async (kind) => {
      const panel = new PanelTransport({ url, apiKey: 'k', concurrency: 1 });
      body = bodies[kind]?.((inner) => `{"result":${inner}}`) ?? '';
      const ofPanel = await refusal(() => panel.get('/servers', 60_000, new AbortController().signal));
      panel.close();
      expect(ofPanel.code).toBe('panel-invalid-answer');
      expect(ofPanel.grownMb).toBeLessThan(500);

      body = body.slice(0, 60 * 1024 * 1024);
      const proxmox = new ProxmoxTransport(
        parseOptions({ name: 'c', hosts: [url], token: 'u@pve!t=s', timeoutMs: 60_000, concurrency: 1 }),
      );
      const ofProxmox = await refusal(() => proxmox.get('/cluster/resources', {}));
      proxmox.close();
      expect(ofProxmox.code).toBe('proxmox-invalid-answer');
      expect(ofProxmox.grownMb).toBeLessThan(500);
      body = '';
    },
  );
});
