import { PortwardenError } from '../../domain/errors';
import type { MessageChannel } from './messageChannel';
import { parseReply } from './reply';
import type { NetconfSession, RpcClass, RpcReply, SessionFacts, SessionOptions } from './session';
import type { SshLink } from './sshLink';
import { NETCONF_NAMESPACE } from './xml';

const CLOSE_MS = 3_000;

interface Exchange {
  readonly id: string;
  readonly done: (reply: RpcReply) => void;
  readonly failed: (error: PortwardenError) => void;
}

/** A session behind its hello. One request is on its way at a time; further ones wait their turn. */
export class Session implements NetconfSession {
  private nextId = 101;
  private pending: Exchange | undefined;
  private queue: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(
    readonly facts: SessionFacts,
    private readonly link: SshLink,
    private readonly messages: MessageChannel,
    private readonly timeouts: SessionOptions['timeouts'],
  ) {
    link.stage = 'session idle';
    messages.onMessage = (text) => this.receive(text);
  }

  rpc(payload: string, rpcClass: RpcClass): Promise<RpcReply> {
    if (this.closing !== undefined) return Promise.reject(closed());
    return this.enqueue(payload, rpcClass, this.timeouts[rpcClass]);
  }

  close(): Promise<void> {
    this.closing ??= this.sayGoodbye();
    return this.closing;
  }

  destroy(): void {
    this.link.fail(closed());
  }

  private async sayGoodbye(): Promise<void> {
    if (this.link.down === undefined && this.pending === undefined) {
      const patience = Math.min(CLOSE_MS, this.timeouts.ordinary);
      await this.enqueue('<close-session/>', 'ordinary', patience).then(ignore, ignore);
      await this.link.end(closed());
    }
    this.destroy();
  }

  private enqueue(payload: string, rpcClass: RpcClass, timeoutMs: number): Promise<RpcReply> {
    const result = this.queue.then(() => this.exchange(payload, rpcClass, timeoutMs));
    this.queue = result.then(ignore, ignore);
    return result;
  }

  private async exchange(payload: string, rpcClass: RpcClass, timeoutMs: number): Promise<RpcReply> {
    if (this.link.down !== undefined) throw notSent(this.link.down);
    const operation = /^<([\w:.-]{1,60})/.exec(payload)?.[1] ?? 'rpc';
    const details = { rpcClass, operation };
    this.link.stage = `waiting for the answer to ${operation}`;
    const timer = setTimeout(() => {
      this.link.fail(
        new PortwardenError('device-timeout', `The device did not answer ${operation} within ${timeoutMs / 1000} s.`),
      );
    }, timeoutMs);
    try {
      return await this.link.race<RpcReply>((done, failed) => {
        const id = String(this.nextId++);
        this.pending = { id, done, failed };
        this.messages.send(`<rpc xmlns="${NETCONF_NAMESPACE}" message-id="${id}">${payload}</rpc>`);
      });
    } catch (error) {
      if (!(error instanceof PortwardenError)) throw error;
      throw new PortwardenError(error.code, error.message, { details: { ...error.details, ...details }, cause: error });
    } finally {
      clearTimeout(timer);
      this.pending = undefined;
      this.link.stage = 'session idle';
    }
  }

  private receive(text: string): void {
    if (/^\s*$/.test(text)) return;
    const { pending } = this;
    if (pending === undefined) return;
    let reply: RpcReply;
    try {
      reply = parseReply(text);
    } catch (error) {
      // Which request this belongs to is not known either, so nothing more can be trusted on this session.
      this.link.fail(error instanceof PortwardenError ? error : new PortwardenError('device-protocol', String(error)));
      return;
    }
    const id = reply.root.attributes['message-id'];
    if (reply.root.name === 'notification' || (id !== undefined && id !== pending.id)) return;
    this.pending = undefined;
    pending.done(reply);
  }
}

function ignore(): void {
  // The outcome does not matter to whom this is passed for.
}

function closed(): PortwardenError {
  return new PortwardenError('device-unreachable', 'The NETCONF session was closed.');
}

/** The request was never sent, so the error says nothing of a request class. */
function notSent(down: PortwardenError): PortwardenError {
  return new PortwardenError(down.code, `The NETCONF session is no longer open: ${down.message}`, { cause: down });
}
