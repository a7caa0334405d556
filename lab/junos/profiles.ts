import type { Algorithms } from 'ssh2';
import type { Dialect } from './config/schema';

export type ProfileName = 'ex3300-12.3' | 'ex4200-vc' | 'ex3400-18' | 'ex4300-21';

/** The words in which a release answers. Sources are named where the values are set. */
export interface Profile {
  readonly name: ProfileName;
  readonly dialect: Dialect;
  readonly model: string;
  readonly version: string;
  /** Members of the virtual chassis; a lone EX switch is one of one. */
  readonly members: readonly string[];
  readonly capabilities: readonly string[];
  /** Comment lines before `<hello>`; `%u` is the user, `%c` the login class. */
  readonly helloComments: readonly string[];
  /** Where the `rpc-error`s of a refused check or commit stand; all three places are recorded. */
  readonly commitErrors: 'reply' | 'commit-results' | 'routing-engine';
  readonly loadSuccess: 'load-success' | 'ok';
  /** What stands in `commit-results` for each member, and whether `<ok/>` follows. */
  readonly commitReply: { readonly perMember: boolean; readonly style: string; readonly ok: boolean };
  /** Whether a bare `dhcp-security` counts. */
  readonly dhcpSecurityPresence: boolean;
  /** Whether a confirmed commit is refused on a private copy. */
  readonly confirmedPrivate: boolean;
  readonly commitMs: number;
  readonly checkMs: number;
}

/** Recorded: go-netconf transport_test.go (12.1X45): the only capabilities of old Junos. */
const LEGACY = [
  'urn:ietf:params:xml:ns:netconf:base:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:candidate:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:confirmed-commit:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:validate:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:url:1.0?protocol=http,ftp,file',
  'http://xml.juniper.net/netconf/junos/1.0',
  'http://xml.juniper.net/dmi/system/1.0',
];

/** Recorded: newer releases send both families. */
const BOTH = [
  'urn:ietf:params:netconf:base:1.0',
  'urn:ietf:params:netconf:capability:candidate:1.0',
  'urn:ietf:params:netconf:capability:confirmed-commit:1.0',
  'urn:ietf:params:netconf:capability:validate:1.0',
  'urn:ietf:params:netconf:capability:url:1.0?scheme=http,ftp,file',
  ...LEGACY,
];

/** Recorded: go-netconf transport_test.go (12.1X45). */
const OLD_COMMENTS = ['No zombies were killed during the creation of this user interface', 'user %u, class %c'];

/** Models as data. The reply shapes are those of the releases nearest to the model that were recorded; commit times are invented. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  'ex3300-12.3': {
    name: 'ex3300-12.3',
    dialect: 'non-els',
    model: 'ex3300-24t',
    version: '12.3R12.4',
    members: ['fpc0'],
    capabilities: LEGACY,
    helloComments: OLD_COMMENTS,
    // Recorded: PyEZ get-rpc-error.xml (12.1X46).
    commitErrors: 'reply',
    // Recorded: junipernetworks.junos load_configuration_xml.txt.
    loadSuccess: 'load-success',
    // Documented: Junos XML protocol guide, <routing-engine> inside <commit-results>.
    commitReply: { perMember: true, style: '', ok: false },
    dhcpSecurityPresence: false,
    confirmedPrivate: false,
    commitMs: 8000,
    checkMs: 3000,
  },
  'ex4200-vc': {
    name: 'ex4200-vc',
    dialect: 'non-els',
    model: 'ex4200-24t',
    version: '12.3R12.4',
    members: ['fpc0', 'fpc1'],
    capabilities: LEGACY,
    helloComments: OLD_COMMENTS,
    commitErrors: 'routing-engine',
    loadSuccess: 'load-success',
    // Recorded: go-netconf rpc_test.go (16.1R3): fpcN, style normal, then <ok/>.
    commitReply: { perMember: true, style: ' junos:style="normal"', ok: true },
    dhcpSecurityPresence: false,
    confirmedPrivate: false,
    commitMs: 15000,
    checkMs: 6000,
  },
  'ex3400-18': {
    name: 'ex3400-18',
    dialect: 'els',
    model: 'ex3400-24t',
    version: '18.4R3.3',
    members: ['fpc0'],
    capabilities: BOTH,
    helloComments: ['user %u, class %c'],
    // Recorded: PyEZ commit-configuration.xml (15.2).
    commitErrors: 'commit-results',
    // Recorded: ansible-junos-stdlib #660 (22.2).
    loadSuccess: 'ok',
    commitReply: { perMember: true, style: ' junos:style="normal"', ok: true },
    dhcpSecurityPresence: false,
    confirmedPrivate: false,
    commitMs: 8000,
    checkMs: 3000,
  },
  'ex4300-21': {
    name: 'ex4300-21',
    dialect: 'els',
    model: 'ex4300-24t',
    version: '21.4R3.15',
    members: ['fpc0'],
    capabilities: [
      ...BOTH,
      'urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring',
      'urn:ietf:params:xml:ns:yang:ietf-inet-types?module=ietf-inet-types&revision=2013-07-15',
    ],
    helloComments: ['user %u, class %c'],
    // Recorded: PyEZ commit-configuration.xml (15.2).
    commitErrors: 'commit-results',
    loadSuccess: 'ok',
    commitReply: { perMember: true, style: ' junos:style="normal"', ok: true },
    dhcpSecurityPresence: true,
    // Recorded: SRX 21.2 accepts it.
    confirmedPrivate: true,
    commitMs: 5000,
    checkMs: 2000,
  },
};

/** What a locked-down or very old box offers, and nothing else (seen with OpenSSH 9.2 so configured). */
export const LEGACY_ALGORITHMS: Algorithms = {
  kex: ['diffie-hellman-group14-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc'],
  hmac: ['hmac-sha1'],
};
