import { parseReply } from '../../../src/clients/netconf/reply';
import { child, descendants } from '../../../src/clients/netconf/xml';
import { thrownBy } from './failures';

const NC = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const XNM = 'http://xml.juniper.net/xnm/1.1/xnm';
const reply = (inner: string): ReturnType<typeof parseReply> =>
  parseReply(
    `<rpc-reply xmlns="${NC}" xmlns:junos="http://xml.juniper.net/junos/15.1F4/junos" message-id="101">${inner}</rpc-reply>`,
  );

describe('success as recorded or documented', () => {
  test.each([
    ['load, 22.2', '<load-configuration-results><ok/></load-configuration-results>'],
    [
      'load with a count of no errors',
      '<load-configuration-results><load-success/><load-error-count>0</load-error-count></load-configuration-results>',
    ],
    ['commit, 15.1F4', '<commit-results></commit-results><ok/>'],
    [
      'check, virtual chassis, 16.1R3',
      '<commit-results><routing-engine junos:style="normal"><name>fpc0</name><commit-check-success/></routing-engine></commit-results><ok/>',
    ],
    [
      'commit, documented',
      '<commit-results><routing-engine><name>re0</name><commit-success/></routing-engine></commit-results>',
    ],
    ['empty, lock-configuration', ''],
    [
      'confirmed commit',
      '<commit-results><routing-engine><name>re0</name><commit-success/><output>commit confirmed will be automatically rolled back in 10 minutes unless confirmed</output></routing-engine></commit-results>',
    ],
  ])('%s', (_what, inner) => {
    expect(reply(inner)).toMatchObject({ errors: [], warnings: [], mended: false });
  });

  test('that is not well formed says so', () => {
    const raw =
      '<rpc-reply xmlns:junos="http://xml.juniper.net/junos/12.1X46/junos"><routing-engine><name>reX</name><commit-success/><ok/></rpc-reply>';
    expect(parseReply(raw)).toMatchObject({ errors: [], mended: true, raw });
  });
});

describe('errors as recorded', () => {
  test('15.1X49: syntax error with the bad element', () => {
    const { errors } = reply(
      '<rpc-error><error-type>protocol</error-type><error-tag>operation-failed</error-tag><error-severity>error</error-severity>' +
        '<error-message>syntax error</error-message><error-info><bad-element>lldp</bad-element></error-info></rpc-error>',
    );
    expect(errors).toEqual([
      { severity: 'error', type: 'protocol', tag: 'operation-failed', message: 'syntax error', badElement: 'lldp' },
    ]);
  });

  test('12.1X46: neither type nor tag, path and daemon', () => {
    const { errors } = reply(
      '<rpc-error><error-severity>error</error-severity><source-daemon>dcd</source-daemon><error-path>[edit interfaces ge-0/0/1]</error-path>' +
        '<error-info><bad-element>unit 2</bad-element></error-info><error-message>Only unit 0 is valid for this encapsulation</error-message></rpc-error>',
    );
    expect(errors).toEqual([
      {
        severity: 'error',
        message: 'Only unit 0 is valid for this encapsulation',
        path: '[edit interfaces ge-0/0/1]',
        badElement: 'unit 2',
        sourceDaemon: 'dcd',
      },
    ]);
  });

  test('xnm:error inside commit-results, which has no severity', () => {
    const { errors } = reply(
      `<commit-results><xnm:error xmlns="${XNM}" xmlns:xnm="${XNM}"><source-daemon>dcd</source-daemon>` +
        '<edit-path>[edit interfaces ge-0/0/1]</edit-path><statement>unit 2</statement><message>Only unit 0 is valid for this encapsulation</message></xnm:error>' +
        `<xnm:error xmlns="${XNM}" xmlns:xnm="${XNM}"><message>configuration check-out failed</message></xnm:error></commit-results><cli><banner>[edit]</banner></cli>`,
    );
    expect(errors).toEqual([
      {
        severity: 'error',
        message: 'Only unit 0 is valid for this encapsulation',
        path: '[edit interfaces ge-0/0/1]',
        badElement: 'unit 2',
        sourceDaemon: 'dcd',
      },
      { severity: 'error', message: 'configuration check-out failed' },
    ]);
  });

  test('an undeclared xnm prefix, inside routing-engine', () => {
    const raw =
      '<rpc-reply><commit-results><routing-engine><name>re0</name><xnm:error><message>m</message></xnm:error></routing-engine></commit-results></rpc-reply>';
    expect(parseReply(raw).errors).toEqual([{ severity: 'error', message: 'm' }]);
  });

  test('an error as the root', () => {
    expect(
      parseReply(
        `<rpc-error xmlns="${NC}"><error-severity>error</error-severity><error-message>permission denied</error-message></rpc-error>`,
      ).errors,
    ).toHaveLength(1);
    expect(parseReply(`<xnm:error xmlns:xnm="${XNM}"><xnm:message>m</xnm:message></xnm:error>`).errors).toHaveLength(1);
  });

  test('rfc-compliant prefixes', () => {
    const raw = `<nc:rpc-reply xmlns:nc="${NC}"><nc:rpc-error><nc:error-severity>error</nc:error-severity><nc:error-message>m</nc:error-message></nc:rpc-error></nc:rpc-reply>`;
    expect(parseReply(raw).errors).toEqual([{ severity: 'error', message: 'm' }]);
  });

  test('inside load-configuration-results, twice, with their count', () => {
    const one =
      '<rpc-error><error-severity>error</error-severity><error-message>syntax error</error-message></rpc-error>';
    const { errors } = reply(
      `<load-configuration-results>${one}${one}<load-error-count>2</load-error-count></load-configuration-results>`,
    );
    expect(errors).toHaveLength(2);
  });

  test('a count of errors alone', () => {
    expect(
      reply('<load-configuration-results><load-error-count> 3 </load-error-count></load-configuration-results>').errors,
    ).toEqual([{ severity: 'error', message: 'load-error-count 3' }]);
    expect(reply('<load-error-count/>').errors).toEqual([]);
  });

  test('lock held, RFC 6241: the session id of the holder', () => {
    const { errors } = reply(
      '<rpc-error><error-type>protocol</error-type><error-tag>lock-denied</error-tag><error-severity>error</error-severity>' +
        '<error-app-tag>no-access</error-app-tag><error-message xml:lang="en">lock denied</error-message><error-info><session-id>1</session-id></error-info></rpc-error>',
    );
    expect(errors[0]).toMatchObject({ tag: 'lock-denied', sessionId: '1' });
  });

  test('an error without a message still says something', () => {
    expect(reply('<rpc-error><error-tag>operation-failed</error-tag></rpc-error>').errors[0]?.message).toBe(
      'operation-failed',
    );
    expect(reply('<rpc-error/>').errors[0]?.message).toBe('unspecified error');
  });
});

