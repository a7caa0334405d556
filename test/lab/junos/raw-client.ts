import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { JunosSwitch } from '../../../lab/junos';

/** A NETCONF client of a few lines, independent of the product: it sends and shows raw text. */
export class RawClient {
  private buffer = '';
  private bytes = 0;
  private waiter: (() => void) | undefined;
  closed = false;
  hello = '';

  private constructor(
    private readonly client: Client,
    private readonly channel: ClientChannel,
  ) {
    channel.on('data', (data: Buffer) => {
      this.buffer += data.toString('utf8');
      this.bytes += data.length;
      this.waiter?.();
    });
    const end = (): void => {
      this.closed = true;
      this.waiter?.();
    };
    channel.on('close', end);
    client.on('close', end).on('error', end);
  }

  static async connect(
    target: JunosSwitch,
    account: {
      username?: string;
      password?: string;
      command?: string;
      extra?: ConnectConfig;
      hello?: readonly string[];
    } = {},
  ): Promise<RawClient> {
    const client = new Client();
    // Errors after the connection stands, or after it failed, show as the end of the channel.
    client.on('error', () => undefined);
    await new Promise<void>((done, fail) => {
      client
        .once('ready', done)
        .once('error', fail)
        .once('close', () => fail(new Error('connection closed')));
      client.connect({
        host: target.host,
        port: target.port,
        username: account.username ?? 'portwarden',
        password: account.password ?? 'secret',
        readyTimeout: 10_000,
        ...account.extra,
      });
    });
    client.setNoDelay(true);
    const channel = await new Promise<ClientChannel>((done, fail) => {
      const ready = (error: Error | undefined, stream: ClientChannel): void =>
        error === undefined ? done(stream) : fail(error);
      if (account.command === undefined) client.subsys('netconf', ready);
      else client.exec(account.command, ready);
    }).catch((error: unknown) => {
      client.end();
      throw error;
    });
    const raw = new RawClient(client, channel);
    raw.hello = await raw.message();
    const capabilities = (account.hello ?? ['urn:ietf:params:netconf:base:1.0'])
      .map((c) => `<capability>${c}</capability>`)
      .join('');
    raw.send(
      `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>${capabilities}</capabilities></hello>`,
    );
    return raw;
  }

  send(xml: string): void {
    this.channel.write(`${xml}]]>]]>`);
  }

  write(bytes: Buffer | string): void {
    this.channel.write(bytes);
  }

  /** Everything received so far and not yet taken. */
  get received(): string {
    return this.buffer;
  }

  get receivedBytes(): number {
    return this.bytes;
  }

  /** The next message. @throws when the connection ends first. */
  async message(delimiter = ']]>]]>'): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf(delimiter);
      if (end >= 0) {
        const message = this.buffer.slice(0, end);
        this.buffer = this.buffer.slice(end + delimiter.length);
        return delimiter === ']]>]]>' ? message.trim() : message;
      }
      if (this.closed) throw new Error('connection closed');
      await new Promise<void>((resume) => (this.waiter = resume));
      this.waiter = undefined;
    }
  }

  /** One operation and its reply. */
  rpc(operation: string, id = '101'): Promise<string> {
    this.send(`<rpc message-id="${id}" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${operation}</rpc>`);
    return this.message();
  }

  /** `<load-configuration>` of `set` commands. */
  set(...lines: string[]): Promise<string> {
    return this.rpc(
      `<load-configuration action="set" format="text"><configuration-set>${lines.join('\n')}</configuration-set></load-configuration>`,
    );
  }

  async diff(): Promise<string> {
    const reply = await this.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>');
    return (/<configuration-output>\n([\s\S]*)<\/configuration-output>/.exec(reply)?.[1] ?? reply)
      .replace(/&gt;/g, '>')
      .replace(/&lt;/g, '<');
  }

  async whenClosed(): Promise<void> {
    while (!this.closed) {
      await new Promise<void>((resume) => (this.waiter = resume));
      this.waiter = undefined;
    }
  }

  end(): void {
    this.client.end();
  }

  destroy(): void {
    this.client.destroy();
  }
}

/** A read as the product would do it. */
export const READ_COMMITTED =
  '<get-configuration database="committed" format="xml"><configuration><ethernet-switching-options/></configuration></get-configuration>';
