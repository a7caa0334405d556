import { PortwardenError } from '../../domain/errors';
import { withinLimit } from '../../primitives/timeLimit';
import type { Link } from './link';
import type { MessageChannel } from './messageChannel';
import { parseReply } from './reply';
import type { NetconfSession, RpcClass, RpcReply, SessionFacts, SessionOptions } from './session';
import { NETCONF_NAMESPACE } from './xml';

const CLOSE_MS = 3_000;
/** How many requests may be on their way at a time. */
const MOST_UNDER_WAY = 8;

/** A request that was sent or waits to be sent. */
interface Exchange {
  readonly id: string;
  readonly payload: string;
  readonly operation: string;
  readonly rpcClass: RpcClass;
  readonly timeoutMs: number;
  readonly done: (reply: RpcReply) => void;
}

/** What a session is made of beside its hello. */
export interface SessionParts {
  readonly facts: SessionFacts;
  readonly link: Link;
  readonly messages: MessageChannel;
  readonly options: Pick<SessionOptions, 'timeouts' | 'pipelining'>;
  /** Opens another session over the same connection. */
  readonly another: () => Promise<NetconfSession | undefined>;
}

/**
 * A session behind its hello. Requests are sent without waiting for the answers to earlier ones, which a server gives in
 * order (RFC 6241 section 4.5), so requests that do not depend on one another cost one round trip; after a commit nothing
 * is sent before its answer. The time of a request begins when the answers to all earlier ones are there.
 */
export class Session implements NetconfSession {
  readonly facts: SessionFacts;
  readonly another: () => Promise<NetconfSession | undefined>;
  private readonly link: Link;
  private readonly messages: MessageChannel;
  private readonly timeouts: SessionOptions['timeouts'];
  private readonly mostUnderWay: number;
  private nextId = 101;
  /** Requests that were sent, oldest first. */
  private readonly underWay: Exchange[] = [];
  private readonly unsent: Exchange[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;

  constructor({ facts, link, messages, options, another }: SessionParts) {
    this.facts = facts;
    this.another = another;
    this.link = link;
    this.messages = messages;
    this.timeouts = options.timeouts;
    this.mostUnderWay = options.pipelining === false ? 1 : MOST_UNDER_WAY;
    link.stage = 'session idle';
    link.onDown(() => clearTimeout(this.timer));
    messages.onMessage = (text) => this.receive(text);
  }

  rpc(payload: string, rpcClass: RpcClass): Promise<RpcReply> {
    if (this.closing !== undefined) return Promise.reject(closed());
    return this.exchange(payload, rpcClass, this.timeouts[rpcClass]);
  }

  close(): Promise<void> {
    this.closing ??= this.sayGoodbye();
    return this.closing;
  }

  destroy(): void {
    this.link.fail(closed());
  }

  /** What is under way is answered first, within the time of one answer; a commit is not waited for. */
  private async sayGoodbye(): Promise<void> {
    if (this.link.down === undefined && !this.isCommitting()) {
      const patience = Math.min(CLOSE_MS, this.timeouts.ordinary);
      const goodbye = this.exchange('<close-session/>', 'ordinary', patience).then(ignore, ignore);
      await withinLimit(goodbye, patience, ignore);
      await this.link.end(closed());
    }
    this.destroy();
  }

  private async exchange(payload: string, rpcClass: RpcClass, timeoutMs: number): Promise<RpcReply> {
    if (this.link.down !== undefined) throw notSent(this.link.down);
    const operation = /^<([\w:.-]{1,60})/.exec(payload)?.[1] ?? 'rpc';
    const id = String(this.nextId++);
    try {
      return await this.link.race<RpcReply>((done) => {
        this.unsent.push({ id, payload, operation, rpcClass, timeoutMs, done });
        this.sendNext();
      });
    } catch (error) {
      if (!(error instanceof PortwardenError)) throw error;
      if (this.unsent.some((exchange) => exchange.id === id)) throw notSent(error);
      const { code, message, details } = error;
      throw new PortwardenError(code, message, { details: { ...details, rpcClass, operation }, cause: error });
    }
  }

  private sendNext(): void {
    while (this.underWay.length < this.mostUnderWay && !this.isCommitting()) {
      const exchange = this.unsent.shift();
      if (exchange === undefined) return;
      this.underWay.push(exchange);
      if (this.underWay.length === 1) this.awaitOldest();
      this.messages.send(`<rpc xmlns="${NETCONF_NAMESPACE}" message-id="${exchange.id}">${exchange.payload}</rpc>`);
    }
  }

  /** Whatever comes after a commit or a check waits until it is known what became of it. */
  private isCommitting(): boolean {
    return this.underWay.some(({ rpcClass }) => rpcClass === 'commit');
  }

  private awaitOldest(): void {
    clearTimeout(this.timer);
    const [oldest] = this.underWay;
    this.link.stage = oldest === undefined ? 'session idle' : `waiting for the answer to ${oldest.operation}`;
    if (oldest === undefined) return;
    const { operation, timeoutMs } = oldest;
    this.timer = setTimeout(() => {
      this.link.fail(
        new PortwardenError('device-timeout', `The device did not answer ${operation} within ${timeoutMs / 1000} s.`),
      );
    }, timeoutMs);
  }

  private receive(text: string): void {
    if (/^\s*$/.test(text)) return;
    const [oldest] = this.underWay;
    if (oldest === undefined) return;
    let reply: RpcReply;
    try {
      reply = parseReply(text);
    } catch (error) {
      // Which request this belongs to is not known either, so nothing more can be trusted on this session.
      this.link.fail(error instanceof PortwardenError ? error : new PortwardenError('device-protocol', String(error)));
      return;
    }
    const id = reply.root.attributes['message-id'];
    // Answers come in order. What answers none of ours, a late one or a notification, is passed over.
    if (reply.root.name === 'notification' || (id !== undefined && id !== oldest.id)) return;
    this.underWay.shift();
    this.awaitOldest();
    this.sendNext();
    oldest.done(reply);
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
