import type { ClientChannel } from 'ssh2';
import { PortwardenError } from '../../domain/errors';
import { withinLimit } from '../../primitives/timeLimit';
import { commonHostKeyTypes, isHostKeyType, type HostKeyType } from './algorithms';
import { BASE_1_1, clientHello, JUNOS_CAPABILITY, parseHello, type ServerHello } from './hello';
import { hostKeyError, isPinned, type SeenHostKey } from './hostKeys';
import { ChannelLink, type Link } from './link';
import { MessageChannel } from './messageChannel';
import { Session } from './netconfSession';
import type { NetconfSession, OpenSession, SessionFacts, SessionOptions } from './session';
import { SshLink } from './sshLink';

/** Starts NETCONF on a Junos device whose SSH server has no such subsystem on this port. */
const XML_MODE = 'xml-mode netconf need-trailer';

/**
 * Opens a NETCONF session over SSH: TCP, host key, login, `netconf` subsystem (else `xml-mode netconf need-trailer` on
 * the same connection), hellos. All of it within `timeouts.connect`; afterwards each request has the time of its class.
 *
 * A device has one host key of each type and SSH negotiates the type before the key is seen. When the key presented is
 * not pinned but the device offers other types, it is asked again without the types seen, so pinning any of its keys
 * is enough and adding a key type (as a software upgrade does) breaks nothing.
 * @throws PortwardenError `device-unreachable`, `device-timeout`, `device-host-key`, `device-algorithms`,
 *   `device-authentication`, `device-protocol`, `invalid-configuration` (an algorithm that cannot be allowed), and when
 *   `signal` aborts its reason, or `stale-attempt` when that is not a PortwardenError.
 */
export const openSession: OpenSession = async (options) => {
  const deadline = Date.now() + options.timeouts.connect;
  const connected = await connectAccepted(options, deadline);
  try {
    return await startNetconf(connected, connected.link, options, deadline);
  } catch (error) {
    connected.link.fail(asPortwardenError(error));
    throw error;
  }
};

interface Connected {
  readonly link: SshLink;
  readonly channel: ClientChannel;
  readonly transport: SessionFacts['transport'];
}

/** Connects, trying the device's further host keys when the first is not an accepted one. */
async function connectAccepted(options: SessionOptions, deadline: number): Promise<Connected> {
  const seen: SeenHostKey[] = [];
  const rejected = new Set<HostKeyType>();
  const ask = options.acceptUnknownHostKey;
  const pinned = (key: SeenHostKey): boolean => isPinned(key.fingerprint, options.hostKeys);
  const first = (key: SeenHostKey): boolean =>
    options.hostKeys.length === 0 && ask !== undefined ? ask(key.fingerprint) : pinned(key);
  for (;;) {
    const attempt = await connectOnce(options, first, rejected, deadline);
    if (!('rejectedKey' in attempt)) return attempt;
    const { rejectedKey, others } = attempt;
    seen.push(rejectedKey);
    const known = isHostKeyType(rejectedKey.type) && !rejected.has(rejectedKey.type) ? rejectedKey.type : undefined;
    if (options.hostKeys.length === 0 || known === undefined) break;
    rejected.add(known);
    if (others.every((type) => rejected.has(type))) break;
  }
  const [preferred] = seen;
  if (preferred !== undefined && options.hostKeys.length > 0 && ask?.(preferred.fingerprint) === true) {
    const only = (key: SeenHostKey): boolean => key.fingerprint === preferred.fingerprint;
    const attempt = await connectOnce(options, only, new Set(), deadline);
    if (!('rejectedKey' in attempt)) return attempt;
  }
  throw hostKeyError(`${options.host}:${options.port}`, seen, options.hostKeys);
}

interface RejectedKey {
  readonly rejectedKey: SeenHostKey;
  /** Host key types that the device could present to us. */
  readonly others: readonly HostKeyType[];
}

