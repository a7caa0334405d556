import pino from 'pino';
import { createApi, type ApiDependencies } from '../../src/api/app';
import { requireDriver } from '../../src/app/deviceKinds';
import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { namingOf } from '../../src/devices/registry';
import { listenApi, type ListeningApi } from '../../src/api/listen';
import { FakeDecisions } from './fakeDecisions';
import { FakePolicies } from './fakePolicies';
import { FakeEventService } from './fakeEventService';

export const TOKEN = 'test-token-0123456789';
export const JSON_HEADERS = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
export const EVENT = { action: 'ip_assigned', serverId: 42, ip: '10.0.48.5' };

/** The API on a free loopback port, with a fake behind it and its log kept. */
export interface ApiUnderTest {
  readonly api: ListeningApi;
  readonly events: FakeEventService;
  /** Log lines as JSON. */
  readonly lines: string[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  postEvent(body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function startApi(overrides: Partial<ApiDependencies> = {}): Promise<ApiUnderTest> {
  const lines: string[] = [];
  const events = new FakeEventService();
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const app = createApi({
    token: TOKEN,
    limits: {
      bodyLimitBytes: 4096,
      eventsPerMinute: 10_000,
      readsPerMinute: 10_000,
      strangersPerMinute: 10_000,
      answerWithinMs: 300,
    },
    events,
    requireDriver,
    portOnDevice: ({ device, port }) =>
      namingOf(device, {
        switches: { defaults: behaviourOf(switchesSchema.parse({}).defaults), settings: new Map() },
      }).toDevice(port),
    coordinators: {
      state: () => Promise.reject(new Error('not asked')),
      retryNow: () => Promise.reject(new Error('not asked')),
    },
    decisions: new FakeDecisions(),
    policies: { stored: undefined, service: new FakePolicies() },
    holds: {
      stored: undefined,
      service: {
        planRestore: () => Promise.reject(new Error('not asked')),
        restore: () => Promise.reject(new Error('not asked')),
        planRelease: () => Promise.reject(new Error('not asked')),
        release: () => Promise.reject(new Error('not asked')),
      },
    },
    virtualMacs: {
      virtualMacs: undefined,
      operations: {
        assign: () => Promise.reject(new Error('not asked')),
        revoke: () => Promise.reject(new Error('not asked')),
      },
    },
    looks: {
      preview: () => Promise.reject(new Error('not asked')),
      explain: () => Promise.reject(new Error('not asked')),
      coverage: () => Promise.reject(new Error('not asked')),
      previewConfiguration: () => Promise.reject(new Error('not asked')),
      compareBackup: ({ device, from }) => Promise.resolve({ summary: '', device, from, diff: `-${from}\n+now\n` }),
    },
    readiness: async () => ({ ready: true, checks: { temporal: 'ok', store: 'ok' } }),
    log,
    temporalUiUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/',
    ...overrides,
  });
  const api = await listenApi(app, { host: '127.0.0.1', port: 0 });
  return {
    api,
    events,
    lines,
    get: (path, headers = { Authorization: `Bearer ${TOKEN}` }) => fetch(`${api.url}${path}`, { headers }),
    postEvent: (body, headers = {}) =>
      fetch(`${api.url}/api/port-security/event`, {
        method: 'POST',
        headers: { ...JSON_HEADERS, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

/** The `error` of an answer. */
export async function errorOf(response: Response): Promise<Record<string, string>> {
  const body = (await response.json()) as { error: Record<string, string> };
  return body.error;
}
