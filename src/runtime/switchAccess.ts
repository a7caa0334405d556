import { PortwardenError } from '../domain/errors';
import { deviceId } from '../domain/port';
import type { NetconfSession, OpenSession, SessionOptions } from '../devices/junos/netconf/session';
import type { HostKeyRepository } from '../store/store';
import type { SwitchSettings } from './config';
import type { Log } from './log';

/** NETCONF over SSH has a port of its own (RFC 6242 section 6). */
const NETCONF_PORT = 830;

/** What the panel says of reaching a switch. */
export interface PanelAccess {
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string | undefined;
  readonly vendor?: string;
}

/** What opening a session to a switch needs. */
export interface SwitchAccessDependencies {
  readonly settings: SwitchSettings;
  /** Asks the panel; called for every session, so that a changed password is used at once. */
  readonly panelAccess: (signal: AbortSignal) => Promise<PanelAccess>;
  readonly hostKeys: HostKeyRepository;
  readonly openSession: OpenSession;
  readonly log: Log;
}

/**
 * Opens a session to a switch: the configuration's login over the panel's, host keys pinned, or stored when
 * trust-on-first-use is asked for. A key is stored only after the login over it succeeded.
 * @throws PortwardenError of the panel, of {@link OpenSession}, or `device-not-configured`.
 */
export async function openSwitch(dependencies: SwitchAccessDependencies, signal: AbortSignal): Promise<NetconfSession> {
  const { settings, hostKeys, openSession, log } = dependencies;
  const device = deviceId('junos', settings.switchId);
  const panel = await dependencies.panelAccess(signal);
  const remembers = settings.verifyHostKey && settings.trustOnFirstUse && settings.hostKeys.length === 0;
  const stored = remembers ? await hostKeys.list(device) : [];
  let firstSeen: string | undefined;
  const accept = (fingerprint: string): boolean => {
    if (!settings.verifyHostKey) {
      log.warn({ device, fingerprint }, 'the SSH host key of the switch is not verified');
      return true;
    }
    if (!remembers || stored.length > 0) return false;
    firstSeen = fingerprint;
    return true;
  };
  const session = await openSession({ ...sessionOptions(settings, panel), hostKeys: acceptedKeys(settings, stored), acceptUnknownHostKey: accept, signal });
  if (firstSeen === undefined) return session;
  try {
    await hostKeys.add(device, firstSeen);
  } catch (error) {
    session.destroy();
    throw error;
  }
  log.warn({ device, fingerprint: firstSeen }, 'the SSH host key of the switch was trusted on first use; compare it out of band');
  return session;
}

function acceptedKeys(settings: SwitchSettings, stored: readonly string[]): readonly string[] {
  if (!settings.verifyHostKey) return [];
  return settings.hostKeys.length > 0 ? settings.hostKeys : stored;
}

/** Merges the login of configuration and panel. A configured key or password keeps the panel's password out. */
function sessionOptions(settings: SwitchSettings, panel: PanelAccess): Omit<SessionOptions, 'hostKeys'> {
  const host = settings.host ?? panel.host;
  const username = settings.userName ?? panel.username;
  const password = settings.password?.reveal() ?? (settings.privateKey === undefined ? panel.password : undefined);
  const privateKey = settings.privateKey?.reveal();
  const where = `Switch ${settings.switchId}${panel.name === undefined ? '' : ` (${panel.name})`}`;
  if (host === undefined || username === undefined || (password === undefined && privateKey === undefined)) {
    const missing = [
      ...(host === undefined ? ['address'] : []),
      ...(username === undefined ? ['user name'] : []),
      ...(password === undefined && privateKey === undefined ? ['password or key'] : []),
    ];
    throw new PortwardenError('device-not-configured', `${where} has no ${missing.join(', no ')}`, { details: { missing } });
  }
  if (settings.host === undefined && panel.vendor !== undefined && !/juni|junos/i.test(panel.vendor)) {
    throw new PortwardenError('device-not-configured', `${where} is a ${panel.vendor} in the panel, not a Juniper switch`);
  }
  const passphrase = settings.passphrase?.reveal();
  return {
    host,
    port: settings.port ?? panel.port ?? NETCONF_PORT,
    username,
    algorithms: settings.algorithms,
    timeouts: settings.timeouts,
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}