describe('severities', () => {
  const warning =
    '<rpc-error><error-severity>warning</error-severity><error-message>\nstatement not found\n</error-message></rpc-error>';
  const error = '<rpc-error><error-severity>error</error-severity><error-message>e</error-message></rpc-error>';

  test('warnings beside <ok/> are no errors', () => {
    expect(reply(`${warning}${warning}<ok/>`)).toMatchObject({
      errors: [],
      warnings: [{ message: 'statement not found' }, {}],
    });
  });

  test('an error counts beside <ok/> and behind a warning', () => {
    const read = reply(`${warning}${error}<ok/>`);
    expect(read.errors).toEqual([{ severity: 'error', message: 'e' }]);
    expect(read.warnings).toHaveLength(1);
  });

  test('xnm:warning', () => {
    expect(reply(`<xnm:warning xmlns:xnm="${XNM}"><xnm:message>w</xnm:message></xnm:warning>`).warnings).toHaveLength(
      1,
    );
  });
});

describe('configuration', () => {
  test('with statements called error and message is not an error', () => {
    const { errors, root } = reply(
      `<data><configuration xmlns="${XNM}"><traceoptions><error><message>x</message></error></traceoptions></configuration></data>`,
    );
    expect(errors).toEqual([]);
    expect(descendants(root, 'error')).toHaveLength(1);
  });

  test('whose part may not be read holds an rpc-error that counts', () => {
    const { errors } = reply(
      `<configuration xmlns="${XNM}"><system><rpc-error xmlns="${NC}"><error-severity>error</error-severity><error-message>permission denied</error-message></rpc-error></system></configuration>`,
    );
    expect(errors).toHaveLength(1);
  });

  test('with a byte order mark, UTF-8 and control characters', () => {
    const { root } = parseReply('\uFEFF<rpc-reply><output>Zürich \u001B漢</output></rpc-reply>');
    expect(child(root, 'output')?.text).toBe('Zürich 漢');
  });
});

test('what is not XML is refused', () => {
  expect(thrownBy(() => parseReply('login: ')).code).toBe('device-protocol');
});
