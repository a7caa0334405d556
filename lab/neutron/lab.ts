import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEYSTONE_AWAY, neutronError, Refusal, unauthorized, type Answer } from './answers';
import { NeutronApi, parsed } from './api';
import { Keystone } from './keystone';
import { Ports, type PortRules } from './ports';
import { CloudState } from './world';

/** Options of the fake cloud. */
export interface NeutronLabOptions extends Partial<PortRules> {
  /** How long a token is good, in seconds. Default 3600. */
  readonly tokenSeconds?: number;
  readonly region?: string;
}

/** Something that goes wrong with requests. */
export interface CloudFault {
  /** `PUT /v2.0/ports`: the beginning of such a line. */
  readonly of: string;
  /** What is answered; `drop` closes the connection without an answer. */
  readonly answer: Answer | 'drop';
  /** Whether the request is carried out before. */
  readonly carriedOut?: boolean;
  /** How often. Default: until it is taken back. */
  readonly times?: number;
}

/** A fake OpenStack cloud: Keystone and Neutron on one address of 127.0.0.1, by the recorded exchanges. */
export interface NeutronLab {
  /** `OS_AUTH_URL`. */
  readonly authUrl: string;
  readonly networkUrl: string;
  readonly state: CloudState;
  readonly keystone: Keystone;
  readonly ports: Ports;
  /** Requests so far, as `PUT /v2.0/ports/<id>`. */
  readonly requests: string[];
  /** Those of them that were answered with 400 or more, with status and type: `PUT /v2.0/ports/<id> 409 PortSecurityPortHasSecurityGroup`. */
  readonly refusals: string[];
  /** While set, Neutron finds nobody to check tokens with. */
  keystoneAway: boolean;
  /** @returns takes it back */
  fault(fault: CloudFault): () => void;
  close(): Promise<void>;
}

/** Starts an empty cloud; who is in it and what it holds is put into its `state`. */
export async function startNeutronLab(options: NeutronLabOptions = {}): Promise<NeutronLab> {
  const state = new CloudState();
  const requests: string[] = [];
  const refusals: string[] = [];
  const faults = new Set<CloudFault & { left: number }>();
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keystone = new Keystone(state, {
    tokenSeconds: options.tokenSeconds ?? 3600,
    keystoneUrl: `${base}/v3`,
    neutronUrl: base,
    region: options.region ?? 'RegionOne',
  });
  const ports = new Ports(state, {
    maxPairs: options.maxPairs ?? 10,
    database: options.database ?? 'sqlite',
    writersAtOnce: options.writersAtOnce ?? 1,
    newDefaults: options.newDefaults ?? false,
  });
  const cloud = new NeutronApi(state, ports, base);
  const lab: NeutronLab = {
    authUrl: `${base}/v3`,
    networkUrl: base,
    state,
    keystone,
    ports,
    requests,
    refusals,
    keystoneAway: false,
    fault: (fault) => {
      const entry = { ...fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.add(entry);
      return () => void faults.delete(entry);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const line = `${request.method ?? 'GET'} ${request.url ?? '/'}`;
    requests.push(line);
    const fault = [...faults].find(({ of, left }) => line.startsWith(of) && left > 0);
    const isCarriedOut = fault === undefined || fault.carriedOut === true;
    const answer = isCarriedOut ? await answerTo(request, text) : undefined;
    if (fault !== undefined) fault.left -= 1;
    const given = fault?.answer ?? answer;
    if (given !== undefined && given !== 'drop' && given.status >= 400)
      refusals.push(`${line} ${given.status} ${typeOf(given)}`.trim());
    if (given === undefined || given === 'drop') response.destroy();
    else send(response, given);
  }

  async function answerTo(request: IncomingMessage, text: string): Promise<Answer> {
    const url = new URL(request.url ?? '/', base);
    if (url.pathname === '/v3/auth/tokens' && request.method === 'POST') return keystone.authenticate(parsed(text));
    if (url.pathname === '/') return cloud.versions();
    if (/^\/v3\/?$/.test(url.pathname) && request.method === 'GET') return keystone.version();
    if (lab.keystoneAway) return KEYSTONE_AWAY;
    const caller = keystone.callerOf(request.headers['x-auth-token']?.toString());
    if (caller === undefined) return unauthorized(`${base}/v3`);
    try {
      return await cloud.answer({
        caller,
        url,
        method: request.method ?? 'GET',
        text,
        ifMatch: request.headers['if-match'],
      });
    } catch (error) {
      if (error instanceof Refusal) return neutronError(error);
      throw error;
    }
  }

  return lab;
}

function typeOf({ body }: Answer): string {
  const error = (body as { readonly NeutronError?: { readonly type: string } } | undefined)?.NeutronError;
  return error?.type ?? '';
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    'X-Openstack-Request-Id': `req-${randomUUID()}`,
    ...headers,
  });
  response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += (chunk as Buffer).toString('utf8');
  return text;
}
