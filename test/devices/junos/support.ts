import { utils } from 'ssh2';
import { startJunosSwitch, type JunosSwitch, type JunosSwitchOptions } from '../../../lab/junos';
import { openSession } from '../../../src/clients/netconf/openSession';
import type { OpenSession, SessionOptions } from '../../../src/clients/netconf/session';
import type { SwitchAccess } from '../../../src/devices/junos/connection';
import { JunosDevice } from '../../../src/devices/junos/junosDevice';
import { DEFAULT_JUNOS_SETTINGS, type JunosLog, type JunosSettings } from '../../../src/devices/junos/settings';
import { converge } from '../../../src/devices/pass/converge';
import type { Convergence } from '../../../src/devices/pass/convergence';
import type { ConvergeContext, ConvergeRequest } from '../../../src/devices/pass/request';
import { deviceId } from '../../../src/domain/values/device';

export * from '../support';

/** Where a test's switch listens. */
export type Address = Pick<SessionOptions, 'host' | 'port' | 'username' | 'hostKeys'> & { readonly password: string };

/** Generous, for a loaded machine; tests of slowness shorten the one they mean. */
export const TIMEOUTS = { connect: 20_000, ordinary: 20_000, load: 20_000, commit: 20_000 };

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
    readonly onClock?: SwitchAccess['onClock'];
  } = {},
): DrivenSwitch {
  return new DrivenSwitch({
    id: deviceId('junos', 1),
    session: () =>
      Promise.resolve({
        ...address,
        timeouts: { ...TIMEOUTS, ...more.timeouts },
        ...(more.onClock === undefined ? {} : { onClock: more.onClock }),
      }),
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
