import { createHash } from 'node:crypto';
import { Socket, type AddressInfo } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig } from 'ssh2';

const { Server, utils } = ssh2;

/** What the server does at each stage; what is left out behaves well. */
export interface Script {
  /** Decides on a login attempt. Default: the user `u` with the password `p`. */
  readonly authenticate?: (context: AuthContext) => void;
  /** What becomes of a request to open a channel. */
  readonly session?: 'accept' | 'reject' | 'ignore';
  /** Whether there is a netconf subsystem. */
  readonly subsystem?: 'accept' | 'reject' | 'ignore';
  /** Whether commands may be run. */
  readonly exec?: 'accept' | 'reject';
  /** Speaks on the channel. Default: a hello, then `<ok/>` to every request. */
  readonly speak?: (channel: ServerChannel, server: ScriptedServer) => void;
  readonly algorithms?: ServerConfig['algorithms'];
  readonly keys?: readonly string[];
}

/** Host keys for tests. */
export const ED25519 = readableKey();
export const RSA = utils.generateKeyPairSync('rsa', { bits: 2048 }).private;

/** The fingerprint of a private key's public half, as OpenSSH prints it. */
export function fingerprintOf(key: string): string {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
}

export const HELLO =
  '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability>' +
  '<capability>http://xml.juniper.net/netconf/junos/1.0</capability></capabilities><session-id>7</session-id></hello>]]>]]>';

/** A small SSH server on loopback that does what a script says. */
export class ScriptedServer {
  /** Authentication methods that clients tried, in order. */
  readonly attempts: string[] = [];
  /** Everything that came over NETCONF channels. */
  received = '';
  private readonly connections = new Set<Connection>();
  private readonly server: InstanceType<typeof Server>;

  private constructor(private readonly script: Script) {
    this.server = new Server(
      {
        hostKeys: [...(script.keys ?? [ED25519])],
        ...(script.algorithms === undefined ? {} : { algorithms: script.algorithms }),
      },
      (connection) => this.serve(connection),
    );
  }

  /** Starts listening on a port of its own. */
  static async start(script: Script = {}): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(script);
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.connections.size;
  }

  /** Cuts all connections without a word. */
  cut(): void {
    for (const socket of this.sockets()) socket.destroy();
  }

  /** Ends all connections of TCP in order, without a word of SSH. */
  hangUp(): void {
    for (const socket of this.sockets()) socket.end();
  }

  /** ssh2 can only say goodbye politely; everything else needs what is beneath. */
  private sockets(): readonly Socket[] {
    return [...this.connections].flatMap((connection) => {
      const socket: unknown = Reflect.get(connection, '_sock');
      return socket instanceof Socket ? [socket] : [];
    });
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private serve(connection: Connection): void {
    this.connections.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => this.connections.delete(connection));
    connection.on('authentication', (context) => {
      this.attempts.push(context.method);
      (this.script.authenticate ?? passwordOnly)(context);
    });
    connection.on('session', (accept, reject) => {
      if (this.script.session === 'ignore') return;
      if (this.script.session === 'reject') {
        reject();
        return;
      }
      const session = accept();
      session.on('subsystem', (acceptSubsystem, rejectSubsystem) => {
        if (this.script.subsystem === 'ignore') return;
        if (this.script.subsystem === 'reject') rejectSubsystem();
        else this.speak(acceptSubsystem());
      });
      session.on('exec', (acceptExec, rejectExec, info) => {
        if (this.script.exec === 'reject') {
          rejectExec();
          return;
        }
        this.received += `exec ${info.command}\n`;
        this.speak(acceptExec());
      });
    });
  }

  private speak(channel: ServerChannel): void {
    channel.on('error', () => undefined);
    const decoder = new StringDecoder('utf8');
    channel.on('data', (chunk: Buffer) => (this.received += decoder.write(chunk)));
    (this.script.speak ?? answering(() => '<ok/>'))(channel, this);
  }
}

/** Sends a hello and answers each request; `answer` gives what stands inside the reply, or undefined to stay silent. */
export function answering(answer: (request: string) => string | undefined): (channel: ServerChannel) => void {
  return raw((id, request) => {
    const inner = answer(request);
    return inner === undefined ? undefined : `<rpc-reply message-id="${id}">${inner}</rpc-reply>]]>]]>`;
  });
}

/** As `answering`, but the answer is the whole text that goes over the wire. */
export function raw(
  answer: (id: string, request: string) => string | Buffer | undefined,
): (channel: ServerChannel) => void {
  return (channel) => {
    channel.write(HELLO);
    let input = '';
    channel.on('data', (chunk: Buffer) => {
      input += chunk.toString('utf8');
      for (let end = input.indexOf(']]>]]>'); end !== -1; end = input.indexOf(']]>]]>')) {
        const request = input.slice(0, end);
        input = input.slice(end + 6);
        const id = /message-id="(\d+)"/.exec(request)?.[1];
        const text = id === undefined ? undefined : answer(id, request);
        if (text !== undefined) channel.write(text);
      }
    });
  };
}

function passwordOnly(context: AuthContext): void {
  if (context.method === 'password' && context.username === 'u' && context.password === 'p') context.accept();
  else context.reject(['password']);
}

/** ssh2 1.17.0 now and then makes an ed25519 key that it cannot read itself (10 of 2,000 tries). */
function readableKey(): string {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { private: key } = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(key) instanceof Error)) return key;
  }
  throw new Error('ssh2 made no readable ed25519 key in 20 tries');
}
