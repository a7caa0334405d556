import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { seedScenario } from '../scenarios/seed';
import { type JunosSwitch, type JunosSwitchOptions, type ProfileName, startJunosSwitch } from './index';
import { PROFILES } from './profiles';

const USAGE = `lab junos: one simulated Juniper EX switch on 127.0.0.1

  --profile NAME      ${Object.keys(PROFILES).join(' | ')} (default ex3300-12.3)
  --port N            TCP port, 0 takes a free one (default 0)
  --user NAME         account (default portwarden)
  --password TEXT     its password (default: random, or JUNOS_PASSWORD)
  --commit-ms N       how long a commit takes, in milliseconds (default: the profile's)
  --check-ms N        how long a check takes, in milliseconds (default: the profile's)
  --configuration F   file of set commands to start with (default: a small sample)
  --legacy            offer only legacy SSH algorithms
  --chunked           offer NETCONF 1.1 framing
  --no-subsystem      only the command "xml-mode netconf need-trailer"
  --host-key F        file of an OpenSSH private key (default: a fresh key)
  --time-scale N      confirmed-commit timers run N times faster
  --clock-skew N      the clock is N minutes ahead of the host's (negative: behind)
  --bare-commit-log   the commit log shows nothing of confirmed commits
`;

function milliseconds(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number`);
  return Number(text);
}

/** The sample configuration of a profile: the seed's first switch, or the like in the ELS dialect. */
function sample(profile: ProfileName): readonly string[] {
  if (PROFILES[profile].dialect === 'non-els') return seedScenario.switches[0]?.configuration ?? [];
  return [
    'set system host-name access-els',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members cust-13',
    'set vlans cust-13 vlan-id 13',
    'set vlans cust-13 forwarding-options dhcp-security arp-inspection',
    'set vlans cust-13 forwarding-options dhcp-security ip-source-guard',
    'set vlans cust-100 vlan-id 100',
  ];
}

/** Starts a switch from command line arguments. @throws RangeError with the usage when they are wrong. */
export async function runJunosLab(
  args: string[],
): Promise<{ lines: string[]; close(): Promise<void>; switch: JunosSwitch }> {
  const { values } = parseArgs({
    args,
    options: {
      profile: { type: 'string', default: 'ex3300-12.3' },
      port: { type: 'string', default: '0' },
      user: { type: 'string', default: 'portwarden' },
      password: { type: 'string' },
      'commit-ms': { type: 'string' },
      'check-ms': { type: 'string' },
      configuration: { type: 'string' },
      legacy: { type: 'boolean', default: false },
      chunked: { type: 'boolean', default: false },
      'no-subsystem': { type: 'boolean', default: false },
      'host-key': { type: 'string' },
      'time-scale': { type: 'string' },
      'clock-skew': { type: 'string' },
      'bare-commit-log': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new RangeError(USAGE);
  const profile = Object.values(PROFILES).find((p) => p.name === values.profile)?.name;
  if (profile === undefined) throw new RangeError(`unknown profile ${values.profile}\n\n${USAGE}`);
  const commitMs = milliseconds(values['commit-ms'], 'commit-ms');
  const checkMs = milliseconds(values['check-ms'], 'check-ms');
  const timeScale = milliseconds(values['time-scale'], 'time-scale');
  const clockSkew = values['clock-skew'] ?? '0';
  if (!/^-?\d{1,6}$/.test(clockSkew)) throw new RangeError('--clock-skew must be a whole number of minutes');
  const password = values.password ?? process.env['JUNOS_PASSWORD'] ?? randomBytes(9).toString('base64url');
  const controlPassword = randomBytes(9).toString('base64url');
  const options: JunosSwitchOptions = {
    profile,
    username: values.user,
    password,
    configuration:
      values.configuration === undefined ? sample(profile) : (await readFile(values.configuration, 'utf8')).split('\n'),
    port: milliseconds(values.port, 'port') ?? 0,
    legacyAlgorithms: values.legacy,
    chunked: values.chunked,
    refuseSubsystem: values['no-subsystem'],
    controlPassword,
    clockSkewMs: Number(clockSkew) * 60_000,
    ...(values['bare-commit-log'] ? { commitLog: { comments: false, pendingMark: false } } : {}),
    ...(values['host-key'] === undefined ? {} : { hostKey: await readFile(values['host-key'], 'utf8') }),
    ...(commitMs === undefined ? {} : { commitMs }),
    ...(checkMs === undefined ? {} : { checkMs }),
    ...(timeScale === undefined ? {} : { timeScale }),
  };
  const running = await startJunosSwitch(options);
  return {
    switch: running,
    lines: [
      `JUNOS_HOST=${running.host}`,
      `JUNOS_PORT=${String(running.port)}`,
      `JUNOS_USER=${values.user}`,
      `JUNOS_PASSWORD=${password}`,
      `JUNOS_HOSTKEY=${running.hostKeyFingerprint}`,
      `JUNOS_PROFILE=${profile}`,
      'JUNOS_CONTROL_USER=lab',
      `JUNOS_CONTROL_PASSWORD=${controlPassword}`,
    ],
    close: () => running.close(),
  };
}

async function main(): Promise<void> {
  const lab = await runJunosLab(process.argv.slice(2));
  process.stdout.write(`${lab.lines.join('\n')}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void lab.close());
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof RangeError ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
