import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { makeIdentity, type LabIdentity } from '../../../lab/proxmox/certificates';
import type { ProxmoxClusterOptions } from '../../../src/clients/proxmox/options';
import type { ErrorCode } from '../../../src/domain/errors';
import { closeAll, closeLater, connect, failureOf, identity, TOKEN } from '../../sources/proxmox/support';

const foreign = makeIdentity({ names: ['localhost', '127.0.0.1'] });
const selfSigned = makeIdentity({ names: ['localhost', '127.0.0.1'], selfSigned: true });
/** The keys that Proxmox VE makes. */
const rsa = makeIdentity({ names: ['localhost', '127.0.0.1'], keys: 'rsa' });
const otherName = makeIdentity({ names: ['pve1.internal'] });
const expired = makeIdentity({ names: ['127.0.0.1'], selfSigned: true, expired: true });

afterEach(closeAll);

/** An API host that records every byte it receives inside TLS. */
interface Recorder {
  readonly url: string;
  readonly server: Server;
  disconnect(): void;
  received(): string;
}

async function record(shown: LabIdentity): Promise<Recorder> {
  let received = '';
  const sockets = new Set<Socket>();
  const server = createServer({ key: shown.key, cert: shown.cert }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => {
      received += data.toString('latin1');
      if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}');
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const disconnect = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  closeLater(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    disconnect();
    await closed;
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    disconnect,
    received: () => received,
  };
}

type Trust = Pick<ProxmoxClusterOptions, 'ca' | 'fingerprints'>;

describe('a trusted API host', () => {
  it.each<[string, LabIdentity, Trust]>([
    ['signed by the CA', identity, { ca: identity.caPem }],
    ['signed by the CA, with RSA', rsa, { ca: rsa.caPem }],
    ['signed by the CA, and pinned', identity, { ca: identity.caPem, fingerprints: [identity.fingerprint] }],
    ['pinned, its CA unknown', identity, { fingerprints: [identity.fingerprint] }],
    ['pinned and self-signed', selfSigned, { fingerprints: [selfSigned.fingerprint] }],
    [
      'pinned among others, in lower case without colons',
      selfSigned,
      { fingerprints: [foreign.fingerprint, selfSigned.fingerprint.replaceAll(':', '').toLowerCase()] },
    ],
    ['pinned under another name', otherName, { fingerprints: [otherName.fingerprint] }],
  ])('%s is asked', async (_case, shown, trust) => {
    const host = await record(shown);
    expect(await connect([host.url], trust).resources()).toEqual([]);
    expect(host.received()).toContain(`PVEAPIToken=${TOKEN}`);
  });

  it('is asked without the proxy that the environment names', async () => {
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';
    try {
      const host = await record(identity);
      expect(await connect([host.url]).resources()).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });
});

describe('an API host that is not trusted', () => {
  it.each<[string, LabIdentity, Trust, ErrorCode]>([
    ['signed by a foreign CA', foreign, { ca: identity.caPem }, 'proxmox-certificate'],
    ['self-signed', selfSigned, { ca: identity.caPem }, 'proxmox-certificate'],
    ['signed by the CA for another name', otherName, { ca: otherName.caPem }, 'proxmox-certificate'],
    [
      'signed by the CA, but not the pinned one',
      identity,
      { ca: identity.caPem, fingerprints: [foreign.fingerprint] },
      'proxmox-certificate',
    ],
    [
      'pinned, but not signed by the CA',
      foreign,
      { ca: identity.caPem, fingerprints: [foreign.fingerprint] },
      'proxmox-certificate',
    ],
    ['not the pinned one', foreign, { fingerprints: [identity.fingerprint] }, 'proxmox-certificate'],
    ['self-signed and not the pinned one', selfSigned, { fingerprints: [identity.fingerprint] }, 'proxmox-certificate'],
    ['pinned but expired', expired, { fingerprints: [expired.fingerprint] }, 'proxmox-certificate'],
    ["unknown to the system's CAs", identity, { ca: undefined }, 'proxmox-certificate'],
  ])('%s receives not one byte', async (_case, shown, trust, code) => {
    const host = await record(shown);
    const client = connect([host.url], trust);
    await failureOf(client.resources(), code);
    await failureOf(client.resources(), code);
    expect(host.received()).toBe('');
  });

  it('shows its fingerprint in the error, to be compared out of band', async () => {
    const host = await record(foreign);
    const error = await failureOf(
      connect([host.url], { fingerprints: [identity.fingerprint] }).resources(),
      'proxmox-certificate',
    );
    expect(error.message).toContain(foreign.fingerprint);
  });

  it('receives nothing when it shows the pinned certificate only at first', async () => {
    const host = await record(selfSigned);
    let opened = 0;
    host.server.prependListener('connection', () => {
      opened += 1;
      if (opened === 2) swap(host.server, foreign);
    });
    const client = connect([host.url], { fingerprints: [selfSigned.fingerprint] });
    await failureOf(client.resources(), 'proxmox-certificate');
    expect(opened).toBeGreaterThanOrEqual(2);
    expect(host.received()).toBe('');
  });

  it('is left for one that is trusted', async () => {
    const bad = await record(foreign);
    const good = await record(identity);
    expect(await connect([bad.url, good.url]).resources()).toEqual([]);
    expect(bad.received()).toBe('');
  });

  it('is not taken for a certificate problem when another host is only down', async () => {
    const bad = await record(foreign);
    const error = await failureOf(connect([bad.url, 'https://127.0.0.1:1']).resources(), 'proxmox-unreachable');
    expect(error.retryable).toBe(true);
  });
});

describe('a renewed certificate', () => {
  const renewed = makeIdentity({ names: ['127.0.0.1'], selfSigned: true });

  it('is accepted when it is pinned, too', async () => {
    const host = await record(selfSigned);
    const client = connect([host.url], { fingerprints: [selfSigned.fingerprint, renewed.fingerprint] });
    await client.resources();
    swap(host.server, renewed);
    host.disconnect();
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.resources()));
    expect(answers).toEqual(Array.from({ length: 6 }, () => []));
  });

  it('is refused when it is not', async () => {
    const host = await record(selfSigned);
    const client = connect([host.url], { fingerprints: [selfSigned.fingerprint] });
    await client.resources();
    const before = host.received();
    swap(host.server, renewed);
    host.disconnect();
    await failureOf(client.resources(), 'proxmox-certificate');
    expect(host.received()).toBe(before);
  });
});

function swap(server: Server, shown: LabIdentity): void {
  server.setSecureContext({ key: shown.key, cert: shown.cert });
}
