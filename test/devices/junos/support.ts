import { converge } from '../../../src/devices/pass/converge';
import type { Convergence, PortConvergence } from '../../../src/devices/pass/convergence';
import type { ConvergeContext, ConvergeRequest, PortTarget } from '../../../src/devices/pass/request';
import type { Binding } from '../../../src/domain/desired/binding';
import { PortwardenError } from '../../../src/domain/errors';
import { parseIp } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';
import { deviceId, parsePortName } from '../../../src/domain/values/port';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { JunosDevice } from '../../../src/devices/junos/junosDevice';
import { openSession } from '../../../src/clients/netconf/openSession';
import type { OpenSession, SessionOptions } from '../../../src/clients/netconf/session';
import { DEFAULT_JUNOS_SETTINGS, type JunosLog, type JunosSettings } from '../../../src/devices/junos/settings';
import { utils } from 'ssh2';
import { startJunosSwitch, type JunosSwitch, type JunosSwitchOptions } from '../../../lab/junos';

/** Where a test's switch listens. */
export type Address = Pick<SessionOptions, 'host' | 'port' | 'username' | 'hostKeys'> & { readonly password: string };

/** Generous, for a loaded machine; tests of slowness shorten the one they mean. */
export const TIMEOUTS = { connect: 20_000, ordinary: 20_000, load: 20_000, commit: 20_000 };

/** A binding in the words of a test. */
export function bind(ip: string, mac: string, vlan: number): Binding {
  return { ip: parseIp(ip), mac: parseMac(mac), vlan: parseVlanId(vlan) };
}

/** The addresses of most tests' switches. */
const USUAL_IPS = Array.from({ length: 254 }, (_, i) => parseIp(`192.0.2.${i + 1}`));

/** What a port shall have; whatever else of the usual addresses it has may go. */
export function target(port: string, desired: readonly Binding[], more: Partial<PortTarget> = {}): PortTarget {
  return { port: parsePortName(port), desired, retainIps: [], removals: { named: USUAL_IPS, absent: [] }, ...more };
}

let passes = 0;

/** A request with guards that let everything through unless told otherwise. */
export function request(targets: readonly PortTarget[], more: Partial<ConvergeRequest> = {}): ConvergeRequest {
  passes += 1;
  return {
    targets,
    guards: { maxRemovedBindings: 1_000, maxRemovedShare: 1 },
    logToken: `test-pass-${passes}`,
    ...more,
  };
}

/** A context that records what it is told. */
export interface RecordingContext extends ConvergeContext {
  readonly steps: string[];
  readonly backups: string[];
  readonly controller: AbortController;
}

export function recordingContext(more: Partial<ConvergeContext> = {}): RecordingContext {
  const controller = new AbortController();
  const steps: string[] = [];
  const backups: string[] = [];
  return {
    controller,
    steps,
    backups,
    signal: controller.signal,
    onStep: (step) => void steps.push(step),
    onBackup: (configuration) => {
      backups.push(configuration);
      return Promise.resolve();
    },
    onOpenCommits: () => Promise.resolve(),
    beforeCommit: () => Promise.resolve(),
    ...more,
  };
}

/** A switch under test with the pass over it, as the product drives it. */
export class DrivenSwitch extends JunosDevice {
  converge(request: ConvergeRequest, context: ConvergeContext): Promise<Convergence> {
    return converge(this, request, context);
  }
}

/** A driver for a switch under test, with fast read-back tries. */
export function deviceFor(
  address: Address,
  settings: Partial<JunosSettings> = {},
  more: {
    readonly timeouts?: Partial<SessionOptions['timeouts']>;
    readonly open?: OpenSession;
    readonly log?: JunosLog;
  } = {},
): DrivenSwitch {
  return new DrivenSwitch({
    id: deviceId('junos', 1),
    session: () => Promise.resolve({ ...address, timeouts: { ...TIMEOUTS, ...more.timeouts } }),
    settings: { ...DEFAULT_JUNOS_SETTINGS, resolveDelaysMs: [20, 50, 100, 200, 400, 800], ...settings },
    open: more.open ?? openSession,
    log: more.log ?? { info: () => undefined, warn: () => undefined },
  });
}

/** One host key for all switches of a test file: ssh2 now and then makes an ed25519 key that it cannot read itself. */
const HOST_KEY = utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;

/** A simulated switch without waiting times. */
export async function quickSwitch(
  profile: JunosSwitchOptions['profile'],
  configuration: readonly string[],
  more: Partial<JunosSwitchOptions> = {},
): Promise<JunosSwitch> {
  return startJunosSwitch({
    profile,
    username: 'portwarden',
    password: 'lab-secret',
    configuration,
    hostKey: HOST_KEY,
    commitMs: 0,
    checkMs: 0,
    rateLimitPerMinute: 0,
    ...more,
  });
}

/** How to reach a simulated switch. */
export function addressOf(lab: JunosSwitch): Address {
  return {
    host: lab.host,
    port: lab.port,
    username: 'portwarden',
    password: 'lab-secret',
    hostKeys: [lab.hostKeyFingerprint],
  };
}

/** The outcome of one port of a pass. */
export function outcomeOf(result: Convergence, port: string): PortConvergence {
  const found = result.ports.find((candidate) => candidate.port === port);
  if (found === undefined) throw new Error(`no outcome for ${port}`);
  return found;
}

/** The code a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof PortwardenError ? error.code : `not a PortwardenError: ${String(error)}`;
  }
  return 'nothing was thrown';
}

/** `expect.stringContaining`, typed. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}
