import { PortwardenError, type ErrorDetails } from '../../domain/errors';
import { redactConfiguration } from './redactConfiguration';
import { REDACTED } from '../../primitives/redactUrls';
import type { NetconfSession, OpenSession, RpcError, RpcReply, SessionOptions } from '../../clients/netconf/session';

/** Shorter ones would take apart ordinary words. */
const SHORTEST_SECRET = 4;

/**
 * Takes the secrets out of everything that a device says in words, where it enters: errors and warnings of its replies,
 * and the errors that opening or using a session ends with. Secrets are what {@link redactConfiguration} knows (devices
 * repeat the statement that they complain about), and the login's own password and passphrase by their values.
 * The configuration that a reply carries stays as it is: it is compared with what was planned.
 */
export function redacting(open: OpenSession): OpenSession {
  return async (options) => {
    const redact = redactorFor(options);
    const session = await open(options).catch((error: unknown) => {
      throw redactError(error, redact);
    });
    return new RedactedSession(session, redact);
  };
}

/** Takes the secrets out of one text of a device. */
type Redact = (text: string) => string;

function redactorFor({ password, passphrase }: SessionOptions): Redact {
  const values = [password, passphrase].filter(
    (value): value is string => value !== undefined && value.length >= SHORTEST_SECRET,
  );
  return (text) => redactConfiguration(values.reduce((kept, value) => kept.replaceAll(value, REDACTED), text));
}

class RedactedSession implements NetconfSession {
  constructor(
    private readonly session: NetconfSession,
    private readonly redact: Redact,
  ) {}

  get facts(): NetconfSession['facts'] {
    return this.session.facts;
  }

  async rpc(...args: Parameters<NetconfSession['rpc']>): Promise<RpcReply> {
    try {
      const reply = await this.session.rpc(...args);
      const each = (error: RpcError): RpcError => redactRpcError(error, this.redact);
      return { ...reply, errors: reply.errors.map(each), warnings: reply.warnings.map(each) };
    } catch (error) {
      throw redactError(error, this.redact);
    }
  }

  async another(): Promise<NetconfSession | undefined> {
    const session = await this.session.another();
    return session === undefined ? undefined : new RedactedSession(session, this.redact);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  destroy(): void {
    this.session.destroy();
  }
}

/** The element that is complained about is read together with its path, which tells what kind of value it is. */
function redactRpcError(error: RpcError, redact: Redact): RpcError {
  const path = error.path === undefined ? undefined : redact(error.path);
  const before = (path ?? '').replace(/\]\s*$/, '').trim();
  const badElement =
    error.badElement === undefined ? undefined : redact(`${before} ${error.badElement}`).slice(before.length + 1);
  return {
    ...error,
    message: redact(error.message),
    ...(path === undefined ? {} : { path }),
    ...(badElement === undefined ? {} : { badElement }),
  };
}

/** The same error without secrets; its cause goes, for nobody knows what hangs on it. */
function redactError(error: unknown, redact: Redact): unknown {
  if (!(error instanceof PortwardenError)) return error;
  const { code, retryAfterMs } = error;
  return new PortwardenError(code, redact(error.message), {
    details: redactDetails(error.details, redact),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function redactDetails(details: ErrorDetails, redact: Redact): ErrorDetails {
  const redactValue = (value: ErrorDetails[string]): ErrorDetails[string] => {
    if (typeof value === 'object') return value.map(redact);
    return typeof value === 'string' ? redact(value) : value;
  };
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, redactValue(value)]));
}
