import fc from 'fast-check';
import { redactConfiguration } from '../../../src/devices/junos/redactConfiguration';
import { REDACTED } from '../../../src/primitives/redactUrls';
import { anyText } from '../../support/anyText';

const CURLY = `## Last commit: 2026-11-22 04:00:00 UTC by admin
version 12.3R12;
groups {
    site {
        snmp {
            community group-community;
        }
    }
}
system {
    host-name access-1;
    root-authentication {
        encrypted-password "$1$abcdefgh$0123456789abcdefghij./"; ## SECRET-DATA
    }
    login {
        class ops {
            permissions [ secret secret-control view ];
        }
        password {
            minimum-length 8;
        }
        user portwarden {
            authentication {
                encrypted-password "$6$salt$hash"; ## SECRET-DATA
                ssh-ed25519 "ssh-ed25519 AAAAC3Nz admin@host"; ## not a secret
            }
        }
    }
    radius-server {
        192.0.2.1 secret "$9$radius.secret-1"; ## SECRET-DATA
    }
    description "a { brace and a ; in a text";
}
snmp {
    /* community in-a-comment */
    community public-community {
        authorization read-only;
        clients {
            10.0.0.0/8;
        }
    }
    community "quoted community";
    trap-group trap-community {
        targets {
            192.0.2.9;
        }
    }
}
protocols {
    bgp {
        group x {
            authentication-key "plain-bgp-key"; ## SECRET-DATA
        }
    }
}
security {
    authentication-key-chains {
        key-chain c {
            key 0 {
                secret "$9$chain"; ## SECRET-DATA
            }
        }
    }
    ike {
        policy p {
            pre-shared-key ascii-text "plain-psk"; ## SECRET-DATA
        }
    }
    strange-statement "marked-secret"; ## SECRET-DATA
}
policy-options {
    community CUSTOMER members 65000:1;
}
`;
const CURLY_SECRETS = [
  'group-community',
  '$1$',
  '0123456789abcdefghij',
  '$6$',
  '$9$',
  'radius.secret-1',
  'public-community',
  'quoted community',
  'trap-community',
  'plain-bgp-key',
  'plain-psk',
  'marked-secret',
  '$9$chain',
];

const SET = `set version 12.3R12
set groups site snmp community group-community authorization read-only
set system root-authentication encrypted-password "$1$abcdefgh$0123456789abcdefghij./"
set system login class ops permissions secret
set system login class ops permissions secret-control
set system login password minimum-length 8
set system radius-server 192.0.2.1 secret "$9$radius.secret-1"
set snmp community public-community authorization read-only
deactivate snmp community public-community
set snmp trap-group trap-community targets 192.0.2.9
set snmp v3 usm local-engine user u authentication-sha authentication-key plain-usm-key
set security ike policy p pre-shared-key hexadecimal 0123abcd
set policy-options community CUSTOMER members 65000:1
set policy-options policy-statement p then community add CUSTOMER
set interfaces ge-0/0/1 description "community of snmp"
set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff
`;
const SET_SECRETS = [
  'group-community',
  '$1$',
  '$9$',
  'public-community',
  'trap-community',
  'plain-usm-key',
  '0123abcd',
];

const XML = `<?xml version="1.0"?>
<rpc-reply xmlns:junos="http://xml.juniper.net/junos/12.3R12/junos"><configuration junos:changed-seconds="1">
  <system>
    <root-authentication><encrypted-password>$1$abcdefgh$0123456789</encrypted-password></root-authentication>
    <login><class><name>ops</name><permissions>secret</permissions></class><password><minimum-length>8</minimum-length></password></login>
    <radius-server><name>192.0.2.1</name><secret>
      plain-radius
    </secret></radius-server>
  </system>
  <snmp><!-- community --><community inactive="inactive" comment="a > b"><name>public-community</name><authorization>read-only</authorization></community>
    <j:community xmlns:j="x"><j:name><![CDATA[cdata-community]]></j:name></j:community>
    <trap-group><name>trap-community</name><targets><name>192.0.2.9</name></targets></trap-group></snmp>
  <security><ike><policy><name>p</name><pre-shared-key><ascii-text>plain-psk</ascii-text></pre-shared-key></policy></ike></security>
  <policy-options><community><name>CUSTOMER</name><members>65000:1</members></community></policy-options>
  <empty-tag/>
</configuration>
<configuration-text>
snmp { community &quot;text-community&quot;; }
</configuration-text></rpc-reply>
`;
const XML_SECRETS = [
  '$1$',
  'plain-radius',
  'public-community',
  'cdata-community',
  'trap-community',
  'plain-psk',
  'text-community',
];

/** The text with every secret replaced as it should be: the expectation is written out, not computed by the code. */
const expected = (text: string, secrets: readonly (string | RegExp)[]): string =>
  secrets.reduce<string>(
    (kept, secret) => (typeof secret === 'string' ? kept.replaceAll(secret, REDACTED) : kept.replace(secret, REDACTED)),
    text,
  );

