import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { phpMissing } from '../../../lab/tenantos/phpPanel';
import { parseEvent } from '../../../src/domain/event/event';
import { ERRORS } from '../../../src/domain/errors';

const missing = phpMissing();
if (missing !== undefined) process.stderr.write(`skipped: the rules of the Tenantos listener: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

function ask(questions: readonly (readonly unknown[])[]): unknown[] {
  const { status, stdout, stderr } = spawnSync('php', [join(__dirname, 'php', 'rules.php')], {
    input: JSON.stringify(questions),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr + stdout);
  return JSON.parse(stdout) as unknown[];
}

suite('the addresses that an event of the panel names', () => {
  const cases: readonly (readonly [named: unknown, addresses: readonly string[]])[] = [
    [[], []],
    [null, []],
    [42, []],
    ['10.0.48.5', ['10.0.48.5']],
    [
      ['10.0.48.5', ' 10.0.48.6 ', '10.0.48.5'],
      ['10.0.48.5', '10.0.48.6'],
    ],
    [[['10.0.48.5', '10.0.48.1', '255.255.255.0']], ['10.0.48.5']],
    [[{ id: 3, gw: '10.0.48.1', ip: '10.0.48.5' }], ['10.0.48.5']],
    [[{ id: 3, address: '10.0.48.5', gw: '10.0.48.1' }], ['10.0.48.5']],
    [[{ ip: 'none', gw: '10.0.48.1' }], []],
    [[{ a: { b: '10.0.48.5' } }, true, null, 7], []],
    [
      ['2001:db8::5', '2001:db8::/64'],
      ['2001:db8::5', '2001:db8::/64'],
    ],
    [['10.0.64.8/29'], ['10.0.64.8/29']],
    [
      ['10.0.48.5/24', '10.0.48.6/32', '2001:db8::7/64', '2001:db8::8/128'],
      ['10.0.48.5', '10.0.48.6', '2001:db8::7', '2001:db8::8'],
    ],
    [['10.0.0.0/15', '0.0.0.0/0', '2001::/16'], []],
    [
      ['10.0.0.0/16', '2001:db8::/32'],
      ['10.0.0.0/16', '2001:db8::/32'],
    ],
    [
      ['10.0.48.5/33', '10.0.48.5/', '10.0.48.5/x', '10.0.48', 'name', '', 'fe80::1%eth0', '10.0.48.0/255.255.255.0'],
      [],
    ],
  ];

  test('are the ones meant, and the API takes each of them', () => {
    const found = ask(cases.map(([named]) => ['addresses', named]));
    expect(found).toEqual(cases.map(([, addresses]) => addresses));
    for (const ips of found)
      expect(parseEvent({ action: 'ip_removed', serverId: 1, ips }).ips).toHaveLength((ips as string[]).length);
  });

  test('may be in objects of any iterable', () => {
    expect(ask([['addresses of objects', [{ gw: '10.0.48.1', ip: '10.0.48.5' }]]])).toEqual([['10.0.48.5']]);
  });
});

suite('what an answer means for an event', () => {
  const error = (code: string): string => JSON.stringify({ error: { code, message: 'm' } });
  const cases: readonly (readonly [
    status: number,
    body: string,
    retryAfter: string,
    verdict: string,
    ms: number | null,
  ])[] = [
    [202, '{"workflowId":"w"}', '', 'Accepted', null],
    [202, '{}', '', 'Misconfigured', null],
    [200, '{"workflowId":"w"}', '', 'Misconfigured', null],
    [204, '', '', 'Misconfigured', null],
    [302, '', '', 'Misconfigured', null],
    [400, error('invalid-event'), '', 'Rejected', null],
    [400, '<html>', '', 'Misconfigured', null],
    [413, error('payload-too-large'), '', 'Rejected', null],
    [413, '<html>', '', 'Misconfigured', null],
    [422, error('idempotency-key-reused'), '', 'Rejected', null],
    [401, error('unauthorized'), '', 'Misconfigured', null],
    [401, '', '', 'Misconfigured', null],
    [403, '', '', 'Misconfigured', null],
    [404, error('not-found'), '', 'Misconfigured', null],
    [415, error('unsupported-media-type'), '', 'Misconfigured', null],
    [408, '', '', 'Unavailable', null],
    [429, error('too-many-requests'), '17', 'Unavailable', 17_000],
    [429, '', '-1', 'Unavailable', null],
    [500, error('internal'), '', 'Failed', null],
    [500, '<html>', '', 'Unavailable', null],
    [502, '', '', 'Unavailable', null],
    [503, error('temporal-unavailable'), '0', 'Unavailable', 0],
    [503, error('invalid-event'), '', 'Unavailable', null],
    [503, '', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Unavailable', 0],
    [503, '', 'soon, perhaps', 'Unavailable', null],
  ];

  test('follows the status and the API’s own words', () => {
    const found = ask(cases.map(([status, body, retryAfter]) => ['answer', status, body, retryAfter]));
    expect(found).toEqual(cases.map(([, , , verdict, ms]) => [verdict, ms]));
  });

  test('of every error of the registry that is not to be repeated, the event is set aside or a person is called', () => {
    const found = ask(Object.entries(ERRORS).map(([code, { httpStatus }]) => ['answer', httpStatus, error(code), '']));
    const verdicts = Object.entries(ERRORS).map(([code, { httpStatus }], index) => ({
      code,
      httpStatus,
      verdict: (found as [string, null][])[index]?.[0],
    }));
    for (const { httpStatus, verdict } of verdicts)
      expect(verdict).toMatch(
        httpStatus >= 500 || httpStatus === 429 ? /^(Unavailable|Failed)$/ : /^(Rejected|Misconfigured)$/,
      );
    expect(
      verdicts
        .filter(({ verdict }) => verdict === 'Rejected')
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['idempotency-key-reused', 'invalid-event', 'invalid-request', 'payload-too-large']);
  });
});
