import { PortwardenError } from '../../src/domain/errors';
import type {
  CoverageInput,
  CoverageResult,
  ExplainInput,
  ExplainResult,
  PreviewInput,
  PreviewResult,
} from '../../src/protocol/preview';
import type { ConfigurationPreviewInput, ConfigurationPreviewResult } from '../../src/protocol/configurationPreview';
import type { Looks } from '../../src/temporal/looks';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

/** Answers like a worker, and keeps what it was asked. */
class FakeLooks implements Looks {
  readonly asked: (PreviewInput | ExplainInput | CoverageInput)[] = [];
  readonly configurations: ConfigurationPreviewInput[] = [];
  fault: Error | undefined;

  async preview(input: PreviewInput): Promise<PreviewResult> {
    this.ask(input);
    return { summary: 'a preview', devices: [], notes: [] };
  }

  async explain(input: ExplainInput): Promise<ExplainResult> {
    this.ask(input);
    return { summary: 'an explanation', addresses: [], notes: [], evidence: [] };
  }

  async coverage(input: CoverageInput): Promise<CoverageResult> {
    this.ask(input);
    return { ...input, summary: 'a coverage', effectivePort: input.port, entries: [] };
  }

  async compareBackup(): Promise<never> {
    throw new Error('not asked');
  }

  async previewConfiguration(input: ConfigurationPreviewInput): Promise<ConfigurationPreviewResult> {
    this.configurations.push(input);
    return { summary: 'a page', settings: [], looked: 0, ports: [], notes: [] };
  }

  private ask(input: PreviewInput | ExplainInput | CoverageInput): void {
    this.asked.push(input);
    if (this.fault !== undefined) throw this.fault;
  }
}

describe('previews and explanations', () => {
  let looks: FakeLooks;
  let site: ApiUnderTest;

  beforeEach(async () => {
    looks = new FakeLooks();
    site = await startApi({ looks });
  });

  afterEach(() => site.api.close());

  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${site.api.url}${path}`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });

  it.each([
    ['/api/preview?server=12', { subject: { of: 'server', serverId: 12 }, form: 'difference' }],
    ['/api/preview?device=junos:3&form=replace', { subject: { of: 'device', device: 'junos:3' }, form: 'replace' }],
    ['/api/explain?ip=10.0.48.5', { subject: { of: 'address', ip: '10.0.48.5' } }],
    ['/api/coverage/port?device=junos:3&port=ge-0/0/1.0', { device: 'junos:3', port: 'ge-0/0/1.0' }],
    ['/api/explain?device=junos:3&port=ge-0/0/1.0', { subject: { of: 'port', device: 'junos:3', port: 'ge-0/0/1.0' } }],
  ])('GET %s', async (path, asked) => {
    const answer = await site.get(path);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await answer.json()).toHaveProperty('summary');
    expect(looks.asked).toEqual([asked]);
  });

  it('takes the question from the body as well', async () => {
    expect((await post('/api/preview', { node: 'pve1' })).status).toBe(200);
    expect((await post('/api/explain', { mac: '00:50:56:00:00:01' })).status).toBe(200);
    expect(looks.asked).toEqual([
      { subject: { of: 'node', node: 'pve1' }, form: 'difference' },
      { subject: { of: 'mac', mac: '00:50:56:00:00:01' } },
    ]);
  });

  it.each([
    ['/api/preview', 'server or device or node'],
    ['/api/preview?server=12&server=13', 'server'],
    ['/api/preview?server=12&form=json', 'form'],
    ['/api/preview?server=twelve', 'server'],
    ['/api/explain?ip=10.0.48', 'ip'],
    ['/api/explain?device=junos:3', 'port'],
    ['/api/explain?__proto__=1', '__proto__'],
  ])('%s is refused and names %s; nobody is asked', async (path, field) => {
    const answer = await site.get(path);
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid-request', field });
    expect(looks.asked).toEqual([]);
  });

  it.each([
    '/api/preview?device=cisco:cloud1',
    '/api/preview?device=cisco:cloud1&port=gate-1',
    '/api/explain?device=cisco:cloud1&port=gate-1',
  ])('%s is of a kind that nothing can change: refused, and no worker is asked', async (path) => {
    const answer = await site.get(path);
    expect(answer.status).toBe(422);
    expect(await errorOf(answer)).toMatchObject({
      code: 'device-kind-unknown',
      message: expect.stringMatching(/^cisco:cloud1 .*there are: junos/) as string,
    });
    expect(looks.asked).toEqual([]);
  });

  it('refuses such a device in a body too', async () => {
    for (const path of ['/api/preview', '/api/explain'])
      expect((await post(path, { device: 'cisco:cloud1', port: 'gate-1' })).status).toBe(422);
    expect(looks.asked).toEqual([]);
  });

  it('a body that is no JSON is a wrong request, not a wrong event', async () => {
    const answer = await fetch(`${site.api.url}/api/preview`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: '{"server"',
    });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid-request', field: 'body' });
  });

  it('needs the token', async () => {
    for (const path of ['/api/preview?server=1', '/api/explain?server=1'])
      expect((await site.get(path, {})).status).toBe(401);
    expect(looks.asked).toEqual([]);
  });

  it('answers with the worker’s error, and says when none answered', async () => {
    looks.fault = new PortwardenError('panel-unreachable', 'the panel does not answer');
    expect(await errorOf(await site.get('/api/preview?server=1'))).toMatchObject({ code: 'panel-unreachable' });
    looks.fault = new PortwardenError('answer-timeout', 'No worker answered within 120 s');
    expect((await site.get('/api/explain?server=1')).status).toBe(504);
  });
});
