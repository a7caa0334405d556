import type { Algorithms, NegotiatedAlgorithms } from 'ssh2';
import { PortwardenError } from '../../domain/errors';
import type { SessionOptions } from './session';

/**
 * Algorithms that are weak but all that some old devices speak. Each must be named for the one switch that needs it;
 * they are offered after the modern ones. Names as in the IANA registry of SSH parameters.
 */
export const LEGACY_ALGORITHMS = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1', 'hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'],
} as const;

/** The algorithm families of host keys: one device has at most one key of each. */
const HOST_KEY_FAMILIES = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
  'ssh-dss': ['ssh-dss'],
} as const;

/** A host key's type, as the key itself names it. */
export type HostKeyType = keyof typeof HOST_KEY_FAMILIES;

/** Whether a text names a host key type that we know. */
export function isHostKeyType(text: string): text is HostKeyType {
  return Object.hasOwn(HOST_KEY_FAMILIES, text);
}

/**
 * What to offer to one switch.
 * @param withoutHostKeys Host key types not to be offered.
 * @throws PortwardenError `invalid-configuration` for a name that is not in `LEGACY_ALGORITHMS`.
 */
export function offeredAlgorithms(
  { algorithms: legacy, compression = true }: Pick<SessionOptions, 'algorithms' | 'compression'>,
  withoutHostKeys: ReadonlySet<HostKeyType>,
): Algorithms {
  const hostKeys = allowed('serverHostKey', legacy?.serverHostKey, LEGACY_ALGORITHMS.serverHostKey);
  const removed = [...withoutHostKeys].flatMap((type) => [...HOST_KEY_FAMILIES[type]]);
  return {
    kex: { append: allowed('kex', legacy?.kex, LEGACY_ALGORITHMS.kex), prepend: [], remove: [] },
    cipher: { append: allowed('cipher', legacy?.cipher, LEGACY_ALGORITHMS.cipher), prepend: [], remove: [] },
    hmac: { append: allowed('hmac', legacy?.hmac, LEGACY_ALGORITHMS.hmac), prepend: [], remove: [] },
    serverHostKey: { append: hostKeys, prepend: [], remove: removed },
    // Begins after the login; `zlib`, which begins before it, is not offered.
    compress: compression ? ['zlib@openssh.com', 'none'] : ['none'],
  };
}

/** Host key types that a server with these host key algorithms can present and that we offer. */
export function commonHostKeyTypes(
  serverAlgorithms: readonly string[],
  legacy: SessionOptions['algorithms'],
): readonly HostKeyType[] {
  const dss = legacy?.serverHostKey?.includes('ssh-dss') === true;
  return (Object.keys(HOST_KEY_FAMILIES) as HostKeyType[]).filter(
    (type) =>
      (type !== 'ssh-dss' || dss) && HOST_KEY_FAMILIES[type].some((algorithm) => serverAlgorithms.includes(algorithm)),
  );
}

/** The outcome of the SSH negotiation as flat text, for facts and logs. */
export function describeNegotiated(negotiated: NegotiatedAlgorithms): Readonly<Record<string, string>> {
  const mac = (name: string): string => (name === '' ? 'implicit' : name);
  return {
    kex: negotiated.kex,
    serverHostKey: negotiated.serverHostKey,
    cipher: negotiated.cs.cipher,
    mac: mac(negotiated.cs.mac),
    compression: negotiated.sc.compress,
    ...(negotiated.sc.cipher === negotiated.cs.cipher ? {} : { serverCipher: negotiated.sc.cipher }),
    ...(negotiated.sc.mac === negotiated.cs.mac ? {} : { serverMac: mac(negotiated.sc.mac) }),
  };
}

function allowed<T extends string>(kind: string, names: readonly string[] | undefined, list: readonly T[]): T[] {
  return (names ?? []).map((name) => {
    const known = list.find((candidate) => candidate === name);
    if (known !== undefined) return known;
    throw new PortwardenError(
      'invalid-configuration',
      `${JSON.stringify(name.slice(0, 60))} is not a legacy ${kind} algorithm that can be allowed; these can: ${list.join(', ')}.`,
    );
  });
}
