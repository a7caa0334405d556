import { classifyErrors, notableWarnings, type Operation } from '../../../src/clients/netconf/classify';
import { parseReply } from '../../../src/clients/netconf/reply';

const error = (message: string, rest = '', severity = 'error'): string =>
  `<rpc-error><error-severity>${severity}</error-severity><error-message>${message}</error-message>${rest}</rpc-error>`;
const warning = (message: string, rest = ''): string => error(message, rest, 'warning');
const tagged = (tag: string, message = 'm'): string => error(message, `<error-tag>${tag}</error-tag>`);
const judge = (operation: Operation, inner: string): ReturnType<typeof classifyErrors> =>
  classifyErrors(operation, parseReply(`<rpc-reply>${inner}</rpc-reply>`));

describe('the lock', () => {
  test('held by a person: who, and since when', () => {
    const found = judge(
      'lock',
      error(
        'configuration database locked by:\n  admin terminal  (pid 32260) on since 2021-05-06 11:04:06 UTC, idle 00:04:48\n      exclusive ',
      ),
    );
    expect(found?.code).toBe('device-busy');
    expect(found?.details).toEqual({
      holder: 'admin',
      pid: '32260',
      since: '2021-05-06 11:04:06 UTC',
      text: 'configuration database locked by: admin terminal (pid 32260) on since 2021-05-06 11:04:06 UTC, idle 00:04:48 exclusive',
    });
    expect(found?.retryable).toBe(true);
  });

  test.each([
    [
      'locked by: root terminal p0 (pid 1234) on since 2013-01-01 00:00:00 UTC [edit]',
      { holder: 'root', pid: '1234', since: '2013-01-01 00:00:00 UTC' },
    ],
    ['locked by: netops (pid 7)', { holder: 'netops', pid: '7' }],
    ['locked', {}],
  ])('configuration database %s', (text, who) => {
    const found = judge('lock', error(`configuration database ${text}`));
    expect(found?.code).toBe('device-busy');
    expect(found?.details).toEqual({ ...who, text: `configuration database ${text}` });
  });

  test('held by a NETCONF session', () => {
    const found = judge(
      'lock',
      error('lock denied', '<error-tag>lock-denied</error-tag><error-info><session-id>5</session-id></error-info>'),
    );
    expect(found?.code).toBe('device-busy');
    expect(found?.details).toMatchObject({ sessionId: '5' });
  });

  test.each([
    [error('Configuration database is already open'), 'device-busy'],
    [tagged('in-use', 'config locked'), 'device-busy'],
    [tagged('in-use', 'cannot perform the operation with confirmed-commit pending'), 'device-busy'],
    [tagged('resource-denied', 'too many sessions'), 'device-busy'],
    [error('configuration database modified'), 'device-foreign-edits'],
    [error('shared configuration database modified'), 'device-foreign-edits'],
    [tagged('resource-denied', 'candidate cannot be locked, discard-changes needed'), 'device-foreign-edits'],
    [error('permission denied'), 'device-permission'],
    [tagged('access-denied'), 'device-permission'],
    [tagged('unknown-element'), 'device-rejected'],
  ])('%s', (inner, code) => {
    expect(judge('lock', inner)?.code).toBe(code);
  });
});

describe('what does not matter', () => {
  test.each<[Operation, string]>([
    ['load', `${warning('statement not found')}${warning('statement not found: ge-0/0/6')}<ok/>`],
    ['load', warning('statement already exists')],
    ['check', `${warning("mgd: requires 'mpls' license")}<ok/>`],
    ['unlock', error('Configuration database is not open', '<error-tag>operation-failed</error-tag>')],
    ['lock', warning('uncommitted changes will be discarded on exit')],
    ['commit', warning('something new')],
    ['commit', '<commit-results/><ok/>'],
  ])('%s: %s', (operation, inner) => {
    expect(judge(operation, inner)).toBeUndefined();
  });

  test('matters elsewhere or when it is an error', () => {
    expect(judge('load', error('statement not found'))?.code).toBe('device-rejected');
    expect(judge('commit', error('Configuration database is not open'))?.code).toBe('device-rejected');
    expect(judge('load', `${warning('statement not found')}${error('syntax error')}<ok/>`)?.code).toBe(
      'device-rejected',
    );
  });

  test('unknown warnings are kept for the operator', () => {
    const reply = parseReply(
      `<rpc-reply>${warning('statement not found')}${warning('something new')}<ok/></rpc-reply>`,
    );
    expect(notableWarnings('load', reply).map((at) => at.message)).toEqual(['something new']);
    expect(notableWarnings('commit', reply)).toHaveLength(2);
  });
});

describe('what the device rejects', () => {
  test('names path and statement, and keeps all messages', () => {
    const found = judge(
      'check',
      `<commit-results>${error('configuration check-out failed')}${error('Only unit 0 is valid', '<error-path>\n[edit interfaces ge-0/0/1]\n</error-path><error-info><bad-element>unit 2</bad-element></error-info>')}</commit-results>`,
    );
    expect(found?.code).toBe('device-rejected');
    expect(found?.details).toEqual({
      path: '[edit interfaces ge-0/0/1]',
      badElement: 'unit 2',
      messages: ['configuration check-out failed', '[edit interfaces ge-0/0/1] unit 2: Only unit 0 is valid'],
    });
    expect(found?.message).toContain('Only unit 0 is valid');
    expect(found?.retryable).toBe(false);
  });

  test.each([
    ['load', 'syntax error'],
    ['commit', "interface-range 'axp' is not defined"],
    ['check', "mgd: Missing mandatory statement: 'root-authentication'"],
    ['check', 'No vlan matches vlan tag 3333 for interface ge-0/0/3.0'],
    ['load', 'Value 9000 is not within range (1..4094)'],
    ['commit', 'commit confirmed not supported for private configuration'],
  ] as const)('%s: %s', (operation, text) => {
    expect(judge(operation, error(text))?.code).toBe('device-rejected');
  });

  test('bounds what it keeps', () => {
    const found = judge(
      'load',
      Array.from({ length: 50 }, (_, index) => error(`${index} ${'x'.repeat(2000)}`)).join(''),
    );
    expect(found?.details['messages']).toHaveLength(20);
    expect(found?.message.length).toBeLessThan(600);
  });

  test('a diff that is not complete is no diff, though only a warning', () => {
    expect(judge('diff', warning('mgd: statement must contain additional statements'))?.code).toBe('device-rejected');
    expect(judge('load', warning('mgd: statement must contain additional statements'))).toBeUndefined();
  });
});

test('a right that is missing counts more than what follows from it', () => {
  expect(
    judge(
      'load',
      `${error('syntax error')}${error('permission denied', '<error-info><bad-element>system</bad-element></error-info>')}`,
    )?.code,
  ).toBe('device-permission');
});

test('a member that was not reached leaves a commit unknown, but not a check', () => {
  const text = error('Could not connect to re0 : No route to host');
  expect(judge('commit', text)?.code).toBe('device-unknown-outcome');
  expect(judge('check', text)?.code).toBe('device-unreachable');
});
