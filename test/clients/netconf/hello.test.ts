import { clientHello, normalizeCapability, parseHello } from '../../../src/clients/netconf/hello';
import { descendants, parseXml } from '../../../src/clients/netconf/xml';
import { thrownBy } from './failures';

const LEGACY = [
  'urn:ietf:params:xml:ns:netconf:base:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:candidate:1.0',
  'urn:ietf:params:xml:ns:netconf:capability:url:1.0?protocol=http,ftp,file',
  'http://xml.juniper.net/netconf/junos/1.0',
  'http://xml.juniper.net/dmi/system/1.0',
];
const capabilities = (uris: readonly string[]): string =>
  `<capabilities>${uris.map((uri) => `<capability>\n${uri} </capability>`).join('')}</capabilities>`;

describe('reading', () => {
  test('an old Junos hello: comments first, legacy URIs only', () => {
    const hello = parseHello(
      '<!-- No zombies were killed during the creation of this user interface -->\n<!-- user bbennett, class j-super-user -->\n' +
        `<hello>${capabilities(LEGACY)}<session-id>19313</session-id></hello>\n`,
    );
    expect(hello.sessionId).toBe('19313');
    expect([...hello.capabilities]).toEqual([
      'urn:ietf:params:netconf:base:1.0',
      'urn:ietf:params:netconf:capability:candidate:1.0',
      'urn:ietf:params:netconf:capability:url:1.0',
      'http://xml.juniper.net/netconf/junos/1.0',
      'http://xml.juniper.net/dmi/system/1.0',
    ]);
  });

  test('an rfc-compliant hello with a prefix', () => {
    const hello = parseHello(
      '<nc:hello xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><nc:capabilities><nc:capability>urn:ietf:params:netconf:base:1.0</nc:capability></nc:capabilities>' +
        '<nc:session-id>65596</nc:session-id></nc:hello>',
    );
    expect(hello).toEqual({ sessionId: '65596', capabilities: new Set(['urn:ietf:params:netconf:base:1.0']) });
  });

  test('a hello without a session id', () => {
    expect(parseHello(`<hello>${capabilities(LEGACY)}</hello>`)).not.toHaveProperty('sessionId');
  });

  test.each([
    [
      'inside',
      `<hello>${capabilities(LEGACY)}<rpc-error><error-message>could not open\n configuration</error-message></rpc-error></hello>`,
    ],
    [
      'in its place',
      '<rpc-reply><rpc-error><error-message>could not open configuration</error-message></rpc-error></rpc-reply>',
    ],
    [
      'inside a broken hello',
      '<rpc-reply><rpc-error><error-message>could not open configuration</error-message></rpc-error></rpc-reply>\n</hello>',
    ],
  ])('an error %s is a device that cannot serve now', (_where, text) => {
    const error = thrownBy(() => parseHello(text));
    expect(error.code).toBe('device-unreachable');
    expect(error.message).toContain('could not open configuration');
  });

  test.each([
    ['something else than XML', 'Password: '],
    ['another element', '<junoscript/>'],
    [
      'no common base version',
      '<hello><capabilities><capability>urn:ietf:params:netconf:base:2.0</capability></capabilities></hello>',
    ],
    ['no capabilities', '<hello/>'],
  ])('%s is no NETCONF', (_what, text) => {
    expect(thrownBy(() => parseHello(text)).code).toBe('device-protocol');
  });
});

test('capabilities are spelled one way', () => {
  expect(normalizeCapability(' urn:ietf:params:xml:ns:netconf:capability:confirmed-commit:1.0\n')).toBe(
    'urn:ietf:params:netconf:capability:confirmed-commit:1.0',
  );
  expect(normalizeCapability('urn:ietf:params:netconf:capability:validate:1.1')).toBe(
    'urn:ietf:params:netconf:capability:validate:1.1',
  );
  expect(normalizeCapability('http://x/y?module=z&revision=1')).toBe('http://x/y');
});

test('our hello offers both base versions and no session id', () => {
  const { root } = parseXml(clientHello());
  expect(root).toMatchObject({ name: 'hello', namespace: 'urn:ietf:params:xml:ns:netconf:base:1.0' });
  expect(descendants(root, 'capability').map((at) => at.text)).toEqual([
    'urn:ietf:params:netconf:base:1.0',
    'urn:ietf:params:netconf:base:1.1',
  ]);
  expect(descendants(root, 'session-id')).toEqual([]);
});
