import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { DelayLine } from '../../bench/delayLine';

const RTT_MS = 60;

describe('a line of some length', () => {
  let server: Server;
  let line: DelayLine;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    line = await DelayLine.before((server.address() as AddressInfo).port, RTT_MS);
  });

  afterEach(async () => {
    await line.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('carries the first answer when a handshake and a round trip are over, and each further one after a round trip', async () => {
    const started = performance.now();
    const socket = connect(line.port, '127.0.0.1');
    const said = async (text: string): Promise<string> => {
      socket.write(text);
      const [data] = (await once(socket, 'data')) as [Buffer];
      return data.toString();
    };
    expect(await said('first')).toBe('first');
    expect(performance.now() - started).toBeGreaterThanOrEqual(2 * RTT_MS);
    const again = performance.now();
    expect(await said('second')).toBe('second');
    expect(performance.now() - again).toBeGreaterThanOrEqual(RTT_MS);
    expect(line.received).toBe('firstsecond'.length);
    socket.destroy();
  });

  test('loses nothing, keeps the order, and passes the end on', async () => {
    const socket = connect(line.port, '127.0.0.1');
    const words = Array.from({ length: 200 }, (_, n) => `${n};`);
    for (const word of words) socket.write(word);
    socket.end();
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    await once(socket, 'close');
    expect(text).toBe(words.join(''));
  });
});
