import { junos } from '../../activities/fakes/values';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { makeIdentity, type LabIdentity } from '../../../lab/proxmox/certificates';
import { TenantosPanel } from '../../../src/sources/tenantos/panel';

const signal = new AbortController().signal;
let identity: LabIdentity;
let server: Server;
let requests: number;

beforeAll(async () => {
  identity = makeIdentity({ names: ['127.0.0.1'] });
  server = createServer({ key: identity.key, cert: identity.cert }, (_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":[],"message":"success"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  requests = 0;
});

afterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

function open(ca?: string): TenantosPanel {
  return new TenantosPanel({
    switchDevice: junos,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'key',
    timeoutMs: 5000,
    concurrency: 1,
    ...(ca === undefined ? {} : { ca }),
  });
}

test('the panel is asked when the configured CA signed its certificate', async () => {
  const client = open(identity.caPem);
  expect((await client.subnets(signal)).size).toBe(0);
  expect(requests).toBe(1);
  client.close();
});

test('a certificate that the CA did not sign is refused before the key is sent', async () => {
  for (const ca of [undefined, makeIdentity({ names: ['127.0.0.1'] }).caPem]) {
    const client = open(ca);
    await expect(client.subnets(signal)).rejects.toMatchObject({
      code: 'panel-unreachable',
      message: expect.stringMatching(/SIGNATURE|CERT/) as unknown,
    });
    client.close();
  }
  expect(requests).toBe(0);
});
