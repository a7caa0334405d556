import { z } from 'zod';
import { LEGACY_ALGORITHMS } from '../clients/netconf/algorithms';
import { filePath, hostName, parseHostKeyFingerprint, parsedText, seconds, variableName, whole } from './fields';

const unit = whole(0, 16_385, { description: 'Logical unit added to a port name that has none.' });
const dialect = z.enum(['auto', 'secure-access-port', 'dhcp-security']).meta({
  description:
    "Configuration statements that hold the bindings: `secure-access-port` (non-ELS), `dhcp-security` (ELS), or detected from the switch's configuration.",
});
const confirmedCommit = z.enum(['never', 'first-change-and-large', 'always']).meta({
  description:
    'When a commit is made as a confirmed commit, which the switch rolls back by itself unless it is confirmed.',
});
const largeChangeBindings = whole(1, 100_000, {
  description: 'Added and removed bindings from which on a change counts as large.',
  unit: 'bindings',
});
const confirmTimeoutMinutes = whole(1, 65_535, {
  description: 'Time after which the switch rolls an unconfirmed commit back. Longer than its slowest commit.',
  unit: 'minutes',
});
const elsGroup = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
    error: 'must be a group name of at most 64 letters, digits, hyphens and underscores',
  })
  .meta({ description: 'dhcp-security group that holds the bindings on ELS switches; portwarden alone uses it.' });
const trustOnFirstUse = z
  .boolean()
  .meta({ description: 'Accept and store the host key of a switch that has neither pinned nor stored keys.' });
const verifyHostKey = z
  .boolean()
  .meta({ description: 'Verify SSH host keys. Off, anybody between portwarden and the switch can read the password.' });
const timeouts = {
  connectSeconds: seconds(1, 600, 'TCP connection, SSH handshake and NETCONF hello.'),
  rpcSeconds: seconds(1, 3600, 'Any other operation: lock, read, compare, unlock.'),
  loadSeconds: seconds(1, 3600, 'Loading a change into the candidate configuration.'),
  commitSeconds: seconds(1, 3600, 'Commit and commit check. A shutdown lets a commit finish for as long.'),
};
const timeoutsMeta = { description: 'Longest wait for each kind of operation.' };
const algorithms = {
  kex: legacy('kex', 'Key exchange.'),
  serverHostKey: legacy('serverHostKey', 'Host key types.'),
  cipher: legacy('cipher', 'Ciphers.'),
  hmac: legacy('hmac', 'Message authentication codes.'),
};
const algorithmsMeta = {
  description: 'Legacy SSH algorithms to allow, by exact name. The modern ones are always offered first.',
};

function legacy(kind: keyof typeof LEGACY_ALGORITHMS, what: string): z.ZodArray<z.ZodString> {
  const known: readonly string[] = LEGACY_ALGORITHMS[kind];
  const name = z.string().refine((text) => known.includes(text), {
    error: `must be one of the legacy algorithms ${known.join(', ')}; modern ones are always offered`,
  });
  return z.array(name).meta({ description: `${what} Any of ${known.map((each) => `\`${each}\``).join(', ')}.` });
}

const defaults = z
  .strictObject({
    dialect: dialect.default('auto'),
    unit: unit.default(0),
    confirmedCommit: confirmedCommit.default('first-change-and-large'),
    largeChangeBindings: largeChangeBindings.default(50),
    confirmTimeoutMinutes: confirmTimeoutMinutes.default(10),
    elsGroup: elsGroup.default('portwarden'),
    trustOnFirstUse: trustOnFirstUse.default(false),
    verifyHostKey: verifyHostKey.default(true),
    timeouts: z
      .strictObject({
        connectSeconds: timeouts.connectSeconds.default(30),
        rpcSeconds: timeouts.rpcSeconds.default(60),
        loadSeconds: timeouts.loadSeconds.default(120),
        commitSeconds: timeouts.commitSeconds.default(300),
      })
      .prefault({})
      .meta(timeoutsMeta),
    algorithms: z
      .strictObject({
        kex: algorithms.kex.default([]),
        serverHostKey: algorithms.serverHostKey.default([]),
        cipher: algorithms.cipher.default([]),
        hmac: algorithms.hmac.default([]),
      })
      .prefault({})
      .meta(algorithmsMeta),
  })
  .meta({ description: 'What holds for every switch.' });

const override = z
  .strictObject({
    host: hostName({ description: 'Address of the switch.', whenAbsent: "the panel's" }).optional(),
    port: whole(1, 65_535, {
      description: 'TCP port of SSH or NETCONF over SSH.',
      whenAbsent: "the panel's, else 830",
    }).optional(),
    userName: z
      .string()
      .min(1, { error: 'must not be empty' })
      .optional()
      .meta({ description: 'Login name.', whenAbsent: "the panel's" }),
    passwordEnv: variableName('Environment variable with the password.')
      .optional()
      .meta({ description: 'Environment variable with the password.', whenAbsent: "the panel's password" }),
    privateKeyFile: filePath({
      description: 'File with an SSH private key (OpenSSH or PEM).',
      whenAbsent: 'no key',
    }).optional(),
    passphraseEnv: variableName("Environment variable with the key's passphrase.").optional(),
    hostKeys: z
      .array(parsedText(parseHostKeyFingerprint, { description: '`SHA256:…`' }))
      .prefault([])
      .meta({ description: 'Accepted host keys as `ssh-keygen -lf` shows them, `SHA256:…`; several are allowed.' }),
    dialect: dialect.optional(),
    unit: unit.optional(),
    confirmedCommit: confirmedCommit.optional(),
    largeChangeBindings: largeChangeBindings.optional(),
    confirmTimeoutMinutes: confirmTimeoutMinutes.optional(),
    elsGroup: elsGroup.optional(),
    trustOnFirstUse: trustOnFirstUse.optional(),
    verifyHostKey: verifyHostKey.optional(),
    timeouts: z
      .strictObject({
        connectSeconds: timeouts.connectSeconds.optional(),
        rpcSeconds: timeouts.rpcSeconds.optional(),
        loadSeconds: timeouts.loadSeconds.optional(),
        commitSeconds: timeouts.commitSeconds.optional(),
      })
      .optional()
      .meta(timeoutsMeta),
    algorithms: z
      .strictObject({
        kex: algorithms.kex.optional(),
        serverHostKey: algorithms.serverHostKey.optional(),
        cipher: algorithms.cipher.optional(),
        hmac: algorithms.hmac.optional(),
      })
      .optional()
      .meta(algorithmsMeta),
  })
  .meta({ description: 'What differs for one switch. An option that is absent here has the value of `defaults`.' });

/** The `switches` section. */
export const switchesSchema = z
  .strictObject({
    defaults: defaults.prefault({}),
    overrides: z
      .record(z.string(), override)
      .default({})
      .meta({ description: "Per switch, by the panel's network device id." }),
  })
  .meta({ description: 'How switches are reached and changed.' });
