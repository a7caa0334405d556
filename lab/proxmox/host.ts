import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabToken } from './access';
import { aboutAnother, exchanged, halved } from './alteredAnswer';
import type { ApiAnswer } from './answer';
import { answer as answerOf } from './api';
import type { LabCluster } from './cluster';
import type { FaultBoard, ProxmoxFault } from './faults';
import type { BridgesForm } from './localnetwork';

/** How one API host of the fake cluster behaves. */
export interface HostSettings {
  readonly index: number;
  readonly tokens: readonly LabToken[];
  readonly faults: FaultBoard;
  /** How long a refused authentication waits; 3 seconds on a real host. */
  readonly authFailureDelayMs: number;
  /** Whether error bodies repeat the message, as since libpve-http-server-perl 5.2.0. */
  readonly messageInBody: boolean;
  /** How numbers in answers are written. */
  readonly numbersAs: 'number' | 'text';
  readonly standalone: boolean;
  /** Read at each request. */
  readonly bridges: () => BridgesForm;
  /** The cluster as this host sees it. */
  readonly view: () => LabCluster;
  /** Ends waits when the lab closes. */
  readonly closing: AbortSignal;
}

const PREFIX = '/api2/json';

/** Answers one HTTP request as pveproxy does. */
export async function serve(request: IncomingMessage, response: ServerResponse, settings: HostSettings): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://lab');
  const apiPath = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length) : undefined;
  const path = `${apiPath ?? url.pathname}${url.search}`;
  const finish = (answer: ApiAnswer, body?: string): void => {
    settings.faults.record({ host: settings.index, method: request.method ?? '', path, status: answer.status });
    send(response, answer, settings, body);
  };
  const contact = settings.view().nodes[settings.index];
  if (contact?.online !== true) {
    request.socket.destroy();
    return;
  }
  response.once('close', settings.faults.arrive(path));
  const method = request.method ?? '';
  const faults = settings.faults.take(settings.index, path, method);
  for (const fault of faults) await delay(fault.latencyMs ?? 0, undefined, { signal: settings.closing });
  const fault = faults.find((candidate) => candidate.kind !== 'latency');
  const isCarriedOut = fault?.kind === 'drop' && fault.carriedOut === true;
  if (fault !== undefined && !isCarriedOut && !['unauthorized', 'half', 'other-id'].includes(fault.kind)) {
    fail(fault, request, response, settings, path);
    return;
  }
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const takesBody = method === 'POST' || method === 'PUT';
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  if (apiPath === undefined || !METHODS.includes(method) || (hasBody && !takesBody) || isChunked) {
    finish({ status: 501, reason: `Method '${method} ${url.pathname}' not implemented` });
    return;
  }
  const presented = request.headers.authorization;
  const token =
    fault?.kind === 'unauthorized' ? undefined : settings.tokens.find((candidate) => isPresented(candidate, presented));
  if (token === undefined) {
    await delay(settings.authFailureDelayMs, undefined, { signal: settings.closing });
    finish({ status: 401, reason: presented === undefined ? 'No ticket' : 'Authentication failed!' });
    return;
  }
  const segments = apiPath
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const asked = fault?.kind === 'other-id' ? aboutAnother(segments, settings.view()) : segments;
  const form = takesBody ? await readForm(request) : {};
  if (method !== 'GET' && !settings.view().quorate) {
    finish({ status: 500, reason: 'cfs-lock error: no quorum!' });
    return;
  }
  const answer = answerOf({
    cluster: settings.view(),
    method,
    form,
    contact,
    token,
    segments: asked,
    query: url.searchParams,
    bridges: settings.bridges(),
    standalone: settings.standalone,
  });
  if (isCarriedOut) fail(fault, request, response, settings, path);
  else if (fault?.kind === 'half') finish({ ...answer, data: halved(answer.data) });
  else if (fault?.kind === 'other-id' && asked === segments) finish({ ...answer, data: exchanged(answer.data) });
  else finish(answer);
}

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'];
const MOST_FORM_BYTES = 100_000;

/** Parameters as a form or as JSON. */
async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request) {
    text += (chunk as Buffer).toString('utf8');
    if (text.length > MOST_FORM_BYTES) throw new RangeError('the body is too large');
  }
  if (request.headers['content-type']?.startsWith('application/json') !== true)
    return Object.fromEntries(new URLSearchParams(text));
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
}

function isPresented(token: LabToken, header: string | undefined): boolean {
  const expected = Buffer.from(`PVEAPIToken=${token.token}`);
  const given = Buffer.from(header ?? '');
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function fail(
  fault: ProxmoxFault,
  request: IncomingMessage,
  response: ServerResponse,
  settings: HostSettings,
  path: string,
): void {
  settings.faults.record({
    host: settings.index,
    method: request.method ?? '',
    path,
    status: fault.kind === 'status' ? fault.status : fault.kind === 'garbage' ? 200 : undefined,
  });
  switch (fault.kind) {
    case 'status':
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', String(fault.retryAfter));
      send(
        response,
        { status: fault.status ?? 500, reason: fault.reason ?? 'Internal Server Error' },
        settings,
        fault.body,
      );
      return;
    case 'drop':
      request.socket.destroy();
      return;
    case 'truncate':
      response.writeHead(200, { 'Content-Type': 'application/json;charset=UTF-8', 'Content-Length': '1000' });
      response.write('{"data":[', () => request.socket.destroy());
      return;
    case 'garbage':
      response.writeHead(200, { 'Content-Type': 'application/json;charset=UTF-8' });
      response.end(fault.body ?? '<html>this is not JSON</html>');
      return;
    case 'timeout':
    case 'latency':
    case 'unauthorized':
    case 'half':
    case 'other-id':
  }
}

function send(response: ServerResponse, answer: ApiAnswer, settings: HostSettings, given?: string): void {
  const failed = answer.status >= 400;
  const reason = answer.reason.replace(/[\r\n]+/g, ' ');
  const bodyless = answer.status === 401 || answer.status === 595 || answer.status === 596;
  const errorBody = bodyless
    ? ''
    : JSON.stringify({
        data: null,
        ...(settings.messageInBody ? { message: `${answer.reason}\n` } : {}),
        ...(answer.errors === undefined ? {} : { errors: answer.errors }),
      });
  const body =
    given ??
    (failed
      ? errorBody
      : JSON.stringify({
          data: settings.numbersAs === 'text' ? asText(answer.data) : answer.data,
          changes: answer.changes,
        }));
  response.writeHead(answer.status, reason, {
    Server: 'pve-api-daemon/3.0',
    'Cache-Control': 'max-age=0',
    'Content-Type': 'application/json;charset=UTF-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...(failed ? { Connection: 'close' } : {}),
  });
  response.end(body);
}

/** The same data with every number written as text: what Perl does to numbers that were last used as text. */
function asText(data: unknown): unknown {
  if (typeof data === 'number') return String(data);
  if (Array.isArray(data)) return data.map(asText);
  if (typeof data === 'object' && data !== null) {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, asText(value)]));
  }
  return data;
}
