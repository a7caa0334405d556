import type { OpenSession, SessionOptions } from '../../clients/netconf/session';
import { PortwardenError } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { DeviceLog, HostKeys, PanelLoginParts } from '../driver';
import type { SwitchSettings } from './configuration';

/** NETCONF over SSH has a port of its own (RFC 6242 section 6). */
export const NETCONF_PORT = 830;

/** What opening sessions to a switch needs. */
export interface SwitchSessionDependencies {
  readonly device: DeviceId;
  readonly settings: SwitchSettings;
  /** Asks the panel; called for every session, so that a changed password is used at once. */
  readonly panelLogin: (signal: AbortSignal) => Promise<PanelLoginParts>;
  readonly hostKeys: HostKeys;
  readonly openSession: OpenSession;
  /** The login methods of switches that were logged in to before, which need not be asked for them again. */
  readonly loginMethods: Map<DeviceId, readonly string[]>;
  readonly log: DeviceLog;
}

/** The way to a switch: where and how to log in, asked for anew for each session, and how a session is opened. */
export interface SwitchSessions {
  /** @throws PortwardenError of the panel or the store, or `device-not-configured`. */
  readonly session: (signal: AbortSignal) => Promise<SessionOptions>;
  /** Stores a host key that is trusted on first use, but only after the login over it succeeded. */
  readonly open: OpenSession;
}

/** The configuration's login over the panel's; host keys pinned, or remembered where trust-on-first-use is asked for. */
export function createSwitchSessions(dependencies: SwitchSessionDependencies): SwitchSessions {
  const { device, settings, panelLogin, hostKeys, openSession, loginMethods, log } = dependencies;
  const remembers = settings.verifyHostKey && settings.trustOnFirstUse && settings.hostKeys.length === 0;
  return {
    async session(signal) {
      const panel = await panelLogin(signal);
      const stored = remembers ? await hostKeys.list(device) : [];
      const acceptsAny = !settings.verifyHostKey || (remembers && stored.length === 0);
      return {
        ...sessionOptions(settings, panel),
        loginMethods: loginMethods.get(device) ?? [],
        hostKeys: acceptedKeys(settings, stored),
        signal,
        acceptUnknownHostKey: () => acceptsAny,
      };
    },
    async open(options) {
      let unknown: string | undefined;
      const acceptUnknownHostKey = (fingerprint: string): boolean => {
        const accepted = options.acceptUnknownHostKey?.(fingerprint) === true;
        if (accepted) unknown = fingerprint;
        return accepted;
      };
      const session = await openSession({ ...options, acceptUnknownHostKey });
      const { hostKey, algorithms, transport, framing } = session.facts;
      loginMethods.set(device, session.facts.loginMethods);
      log.info({ device, hostKey, algorithms, transport, framing }, 'session with the switch');
      if (unknown === undefined) return session;
      if (!remembers) {
        log.warn({ device, fingerprint: unknown }, 'the SSH host key of the switch is not verified');
        return session;
      }
      try {
        await hostKeys.add(device, unknown);
      } catch (error) {
        session.destroy();
        throw error;
      }
      log.warn(
        { device, fingerprint: unknown },
        'the SSH host key of the switch was trusted on first use; compare it out of band',
      );
      return session;
    },
  };
}

function acceptedKeys(settings: SwitchSettings, stored: readonly string[]): readonly string[] {
  if (!settings.verifyHostKey) return [];
  return settings.hostKeys.length > 0 ? settings.hostKeys : stored;
}

/** Merges the login of configuration and panel. A configured key or password keeps the panel's password out. */
function sessionOptions(settings: SwitchSettings, panel: PanelLoginParts): Omit<SessionOptions, 'hostKeys'> {
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
    throw new PortwardenError('device-not-configured', `${where} has no ${missing.join(', no ')}`, {
      details: { missing },
    });
  }
  if (settings.host === undefined && panel.vendor !== undefined && !/juni|junos/i.test(panel.vendor)) {
    throw new PortwardenError(
      'device-not-configured',
      `${where} is a ${panel.vendor} in the panel, not a Juniper switch`,
    );
  }
  const passphrase = settings.passphrase?.reveal();
  return {
    host,
    port: settings.port ?? panel.port ?? NETCONF_PORT,
    username,
    algorithms: settings.algorithms,
    timeouts: settings.timeouts,
    pipelining: settings.pipelining,
    compression: settings.compression,
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}
