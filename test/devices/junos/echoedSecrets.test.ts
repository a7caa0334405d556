import { inspect } from 'node:util';
import type { CannedReply, JunosSwitch } from '../../../lab/junos';
import { inspectSwitch, renderInspection } from '../../../src/devices/junos/doctor';
import { openSession } from '../../../src/clients/netconf/openSession';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import { PortwardenError } from '../../../src/domain/errors';
import {
  addressOf,
  bind,
  deviceFor,
  outcomeOf,
  quickSwitch,
  recordingContext,
  request,
  target,
  TIMEOUTS,
} from './support';

const CONFIGURATION = [
  'set system host-name sw',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 192.0.2.20 vlan v100 mac 02:00:00:00:00:20',
];
const WANTED = request([target('ge-0/0/1.0', [bind('192.0.2.11', '02:00:00:00:00:10', 100)])]);
/** The login's own password, as every switch of these tests has it. */
const PASSWORD = 'lab-secret';
const SECRETS = [PASSWORD, 'S3CRradius', 'S3CRcommunity', 'S3CRurl', '$9$S3CRhash'];

/** What switches were seen to repeat: the statement that they complain about, with its value. */
const ECHOES = [
  {
    message: 'statement has no contents: secret "S3CRradius"; ## SECRET-DATA',
    path: '[edit system radius-server 192.0.2.1 secret S3CRradius]',
  },
  { message: 'syntax error', path: '[edit system radius-server 192.0.2.1 secret]', badElement: 'S3CRradius' },
  { message: 'invalid value', path: '[edit snmp community S3CRcommunity]', badElement: 'community S3CRcommunity' },
  { message: 'cannot transfer to ftp://backup:S3CRurl@192.0.2.9/x', badElement: '"$9$S3CRhash"' },
  { message: `user portwarden with password ${PASSWORD} may not do this` },
];

describe('a secret that the switch repeats', () => {
  let lab: JunosSwitch;
  const log: object[] = [];
  beforeEach(async () => {
    log.length = 0;
    lab = await quickSwitch('ex3300-12.3', CONFIGURATION);
  });
  afterEach(() => lab.close());

  /** The pass's result, or what it was rejected with, with everything that hangs on it. */
  async function outcomeText(replies: readonly CannedReply[]): Promise<string> {
    lab.faults.replies.push(...replies);
    const device = deviceFor(
      addressOf(lab),
      { confirmedCommit: 'never', resolveDelaysMs: [10] },
      { log: { info: (fields) => void log.push(fields), warn: (fields) => void log.push(fields) } },
    );
    const result: unknown = await device.converge(WANTED, recordingContext()).catch((error: unknown) => error);
    return inspect([result, log], { depth: 20 });
  }

  test.each(['lock', 'get-configuration', 'load-configuration', 'commit-configuration'])(
    'is not in what an error of %s becomes',
    async (rpc) => {
      for (const echo of ECHOES) {
        const text = await outcomeText([{ rpc, problems: [{ severity: 'error', ...echo }] }]);
        expect(text).toMatch(/device-rejected|device-permission/);
        expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
        lab.faults.reset();
      }
    },
  );

  test('is not in the remarks of a pass that succeeds, which stay readable', async () => {
    lab.faults.replies.push({
      rpc: 'load-configuration',
      problems: ECHOES.map((echo) => ({ severity: 'warning' as const, ...echo })),
    });
    const result = await deviceFor(addressOf(lab), { confirmedCommit: 'never' }).converge(WANTED, recordingContext());
    expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
    expect(result.notes).toContain(
      '[edit system radius-server 192.0.2.1 secret REDACTED]: statement has no contents: secret "REDACTED"; ## SECRET-DATA',
    );
    expect(result.notes).toContain('[edit system radius-server 192.0.2.1 secret] REDACTED: syntax error');
    expect(result.notes).toContain('user portwarden with password REDACTED may not do this');
    expect(SECRETS.filter((secret) => inspect(result, { depth: 20 }).includes(secret))).toEqual([]);
  });

  test("is not in what a diff with somebody else's statements becomes", async () => {
    const lines = [
      '[edit snmp]',
      '+   community S3CRcommunity;',
      '[edit system radius-server]',
      '+    192.0.2.1 secret "S3CRradius"; ## SECRET-DATA',
      '[edit system archival configuration]',
      '+    archive-sites "ftp://backup:S3CRurl@192.0.2.9/x";',
      'unreadable secret S3CRradius',
    ];
    const body = `<configuration-information><configuration-output>${lines.join('\n')}</configuration-output></configuration-information>`;
    lab.events.on('rpc', ({ operation }) => {
      if (operation === 'load-configuration') lab.faults.replies.push({ rpc: 'get-configuration', body });
    });
    const text = await outcomeText([]);
    expect(text).toContain('device-diff-mismatch');
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  test('is not in what an inspection says', async () => {
    lab.faults.replies.push({ rpc: 'lock', problems: ECHOES.map((echo) => ({ severity: 'error' as const, ...echo })) });
    const session = (): Promise<Parameters<typeof openSession>[0]> =>
      Promise.resolve({ ...addressOf(lab), timeouts: TIMEOUTS });
    const found = await inspectSwitch(
      { session, settings: DEFAULT_JUNOS_SETTINGS, open: openSession },
      new AbortController().signal,
    );
    const text = renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n');
    expect(text).toContain('REDACTED');
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  test('is not in the error of a session that could not be opened', async () => {
    const open = (): Promise<never> =>
      Promise.reject(
        new PortwardenError('device-authentication', `refused: portwarden/${PASSWORD}`, {
          details: { methods: ['password', PASSWORD] },
          retryAfterMs: 5,
          cause: new Error(PASSWORD),
        }),
      );
    const thrown: unknown = await deviceFor(addressOf(lab), {}, { open })
      .converge(WANTED, recordingContext())
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'device-authentication',
      message: 'refused: portwarden/REDACTED',
      retryAfterMs: 5,
      details: { methods: ['password', 'REDACTED'] },
    });
    expect(inspect(thrown, { depth: 20 })).not.toContain(PASSWORD);
  });
});
