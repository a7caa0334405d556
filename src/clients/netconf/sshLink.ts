import { connect, type Socket } from 'node:net';
import { Client, type AuthenticationType, type AuthHandlerMiddleware, type ClientChannel } from 'ssh2';
import { PortwardenError } from '../../domain/errors';
import { describeNegotiated, offeredAlgorithms, type HostKeyType } from './algorithms';
import { describeHostKey, type SeenHostKey } from './hostKeys';
import { KexInitReader, type KexInit } from './kexInit';
import { Link } from './link';
import type { SessionOptions } from './session';
import { classifySshError } from './sshErrors';

/** Answers whether a presented host key is accepted. */
export type HostKeyVerdict = (key: SeenHostKey) => boolean;

// Keeps middleboxes from forgetting a connection that is silent during a long commit. It does not end connections:
// what the device may take is bounded by the timeouts of the RPC classes.
const KEEPALIVE_INTERVAL_MS = 30_000;
const KEEPALIVE_COUNT_MAX = 100;
const GOODBYE_MS = 500;

/** One SSH connection. A down link holds no socket, timer or listener. */
export class SshLink extends Link {
  /** The last host key presented. */
  hostKey: SeenHostKey | undefined;
  /** What was negotiated, once it was. */
  algorithms: Readonly<Record<string, string>> = {};
  private readonly client = new Client();
  private readonly socket: Socket;
  private readonly kexInit = new KexInitReader();
  private readonly address: string;
  private readonly abort: () => void;
  private authMethods: readonly string[] | undefined;
  private firstMethods: readonly string[] | undefined;
  private rejectedHostKey = false;

  constructor(
    private readonly options: SessionOptions,
    accept: HostKeyVerdict,
    withoutHostKeys: ReadonlySet<HostKeyType>,
  ) {
    super();
    this.address = `${options.host}:${options.port}`;
    const algorithms = offeredAlgorithms(options, withoutHostKeys);
    if (options.signal?.aborted === true) throw abortError(options.signal, this.stage);
    this.socket = connect({ host: options.host, port: options.port, noDelay: true });
    // ssh2 sets the socket's error handler only when it takes it over, and removes none.
    this.socket.on('error', () => undefined);
    this.socket.on('connect', () => (this.stage = 'SSH handshake'));
    this.abort = () => this.fail(abortError(options.signal, this.stage));
    options.signal?.addEventListener('abort', this.abort, { once: true });
    this.listen();
    try {
      this.client.connect({
        sock: this.socket,
        username: options.username,
        ...(options.password === undefined ? {} : { password: options.password, tryKeyboard: true }),
        ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
        ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
        algorithms,
        readyTimeout: 0,
        keepaliveInterval: KEEPALIVE_INTERVAL_MS,
        keepaliveCountMax: KEEPALIVE_COUNT_MAX,
        hostVerifier: (key: Buffer) => this.verifyHostKey(key, accept),
        authHandler: authenticationOrder(options, (methods) => {
          this.stage = 'authentication';
          this.authMethods = methods;
          this.firstMethods ??= methods;
        }),
      });
      this.socket.on('data', (chunk) => this.kexInit.push(chunk));
    } catch (error) {
      this.fail(unusable(error));
    }
  }

  /** The login methods of the server, as far as it said so or was known to have them. */
  get loginMethods(): readonly string[] {
    return this.firstMethods ?? this.options.loginMethods ?? [];
  }

  /** What the server offered, once known. */
  get offer(): KexInit | undefined {
    return this.kexInit.offer;
  }

  /** Whether the link went down because the host key was not accepted. */
  get hostKeyRejected(): boolean {
    return this.rejectedHostKey;
  }

  /** Resolves when the user is logged in. */
  ready(): Promise<void> {
    return this.race((done) => this.client.once('ready', () => done()));
  }

  /** Starts the NETCONF subsystem; undefined when the server has none. */
  subsystem(name: string): Promise<ClientChannel | undefined> {
    return this.channel((done) => this.client.subsys(name, done));
  }

  /** Starts a command; undefined when the server refuses. */
  exec(command: string): Promise<ClientChannel | undefined> {
    return this.channel((done) => this.client.exec(command, done));
  }

