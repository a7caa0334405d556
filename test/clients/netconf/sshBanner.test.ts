import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { greetsBySsh } from '../../../src/clients/netconf/sshBanner';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A server that says this to whoever connects. @returns its port, and what it was told. */
async function serving(say: (socket: Socket) => void): Promise<{ port: number; heard: () => string }> {
  let heard = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (heard += chunk.toString()));
    say(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, heard: () => heard };
}

const ask = (port: number, withinMs = 2_000, signal = new AbortController().signal): Promise<boolean> =>
  greetsBySsh({ host: '127.0.0.1', port }, withinMs, signal);

it('hears a greeting, also behind lines of its own and in pieces, and says nothing itself', async () => {
  const { port, heard } = await serving((socket) => {
    socket.write('This system is for authorised users\r\nSS');
    setTimeout(() => socket.write('H-2.0-OpenSSH_7.5\r\n'), 20);
  });
  expect(await ask(port)).toBe(true);
  expect(heard()).toBe('');
});

it('takes a server that closes, says something else or too much for none', async () => {
  expect(await ask((await serving((socket) => socket.end())).port)).toBe(false);
  expect(await ask((await serving((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))).port)).toBe(false);
  expect(await ask((await serving((socket) => socket.write('x'.repeat(20_000)))).port)).toBe(false);
});

it('waits no longer than it may, for a silent server and when it is called off', async () => {
  const { port } = await serving(() => undefined);
  expect(await ask(port, 50)).toBe(false);
  const calledOff = new AbortController();
  setTimeout(() => calledOff.abort(), 20);
  expect(await ask(port, 60_000, calledOff.signal)).toBe(false);
  expect(await ask(port, 60_000, calledOff.signal)).toBe(false);
});

it('takes a port where nobody listens for none', async () => {
  const { port } = await serving(() => undefined);
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  expect(await ask(port)).toBe(false);
});
