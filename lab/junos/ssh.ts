import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { type Algorithms, type AuthContext, type Connection, Server, type ServerChannel, utils } from 'ssh2';
import type { Account, SwitchCore } from './core';
import { runCliCommand } from './cli';
import { startNetconfSession } from './netconf/session';

export interface SshSettings {
  readonly core: SwitchCore;
  readonly accounts: readonly Account[];
  /** OpenSSH private key; a fresh one is made when absent. */
  readonly hostKey?: string;
  readonly hostKeyType: 'ed25519' | 'rsa' | 'ecdsa';
  /** OpenSSH public keys accepted for every account. */
  readonly authorizedKeys: readonly string[];
  readonly algorithms?: Algorithms;
  /** What the lab's control account can do. */
  readonly control: (command: string) => { readonly text: string; readonly ok: boolean };
}

/** The SSH side of a switch: who may come in, and which channel becomes what. */
export class SshFrontEnd {
  private readonly tcp: TcpServer;
  private readonly ssh: Server;
  private readonly sockets = new Set<Socket>();
  private readonly byPort = new Map<number, Socket>();
  private arrivals: number[] = [];
  readonly hostKeyFingerprint: string;

  constructor(private readonly settings: SshSettings) {
    const key = settings.hostKey ?? makeHostKey(settings.hostKeyType);
    this.hostKeyFingerprint = fingerprint(key);
    this.ssh = new Server(
      {
        hostKeys: [key],
        ident: 'OpenSSH_6.4',
        ...(settings.algorithms === undefined ? {} : { algorithms: settings.algorithms }),
      },
      (client, info) => this.greet(client, this.byPort.get(info.port)),
    );
    this.ssh.on('error', () => undefined);
    this.tcp = createServer((socket) => this.accept(socket));
  }

  /** Listens on loopback. @returns The port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((done, fail) => {
      this.tcp.once('error', fail);
      this.tcp.listen(port, '127.0.0.1', () => {
        this.tcp.off('error', fail);
        done();
      });
    });
    const address = this.tcp.address();
    if (address === null || typeof address === 'string') throw new Error('the switch has no TCP address');
    return address.port;
  }

  private accept(socket: Socket): void {
    const { core } = this.settings;
    const now = Date.now();
    this.arrivals = this.arrivals.filter((at) => now - at < 60_000);
    this.arrivals.push(now);
    socket.on('error', () => undefined);
    const { refuseConnections, connectionLimit, rateLimit } = core.faults;
    // The limits are documented ([edit system services netconf ssh]); how a refusal looks is not recorded: the connection closes.
    if (
      refuseConnections ||
      this.sockets.size >= connectionLimit ||
      (rateLimit > 0 && this.arrivals.length > rateLimit)
    ) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const port = socket.remotePort ?? 0;
    this.sockets.add(socket);
    this.byPort.set(port, socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.byPort.delete(port);
    });
    core.events.emit('connection');
    this.ssh.injectSocket(socket);
  }

  private greet(client: Connection, socket: Socket | undefined): void {
    let account: Account | undefined;
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      account = this.authenticate(context);
      if (account === undefined) context.reject(['password', 'publickey']);
      else context.accept();
    });
    client.on('session', (accept) => {
      const user = account;
      if (user === undefined) return;
      const session = accept();
      session.on('pty', (acceptPty) => acceptWhenAsked(acceptPty));
      session.on('env', (acceptEnv) => acceptWhenAsked(acceptEnv));
      const open = (channel: ServerChannel): void => {
        startNetconfSession(this.settings.core, { channel, account: user, cut: () => socket?.destroy() });
      };
      session.on('subsystem', (acceptSubsystem, reject, { name }) => {
        // Seen elsewhere: some switches offer the protocol only as a command.
        if (name !== 'netconf' || this.settings.core.faults.refuseSubsystem || user.isLabControl === true) reject();
        else open(acceptSubsystem());
      });
      session.on('exec', (acceptExec, reject, { command }) => {
        // Seen in ncclient devices/junos.py; the second form in older Ruby clients.
        if (/^(?:xml-mode|junoscript) netconf need-trailer$/.test(command.trim())) open(acceptExec());
        else this.runCommand(command, user, acceptExec, reject);
      });
    });
  }

  private runCommand(command: string, account: Account, accept: () => ServerChannel, reject: () => void): void {
    const output =
      account.isLabControl === true ? this.settings.control(command) : runCliCommand(this.settings.core, command);
    if (output === undefined) {
      reject();
      return;
    }
    const channel = accept();
    channel.write(output.text);
    channel.exit(output.ok ? 0 : 1);
    channel.end();
  }

  private authenticate(context: AuthContext): Account | undefined {
    const account = this.settings.accounts.find((a) => a.username === context.username);
    if (this.settings.core.faults.refuseAuthentication && account?.isLabControl !== true) return undefined;
    if (account === undefined) return undefined;
    if (context.method === 'password') return sameText(context.password, account.password) ? account : undefined;
    if (context.method !== 'publickey' || account.isLabControl === true) return undefined;
    const { key, blob, signature, hashAlgo } = context;
    for (const text of this.settings.authorizedKeys) {
      const known = utils.parseKey(text);
      if (known instanceof Error || known.type !== keyType(key.algo) || !known.getPublicSSH().equals(key.data))
        continue;
      if (signature === undefined || blob === undefined) return account;
      return known.verify(blob, signature, hashAlgo) ? account : undefined;
    }
    return undefined;
  }

  /** Cuts every connection. */
  dropAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropAll();
    await new Promise<void>((done) => this.tcp.close(() => done()));
  }
}

/** A client that wants no answer leaves no function to give one (ssh2's types do not say so). */
function acceptWhenAsked(accept: (() => void) | undefined): void {
  accept?.();
}

/** RSA keys sign under several names. */
function keyType(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** About one in 250 keys that ssh2 1.17.0 makes is one that it cannot read itself: make another then. */
function makeHostKey(type: 'ed25519' | 'rsa' | 'ecdsa'): string {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const pair =
      type === 'rsa'
        ? utils.generateKeyPairSync('rsa', { bits: 2048 })
        : type === 'ecdsa'
          ? utils.generateKeyPairSync('ecdsa', { bits: 256 })
          : utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair.private;
  }
  throw new Error('ssh2 made no usable host key in 20 attempts');
}

function fingerprint(privateKey: string): string {
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `SHA256:${createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
}
