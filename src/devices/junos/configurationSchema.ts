import { z } from 'zod';
import { LEGACY_ALGORITHMS } from '../../clients/netconf/algorithms';
import { filePath, hostName, parsedText, seconds, variableName, whole } from '../../primitives/configuration/fields';

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
const additionalAddresses = z.enum(['same-mac', 'virtual-mac', 'reject']).meta({
  description:
    'What becomes of a further address of a dedicated server, beside its primary one: bound to the same MAC; to a virtual MAC of its own; or not bound, and reported. It is for new addresses only: docs/virtual-macs.md.',
});
const policies = {
  off: z.enum(['trusted', 'none']).meta({
    description:
      'What port security off does on a port: `trusted`, so that nothing filters it; or `none`, it loses its bindings, which cuts it off where source guard or ARP inspection is on (docs/policies-junos.md).',
  }),
  maxAddresses: whole(1, 4_096, {
    description: 'Addresses that one allowed range of a policy may stand for: each becomes a binding.',
    unit: 'addresses',
  }),
  securityGroups: z.enum(['refuse', 'firewall-filter']).meta({
    description:
      'Security groups of a policy on a switch port: an error that says so, or rendered as filters of the port from the section `securityGroups`.',
  }),
  maxFilterTerms: whole(8, 7_042, {
    description:
      'Terms that one filter of a port may have; groups that need more are refused. Models differ: EX2300 has 256 for all ports.',
    unit: 'terms',
  }),
};
const history = {
  maxCommits: whole(1, 50, {
    description: 'Commits. A switch keeps the configurations of its last 50; each that is looked at is read whole.',
    unit: 'commits',
  }),
  timeoutSeconds: seconds(1, 60, 'No further configuration is read after this time.'),
};
const historyMeta = {
  description:
    "How far `portwarden adopt --origin` goes back in a switch's own commit history to find who brought a binding.",
};
const policiesMeta = { description: 'How port policies are carried out.' };
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
const pipelining = z.boolean().meta({
  description:
    'Send requests that do not depend on one another without waiting for each answer, and read back over the same connection. Off, for a NETCONF server that cannot take it: a change takes twice as many round trips.',
});
const compression = z.boolean().meta({
  description:
    'Compress what a session says where the switch offers it (`zlib@openssh.com`). A configuration takes a tenth of its bytes then and some computing on the switch; off, for a switch that is near and slow.',
});
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
    additionalAddresses: additionalAddresses.default('same-mac'),
    policies: z
      .strictObject({
        off: policies.off.default('trusted'),
        maxAddresses: policies.maxAddresses.default(16),
        securityGroups: policies.securityGroups.default('refuse'),
        maxFilterTerms: policies.maxFilterTerms.default(128),
      })
      .prefault({})
      .meta(policiesMeta),
    history: z
      .strictObject({
        maxCommits: history.maxCommits.default(50),
        timeoutSeconds: history.timeoutSeconds.default(45),
      })
      .prefault({})
      .meta(historyMeta),
    trustOnFirstUse: trustOnFirstUse.default(false),
    verifyHostKey: verifyHostKey.default(true),
    pipelining: pipelining.default(true),
    compression: compression.default(true),
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

/** An option of one switch that has the value of `defaults` when it is absent. */
function asInDefaults<T extends z.ZodType>(option: T): z.ZodOptional<T> {
  return option.optional().meta({ ...option.meta(), whenAbsent: 'as in `defaults`' });
}

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
    dialect: asInDefaults(dialect),
    unit: asInDefaults(unit),
    confirmedCommit: asInDefaults(confirmedCommit),
    largeChangeBindings: asInDefaults(largeChangeBindings),
    confirmTimeoutMinutes: asInDefaults(confirmTimeoutMinutes),
    elsGroup: asInDefaults(elsGroup),
    additionalAddresses: asInDefaults(additionalAddresses),
    policies: z
      .strictObject({
        off: asInDefaults(policies.off),
        maxAddresses: asInDefaults(policies.maxAddresses),
        securityGroups: asInDefaults(policies.securityGroups),
        maxFilterTerms: asInDefaults(policies.maxFilterTerms),
      })
      .optional()
      .meta(policiesMeta),
    history: z
      .strictObject({
        maxCommits: asInDefaults(history.maxCommits),
        timeoutSeconds: asInDefaults(history.timeoutSeconds),
      })
      .optional()
      .meta(historyMeta),
    trustOnFirstUse: asInDefaults(trustOnFirstUse),
    verifyHostKey: asInDefaults(verifyHostKey),
    pipelining: asInDefaults(pipelining),
    compression: asInDefaults(compression),
    timeouts: z
      .strictObject({
        connectSeconds: asInDefaults(timeouts.connectSeconds),
        rpcSeconds: asInDefaults(timeouts.rpcSeconds),
        loadSeconds: asInDefaults(timeouts.loadSeconds),
        commitSeconds: asInDefaults(timeouts.commitSeconds),
      })
      .optional()
      .meta(timeoutsMeta),
    algorithms: z
      .strictObject({
        kex: asInDefaults(algorithms.kex),
        serverHostKey: asInDefaults(algorithms.serverHostKey),
        cipher: asInDefaults(algorithms.cipher),
        hmac: asInDefaults(algorithms.hmac),
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
      .meta({ description: "Per switch, by the panel's network device id.", key: 'switch id' }),
  })
  .meta({ description: 'How switches are reached and changed.' });

/** Reads an OpenSSH host key fingerprint (`ssh-keygen -lf`). @throws RangeError naming the rule. */
function parseHostKeyFingerprint(text: string): string {
  const trimmed = text.trim().replace(/=+$/, '');
  if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(trimmed)) {
    throw new RangeError('must be a host key fingerprint as ssh-keygen -lf shows it: SHA256: and 43 characters');
  }
  return trimmed;
}