describe('redactConfiguration', () => {
  it('takes the secrets out of the curly-brace form and leaves the rest byte for byte', () => {
    const redacted = redactConfiguration(CURLY);
    for (const secret of CURLY_SECRETS) expect(redacted).not.toContain(secret);
    expect(redacted).toBe(
      expected(CURLY, [
        'group-community',
        /\$1\$[^"]+/,
        /\$6\$[^"]+/,
        /\$9\$radius[^"]+/,
        /\$9\$chain/,
        'public-community',
        'quoted community',
        'trap-community',
        'plain-bgp-key',
        'plain-psk',
        'marked-secret',
      ]),
    );
  });

  it('takes the secrets out of the set form and leaves the rest byte for byte', () => {
    const redacted = redactConfiguration(SET);
    for (const secret of SET_SECRETS) expect(redacted).not.toContain(secret);
    expect(redacted).toBe(
      expected(SET, [
        'group-community',
        /\$1\$[^"]+/,
        /\$9\$[^"]+/,
        'public-community',
        'trap-community',
        'plain-usm-key',
        '0123abcd',
      ]),
    );
  });

  it('takes the secrets out of the XML form and leaves the rest byte for byte', () => {
    const redacted = redactConfiguration(XML);
    for (const secret of XML_SECRETS) expect(redacted).not.toContain(secret);
    expect(redacted).toBe(
      expected(XML, [
        /\$1\$[^<]+/,
        'plain-radius',
        'public-community',
        'cdata-community',
        'trap-community',
        'plain-psk',
        'text-community',
      ]),
    );
  });

  it('takes out private keys, wrapped or escaped', () => {
    const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----';
    for (const text of [pem, pem.replaceAll('\n', '\\n')]) {
      expect(redactConfiguration(`set security certificates local c "${text}"\n`)).toBe(
        'set security certificates local c "REDACTED"\n',
      );
    }
  });

  it.each([
    [
      'archive-sites "ftp://backup:PW@192.0.2.1:21/configs";',
      'archive-sites "ftp://backup:REDACTED@192.0.2.1:21/configs";',
    ],
    [
      'set system archival configuration archive-sites scp://backup:PW@host/path',
      'set system archival configuration archive-sites scp://backup:REDACTED@host/path',
    ],
    ['url "https://:p@P/W:x@host:443/a?b=c";', 'url "https://:REDACTED@host:443/a?b=c";'],
    ['url "https://user:a;b{c}#d@host/";', 'url "https://user:REDACTED@host/";'],
    [
      'url "https://host/x?token=PW&mode=full#part"; next "kept";',
      'url "https://host/x?token=REDACTED&mode=full#part"; next "kept";',
    ],
    ['url https://host/x?mode=full&Api_Key=PW;\nnext 1;', 'url https://host/x?mode=full&Api_Key=REDACTED;\nnext 1;'],
    [
      '<name>ftp://backup:P&amp;W@host/x?sig=PW&amp;mode=full</name>',
      '<name>ftp://backup:REDACTED@host/x?sig=REDACTED&amp;mode=full</name>',
    ],
    [
      '<configuration-text>archive-sites { &quot;ftp://u:PW@h/&quot;; }</configuration-text>',
      '<configuration-text>archive-sites { &quot;ftp://u:REDACTED@h/&quot;; }</configuration-text>',
    ],
    [
      '<url><![CDATA[https://host/x?token=PW]]></url><next/>',
      '<url><![CDATA[https://host/x?token=REDACTED]]></url><next/>',
    ],
    ['/* see ftp://u:PW@h/ */ # and ftp://u:PW@h/ too', '/* see ftp://u:REDACTED@h/ */ # and ftp://u:REDACTED@h/ too'],
    [
      '[edit snmp]\n+   community PW;\n-   community PW2 {\n[edit policy-options]\n+   community CUSTOMER members 65000:1;',
      '[edit snmp]\n+   community REDACTED;\n-   community REDACTED {\n[edit policy-options]\n+   community CUSTOMER members 65000:1;',
    ],
    [
      '[edit system radius-server 192.0.2.1]\n+    secret "PW"; ## SECRET-DATA',
      '[edit system radius-server 192.0.2.1]\n+    secret "REDACTED"; ## SECRET-DATA',
    ],
    [
      "[edit snmp community PW]: 'authorization' is missing",
      "[edit snmp community REDACTED]: 'authorization' is missing",
    ],
  ])('reads %j', (text, redacted) => {
    expect(redactConfiguration(text)).toBe(redacted);
    expect(redactConfiguration(redacted)).toBe(redacted);
  });

  it.each([
    'archive-sites "ftp://backup@192.0.2.1/configs"',
    'url "https://host:8443/download?file=config&revision=12#top"',
    'contact "noc@example.com: call first"',
    'set system services web-management https port 443',
    'description "a ? keyboard=qwerty"',
  ])('leaves %j alone', (text) => {
    expect(redactConfiguration(text)).toBe(text);
  });

  it('leaves no password of a URL, whatever it is made of', () => {
    const password = fc.stringMatching(/^[A-Za-z0-9./=@!%^*_~:?+-]{1,30}$/).map((text) => `S3CR${text}T`);
    fc.assert(
      fc.property(
        fc.constantFrom('ftp', 'scp', 'http', 'https'),
        password,
        fc.constantFrom('host', 'host:21/x', '[2001:db8::1]/y'),
        (scheme, secret, host) => {
          const url = `${scheme}://backup:${secret}@${host}`;
          for (const text of [
            `archive-sites "${url}";`,
            `set archive-sites ${url}`,
            `<configuration><name>${url}</name></configuration>`,
          ]) {
            expect(redactConfiguration(text)).not.toContain(secret);
            expect(redactConfiguration(text)).toContain(`@${host}`);
          }
        },
      ),
    );
  });

  const secretText = fc.stringMatching(/^[A-Za-z0-9./=@!%^*_-]{6,30}$/).map((text) => `S3CR${text}T`);
  const hash = fc
    .tuple(fc.constantFrom('$1$', '$5$', '$6$', '$9$', '$8$aes256-gcm$'), secretText)
    .map(([prefix, text]) => `${prefix}${text}`);
  const statement = fc.constantFrom(
    'root-authentication encrypted-password',
    'radius-server 192.0.2.1 secret',
    'bgp authentication-key',
    'ike pre-shared-key ascii-text',
    'usm privacy-key',
    'v3 snmp-community i community-name',
    'snmp community',
    'groups g snmp community',
  );
  const noise = fc.stringMatching(/^[a-z0-9 ]{0,20}$/);

  it('leaves no secret in any statement of the set and curly-brace forms', () => {
    fc.assert(
      fc.property(
        statement,
        fc.oneof(secretText, hash),
        fc.boolean(),
        noise,
        noise,
        (path, secret, quoted, before, after) => {
          const value = quoted || secret.includes('$') ? `"${secret}"` : secret;
          const nested = path.split(' ').reduceRight((inner, word) => `${word} {\n${inner}\n}`, `x ${after};`);
          const last = path.split(' ').at(-1) ?? '';
          const curly = nested.replace(`${last} {\nx ${after};\n}`, `${last} ${value}; ## ${before}`);
          for (const text of [
            `set a ${before}\nset ${path} ${value} ${after}\nset b`,
            `description "${before}";\n${path} ${value};`,
            curly,
          ]) {
            expect(text).toContain(secret);
            expect(redactConfiguration(text)).not.toContain(secret);
          }
        },
      ),
    );
  });

  it('leaves no secret in any element of the XML form', () => {
    const element = fc.constantFrom(
      'encrypted-password',
      'secret',
      'authentication-key',
      'ascii-text',
      'community-name',
      'snmp',
    );
    fc.assert(
      fc.property(element, fc.oneof(secretText, hash), fc.constantFrom('', '\n   '), (name, secret, space) => {
        const inner =
          name === 'snmp'
            ? `<community>${space}<name>${space}${secret}${space}</name></community>`
            : `${space}${secret}`;
        const text = `<configuration><${name} a="b">${inner}</${name}><x>kept</x></configuration>`;
        const redacted = redactConfiguration(text);
        expect(redacted).toBe(text.replace(secret, REDACTED));
      }),
    );
  });

  it('takes any text, changes nothing more the second time, and leaves text without secrets alone', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      ';',
      '"',
      '<',
      '>',
      '/',
      '#',
      '## SECRET-DATA',
      '://',
      'ftp://u:p@h',
      '@',
      ':',
      '?',
      '&',
      'token=',
      '[edit snmp]',
      ']',
      '\n',
      ' ',
      'snmp',
      'community',
      'secret',
      'set',
      '&quot;',
      '/*',
      '*/',
      'a',
      '$9$x',
      '<name>',
      '<![CDATA[',
      ']]>',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          anyText(),
          fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const once = redactConfiguration(text);
          expect(redactConfiguration(once)).toBe(once);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            anyText({ minLength: 1, maxLength: 1 }),
            fc.constantFrom('{', '}', ';', '"', '/', '*', '&', '\n', '\f', '\u00a0', '\u2028'),
          ),
        }),
        (text) => {
          // fast-check mixes in words of its own, `key` among them, which announces a secret here.
          fc.pre(!text.includes('key'));
          expect(redactConfiguration(text)).toBe(text);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^set (interfaces|vlans|protocols) [a-z0-9/. -]{0,30}$/)), (lines) => {
        const text = lines.join('\n');
        expect(redactConfiguration(text)).toBe(text);
      }),
    );
  });

  it('reads ten megabytes, and text made to be slow', () => {
    const big = `snmp {\n${'    community abc { authorization read-only; }\n'.repeat(200_000)}}\n`;
    expect(redactConfiguration(big)).not.toContain('abc');
    for (const part of ['a://b:', 'a://b:@', '?token=', '?a&', '[edit snmp]\n', 'x?'])
      expect(typeof redactConfiguration(part.repeat(200_000))).toBe('string');
    const hostile = `${'"'.repeat(50_000)}${'<'.repeat(50_000)}${'/*'.repeat(50_000)}${'&quot;'.repeat(50_000)}`;
    expect(typeof redactConfiguration(hostile)).toBe('string');
    expect(typeof redactConfiguration(`<a>${hostile}`)).toBe('string');
  });
});
