import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account, LiveSession, SwitchCore } from '../core';
import { junosTime } from '../clock';
import { take, type Trigger } from '../faults';
import { refused, RpcFailure } from '../problems';
import { child, escapeXml, parseXml, type XmlElement, XmlSyntaxError } from '../xml/parse';
import { COMMIT_OPERATIONS } from './commit';
import { type Operation, Silenced } from './context';
import { EDIT_OPERATIONS } from './edit';
import { frame, FramingError, MessageReader } from './framing';
import { READ_OPERATIONS } from './read';
import { NETCONF_NAMESPACE, replyEnvelope, restyle, rpcError } from './replies';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...READ_OPERATIONS,
  ...EDIT_OPERATIONS,
  ...COMMIT_OPERATIONS,
};
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1';

/** The channel and connection under a session. */
export interface Transport {
  readonly channel: Duplex;
  readonly account: Account;
  /** Cuts the TCP connection. */
  readonly cut: () => void;
}

/** Starts a session; it lives as long as its channel. */
export function startNetconfSession(core: SwitchCore, transport: Transport): LiveSession {
  return new NetconfSession(core, transport);
}

/** One NETCONF session on one SSH channel. Operations run in the order in which they came. */
class NetconfSession implements LiveSession {
  readonly pid: number;
  readonly client = 'netconf';
  readonly since = new Date();
  private last = new Date();
  private readonly reader = new MessageReader();
  private state: 'hello' | 'open' | 'silent' | 'ended' = 'hello';
  private work: Promise<void> = Promise.resolve();
  private sent = 0;
  private chunkedOut = false;

  constructor(
    private readonly core: SwitchCore,
    private readonly transport: Transport,
  ) {
    this.pid = core.pid();
    core.sessions.set(this.pid, this);
    core.events.emit('session-open', { pid: this.pid, user: this.user });
    transport.channel.on('data', (data: Buffer) => this.receive(data));
    for (const event of ['end', 'close', 'error'] as const) transport.channel.on(event, () => this.end('closed'));
    if (!this.trigger((t) => t.on === 'hello')) this.sayHello();
  }

  get user(): string {
    return this.transport.account.username;
  }

  get permissions(): Account['permissions'] {
    return this.transport.account.permissions;
  }

  readonly lastActive = (): Date => this.last;

  private sayHello(): void {
    const { profile, chunked } = this.core;
    const loginClass = this.permissions === 'super' ? 'j-super-user' : 'j-read-only';
    const comments = profile.helloComments.map(
      (c) => `<!-- ${c.replace('%u', this.user).replace('%c', loginClass)} -->\n`,
    );
    const capabilities = [...profile.capabilities, ...(chunked ? [BASE_1_1] : [])].map(
      (c) => `<capability>${escapeXml(c)}</capability>\n`,
    );
    const hello = `<hello xmlns="${NETCONF_NAMESPACE}">\n<capabilities>\n${capabilities.join('')}</capabilities>\n<session-id>${String(this.pid)}</session-id>\n</hello>\n`;
    // padTo and the like belong to replies; prefixes and comments may stand in a hello too.
    const bytes = frame(comments.join('') + restyle(hello, { ...this.core.faults.output, padTo: 0 }), false);
    // Chunked framing starts right behind the delimiter (RFC 6242 section 4.1): no line feed between.
    this.work = this.write(chunked ? bytes.subarray(0, -1) : bytes);
  }

  private receive(data: Buffer): void {
    if (this.state === 'silent' || this.state === 'ended') return;
    try {
      this.reader.push(data);
      for (let message = this.reader.next(); message !== undefined; message = this.reader.next()) {
        const text = message;
        if (this.state === 'hello') this.acceptHello(text);
        else this.work = this.work.then(() => this.answer(text));
      }
    } catch (error) {
      if (!(error instanceof FramingError || error instanceof XmlSyntaxError)) throw error;
      this.finish();
    }
  }

  private acceptHello(text: string): void {
    this.state = 'open';
    const element = parseXml(text.trim());
    if (element.name !== 'hello') {
      // Old Junos takes an operation without a hello (assumed).
      this.work = this.work.then(() => this.answer(text));
      return;
    }
    const offered = child(element, 'capabilities')?.children.map((c) => c.text.trim()) ?? [];
    if (this.core.chunked && offered.includes(BASE_1_1)) this.reader.chunked = this.chunkedOut = true;
  }

  private async answer(text: string): Promise<void> {
    if (this.state !== 'open') return;
    this.last = new Date();
    let rpc: XmlElement | undefined;
    let operation = '';
    let message: string;
    try {
      rpc = parseXml(text.trim());
      operation = rpc.name === 'rpc' ? (rpc.children[0]?.name ?? '') : rpc.name;
      this.core.events.emit('rpc', { pid: this.pid, user: this.user, operation, xml: text.trim(), at: new Date() });
      if (this.trigger((t) => t.on === `rpc:${operation}` || t.on === 'rpc:*')) return;
      const latency = this.core.faults.latencyMs[operation] ?? this.core.faults.latencyMs['*'] ?? 0;
      if (latency > 0) await sleep(latency, undefined, { ref: false });
      if (this.isOver()) return;
      message = await this.perform(rpc, operation);
    } catch (error) {
      if (error instanceof Silenced) return;
      message = replyEnvelope(this.core.profile, rpc, errorBody(error));
    }
    if (this.isOver() || this.trigger((t) => t.on === `reply:${operation}` || t.on === 'reply:*')) return;
    this.core.events.emit('reply', { pid: this.pid, operation, message });
    const { output } = this.core.faults;
    await this.write(frame(restyle(message, output), this.chunkedOut, output.bytesPerWrite));
    if (operation === 'close-session') this.finish();
  }

