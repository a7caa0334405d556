import type { XmlElement } from './xml';

/** RPCs are timed by what they make the device do (configurable per switch). */
export type RpcClass = 'ordinary' | 'load' | 'commit';

/** One `rpc-error` or `xnm:error`, wherever in the reply it stood (RFC 6241 section 4.3). */
export interface RpcError {
  readonly severity: 'error' | 'warning';
  readonly tag?: string;
  readonly type?: string;
  readonly message: string;
  /** `error-path` or `edit-path`, trimmed: `[edit interfaces ge-0/0/1]`. */
  readonly path?: string;
  /** `bad-element` or `statement`. */
  readonly badElement?: string;
  readonly sourceDaemon?: string;
  /** The lock holder's session id, where the server gives one. */
  readonly sessionId?: string;
}

/** A reply as read from the device. */
export interface RpcReply {
  readonly root: XmlElement;
  readonly errors: readonly RpcError[];
  readonly warnings: readonly RpcError[];
  /** True when the text was not well formed and had to be mended: after a commit this means *unknown* until read back. */
  readonly mended: boolean;
  readonly raw: string;
}

/** What was agreed on when the session was opened. No secrets. */
export interface SessionFacts {
  readonly sessionId?: string;
  /** Normalised: `?…` suffixes dropped, legacy `urn:ietf:params:xml:ns:netconf:…` spelled as `urn:ietf:params:netconf:…`. */
  readonly capabilities: ReadonlySet<string>;
  /** Whether the hello has `http://xml.juniper.net/netconf/junos/1.0`. */
  readonly isJunos: boolean;
  readonly framing: 'end-of-message' | 'chunked';
  readonly transport: 'subsystem' | 'xml-mode';
  /** `SHA256:…` of the host key. */
  readonly hostKey: string;
  readonly algorithms: Readonly<Record<string, string>>;
  /** The login methods that the server listed, those given with {@link SessionOptions.loginMethods} when it was not asked. */
  readonly loginMethods: readonly string[];
}

/** An open NETCONF session. */
export interface NetconfSession {
  readonly facts: SessionFacts;
  /**
   * Sends one operation (`payload` is the XML inside `<rpc>`, produced by the XML builder, never by string
   * concatenation of values) and waits for its reply. Further ones may be sent meanwhile; the device carries them out and
   * answers them in order. Does not throw for `rpc-error`s: they are in the reply.
   * @throws PortwardenError `device-timeout`, `device-unreachable` (dropped), `device-protocol`.
   */
  rpc(payload: string, rpcClass: RpcClass): Promise<RpcReply>;
  /**
   * Opens a further session over the same connection: another process of the device, which knows of the committed
   * configuration only what was committed. It ends with the connection, and its own end leaves the connection as it is.
   * @returns undefined when the device gives none; never throws.
   */
  another(): Promise<NetconfSession | undefined>;
  /** Sends close-session, bounded in time; never throws. */
  close(): Promise<void>;
  /** Drops the connection at once. */
  destroy(): void;
}

/** How to reach one switch. Built at the moment of use; the secret parts live no longer than the session. */
export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** Accepted SHA-256 host key fingerprints (`SHA256:base64`). */
  readonly hostKeys: readonly string[];
  /** Called when no pinned key matches; returns true to accept (trust on first use, or verification explicitly off). */
  readonly acceptUnknownHostKey?: (fingerprint: string) => boolean;
  /** Legacy SSH algorithms allowed for this switch, appended after the modern ones. */
  readonly algorithms?: {
    readonly kex?: readonly string[];
    readonly serverHostKey?: readonly string[];
    readonly cipher?: readonly string[];
    readonly hmac?: readonly string[];
  };
  /** Milliseconds; defaults elsewhere: 30 000, 60 000, 120 000, 300 000. */
  readonly timeouts: {
    readonly connect: number;
    readonly ordinary: number;
    readonly load: number;
    readonly commit: number;
  };
  /** False: each request waits for the answer to the one before (RFC 6241 section 4.5 asks no such thing of us). */
  readonly pipelining?: boolean;
  /** False: nothing is compressed, whatever the server offers. */
  readonly compression?: boolean;
  /** The login methods that the device is known to have, so that it need not be asked. A wrong list costs a question. */
  readonly loginMethods?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Opens a session: TCP, SSH, `netconf` subsystem (else `xml-mode netconf need-trailer`), hello. */
export type OpenSession = (options: SessionOptions) => Promise<NetconfSession>;