async function connectOnce(
  options: SessionOptions,
  accept: (key: SeenHostKey) => boolean,
  without: ReadonlySet<HostKeyType>,
  deadline: number,
): Promise<Connected | RejectedKey> {
  const link = new SshLink(options, accept, without);
  try {
    return await within(link, deadline, async () => {
      await link.ready();
      link.stage = 'opening the NETCONF channel';
      const subsystem = await link.subsystem('netconf');
      if (subsystem !== undefined) return { link, channel: subsystem, transport: 'subsystem' };
      const command = await link.exec(XML_MODE);
      if (command !== undefined) return { link, channel: command, transport: 'xml-mode' };
      throw new PortwardenError(
        'device-protocol',
        `${options.host}:${options.port} has neither the netconf subsystem nor xml-mode.`,
      );
    });
  } catch (error) {
    link.fail(asPortwardenError(error));
    if (link.hostKeyRejected && link.hostKey !== undefined) {
      return {
        rejectedKey: link.hostKey,
        others: commonHostKeyTypes(link.offer?.serverHostKey ?? [], options.algorithms),
      };
    }
    throw error;
  }
}

/**
 * Says hello on a channel.
 * @param link what the session goes over: the connection itself, or a channel that shares it.
 */
async function startNetconf(
  { link: ssh, channel, transport }: Connected,
  link: Link,
  options: SessionOptions,
  deadline: number,
): Promise<NetconfSession> {
  link.stage = 'waiting for the hello';
  const messages = new MessageChannel(link, channel);
  const hello = await within(link, deadline, () =>
    link.race<ServerHello>((done) => {
      messages.onMessage = (text) => {
        if (/^\s*$/.test(text)) return;
        const parsed = parseHello(text);
        messages.onMessage = () => undefined;
        messages.framing = parsed.capabilities.has(BASE_1_1) ? 'chunked' : 'end-of-message';
        done(parsed);
      };
      messages.send(clientHello());
    }),
  );
  const facts: SessionFacts = {
    ...(hello.sessionId === undefined ? {} : { sessionId: hello.sessionId }),
    capabilities: hello.capabilities,
    isJunos: hello.capabilities.has(JUNOS_CAPABILITY),
    framing: messages.framing,
    transport,
    hostKey: ssh.hostKey?.fingerprint ?? '',
    algorithms: ssh.algorithms,
    loginMethods: ssh.loginMethods,
  };
  const another = (): Promise<NetconfSession | undefined> =>
    options.pipelining === false ? Promise.resolve(undefined) : openAnother(ssh, transport, options);
  return new Session({ facts, link, messages, options, another });
}

/** A second channel over the same connection; undefined when the device gives none. */
async function openAnother(
  ssh: SshLink,
  transport: SessionFacts['transport'],
  options: SessionOptions,
): Promise<NetconfSession | undefined> {
  const deadline = Date.now() + options.timeouts.connect;
  let link: ChannelLink | undefined;
  try {
    const opening = transport === 'subsystem' ? ssh.subsystem('netconf') : ssh.exec(XML_MODE);
    const channel = await withinLimit(opening, options.timeouts.connect, () => undefined);
    if (channel === undefined) return undefined;
    link = new ChannelLink(channel, ssh);
    return await startNetconf({ link: ssh, channel, transport }, link, options, deadline);
  } catch (error) {
    link?.fail(asPortwardenError(error));
    return undefined;
  }
}

/** Takes the link down when something on it is not done by the deadline. */
async function within<T>(link: Link, deadline: number, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(
    () => link.fail(new PortwardenError('device-timeout', `No NETCONF session in time (${link.stage}).`)),
    Math.max(0, deadline - Date.now()),
  );
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

function asPortwardenError(error: unknown): PortwardenError {
  return error instanceof PortwardenError
    ? error
    : new PortwardenError('internal', 'Opening the session failed.', { cause: error });
}