  private isOver(): boolean {
    return this.state === 'ended' || this.state === 'silent';
  }

  private async perform(rpc: XmlElement, operation: string): Promise<string> {
    const element = rpc.children[0];
    const { profile, faults } = this.core;
    if (rpc.name !== 'rpc' || element === undefined) throw refused('syntax error', { badElement: rpc.name });
    const canned = take(faults.replies, (r) => r.rpc === operation);
    const problems = canned?.problems ?? [];
    if (problems.some((p) => p.severity === 'error')) throw new RpcFailure(problems);
    const body = problems.map(rpcError).join('') + (await this.run(element, operation));
    return canned?.message ?? replyEnvelope(profile, rpc, canned?.body ?? body);
  }

  private async run(element: XmlElement, operation: string): Promise<string> {
    if (operation === 'close-session') return '<ok/>\n';
    if (operation === 'kill-session') return this.killOther(element);
    const known = OPERATIONS[operation];
    if (known === undefined) throw refused('syntax error', { badElement: operation });
    return known({ core: this.core, session: this, passCommitPoint: (point) => this.passCommitPoint(point) }, element);
  }

  private killOther(element: XmlElement): string {
    if (this.permissions === 'read-only') throw refused('permission denied', { badElement: 'kill-session' });
    const pid = Number(child(element, 'session-id')?.text.trim());
    const other = this.core.sessions.get(pid);
    // Invented text.
    if (other === undefined || other === this) throw refused('no such session', { badElement: 'session-id' });
    other.kill('killed');
    return '<ok/>\n';
  }

  private passCommitPoint(point: 'before-commit' | 'during-commit' | 'after-commit-before-reply'): boolean {
    const fired = this.trigger((t) => t.on === point);
    if (fired === undefined) return true;
    if (point !== 'during-commit') throw new Silenced();
    return fired.commits ?? true;
  }

  /** Fires the first trigger that matches; undefined when there is none. */
  private trigger(matches: (trigger: Trigger) => boolean): Trigger | undefined {
    const fired = take(this.core.faults.triggers, matches);
    if (fired?.do === 'drop') this.transport.cut();
    else if (fired?.do === 'crash') this.core.crash();
    if (fired !== undefined && this.state !== 'ended') this.state = 'silent';
    return fired;
  }

  private async write(bytes: Buffer): Promise<void> {
    const { faults } = this.core;
    const limit = faults.dropAfterBytes;
    const allowed = limit === undefined ? bytes.length : Math.max(0, limit - this.sent);
    const portion = faults.output.bytesPerWrite ?? bytes.length;
    for (let at = 0; at < Math.min(bytes.length, allowed) && this.state !== 'ended'; at += portion) {
      const slice = bytes.subarray(at, Math.min(at + portion, allowed, bytes.length));
      this.sent += slice.length;
      if (!this.transport.channel.write(slice)) await this.drained();
      else if (portion < bytes.length) await new Promise((next) => setImmediate(next));
    }
    if (allowed < bytes.length) {
      faults.dropAfterBytes = undefined;
      this.state = 'silent';
      // What was written leaves before the connection does.
      setTimeout(() => this.transport.cut(), 20).unref();
    }
  }

  private drained(): Promise<void> {
    const { channel } = this.transport;
    return new Promise((resume) => {
      const done = (): void => {
        channel.off('drain', done).off('close', done);
        resume();
      };
      channel.on('drain', done).on('close', done);
    });
  }

  /** Recorded: ansible-junos-stdlib #578: a comment after the last reply. */
  private finish(): void {
    if (this.state === 'ended') return;
    this.transport.channel.write(`<!-- session end at ${junosTime(this.core.database.settings.clock.now())} -->\n`);
    this.end('closed');
    this.transport.channel.end();
  }

  kill(how: 'closed' | 'killed'): void {
    this.end(how);
    this.transport.channel.end();
    this.transport.channel.destroy();
  }

  private end(how: 'closed' | 'killed'): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.core.sessions.delete(this.pid);
    this.core.database.end(this, how);
    this.core.events.emit('session-close', { pid: this.pid, user: this.user });
  }
}

function errorBody(error: unknown): string {
  if (error instanceof RpcFailure) return error.problems.map(rpcError).join('');
  if (error instanceof XmlSyntaxError)
    return rpcError({ severity: 'error', type: 'protocol', tag: 'operation-failed', message: 'syntax error' });
  return rpcError({
    severity: 'error',
    message: `lab defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  });
}