  /** Says goodbye to the SSH server and takes the link down, within half a second. */
  async end(error: PortwardenError): Promise<void> {
    if (this.down === undefined && !this.socket.destroyed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GOODBYE_MS);
        this.socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        this.client.end();
      });
    }
    this.fail(error);
  }

  protected release(): void {
    this.options.signal?.removeEventListener('abort', this.abort);
    this.socket.destroy();
  }

  private listen(): void {
    const { client, options } = this;
    client.on('error', (error) => this.fail(this.classify(error)));
    client.on('close', () => this.fail(this.classify(new Error('the connection was closed'))));
    client.on('end', () => this.fail(this.classify(new Error('the connection was closed'))));
    client.on('handshake', (negotiated) => (this.algorithms = describeNegotiated(negotiated)));
    client.on('change password', () => {
      const text = `The password of ${options.username} at ${this.address} has expired and must be changed.`;
      this.fail(new PortwardenError('device-authentication', text));
    });
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map((prompt) => (prompt.echo === true ? options.username : (options.password ?? ''))));
    });
  }

  private verifyHostKey(key: Buffer, accept: HostKeyVerdict): boolean {
    const seen = describeHostKey(key);
    const again = this.hostKey?.fingerprint === seen.fingerprint && !this.rejectedHostKey;
    this.hostKey = seen;
    this.rejectedHostKey = !again && !accept(seen);
    return !this.rejectedHostKey;
  }

  private channel(
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientChannel | undefined> {
    return this.race((done, failed) => {
      try {
        open((error, channel) => {
          if (error === undefined) done(channel);
          else if (/^Unable to (start subsystem|exec)/.test(error.message)) done(undefined);
          else failed(this.classify(error));
        });
      } catch (error) {
        failed(this.classify(error));
      }
    });
  }

  private classify(error: unknown): PortwardenError {
    return classifySshError(error, {
      address: this.address,
      username: this.options.username,
      stage: this.stage,
      offer: this.kexInit.offer,
      authMethods: this.authMethods,
    });
  }
}

/** The error for what an abort signal stopped: its own reason when that is one of ours. */
function abortError(signal: AbortSignal | undefined, doing: string): PortwardenError {
  const reason: unknown = signal?.reason;
  if (reason instanceof PortwardenError) return reason;
  return new PortwardenError('stale-attempt', `Stopped by the caller (${doing}).`);
}

/**
 * Which method to try next, among those that the server lists, or is known to have before it lists any: key, then
 * password, then keyboard-interactive with the password. The last one only when the server has no plain password method
 * or asks for a further factor, so that a wrong password costs one failed login.
 */
function authenticationOrder(
  options: SessionOptions,
  onMethods: (methods: readonly string[]) => void,
): AuthHandlerMiddleware {
  const untried: AuthenticationType[] = [
    ...(options.privateKey === undefined ? [] : (['publickey'] as const)),
    ...(options.password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ];
  let passwordTried = false;
  let isListed = false;
  // The published types leave out that the first call has no list and that `false` ends the attempts.
  return (methodsLeft: AuthenticationType[] | null, partial: boolean | null, callback) => {
    const next = callback as (method: AuthenticationType | false) => void;
    const methods = methodsLeft ?? options.loginMethods ?? [];
    if (methodsLeft !== null) {
      // What was known is out of date: a method that the server does not have was not really tried.
      if (!isListed && !methodsLeft.includes('password')) passwordTried = false;
      isListed = true;
      onMethods(methodsLeft);
    }
    const index = untried.findIndex(
      (method) => methods.includes(method) && (method !== 'keyboard-interactive' || !passwordTried || partial === true),
    );
    const [method] = index === -1 ? [] : untried.splice(index, 1);
    if (method === 'password') passwordTried = true;
    // Asking without a method is how the server's list is learned.
    next(method ?? (methodsLeft === null ? 'none' : false));
  };
}

/** ssh2 throws at once when the key cannot be read or an algorithm is not in this Node.js. */
function unusable(error: unknown): PortwardenError {
  const text = error instanceof Error ? error.message.slice(0, 200) : 'unknown reason';
  if (text.startsWith('Unsupported algorithm')) return new PortwardenError('device-algorithms', text);
  return new PortwardenError('device-authentication', `The SSH key or login cannot be used: ${text}`);
}
