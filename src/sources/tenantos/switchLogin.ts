import { inspect } from 'node:util';

import { PortwardenError } from '../../domain/errors';
import type { NetworkDeviceAnswer } from '../../clients/tenantos/schemas';

/** Which parts of a switch's login come from portwarden's own configuration, so that the panel need not have them. */
export interface ConfiguredLogin {
  readonly host: boolean;
  readonly user: boolean;
  /** A password or a private key. */
  readonly secret: boolean;
}

/** Nothing is configured: everything comes from the panel. */
export const NOTHING_CONFIGURED: ConfiguredLogin = { host: false, user: false, secret: false };

/**
 * How to log in to a switch, as the panel says. The password is readable but neither enumerable, nor part of
 * JSON, nor shown when the object is logged.
 */
export class PanelLogin {
  readonly name: string;
  readonly host?: string;
  /** `managementPort`: the port of the panel's own CLI sessions, usually 22. */
  readonly port?: number;
  readonly username?: string;
  /** `managementVendor`, such as `juniperSsh`. */
  readonly vendor?: string;
  readonly #password: string | undefined;

  constructor(answer: NetworkDeviceAnswer) {
    this.name = answer.name ?? `switch ${answer.id}`;
    if (answer.host !== undefined) this.host = answer.host;
    if (answer.managementPort !== undefined && answer.managementPort > 0) this.port = answer.managementPort;
    if (answer.managementUser !== undefined) this.username = answer.managementUser;
    if (answer.managementVendor !== undefined) this.vendor = answer.managementVendor;
    this.#password = answer.managementPassword;
  }

  /** The management password in clear; absent only when the configuration provides a secret. */
  get password(): string | undefined {
    return this.#password;
  }

  toJSON(): object {
    return Object.fromEntries(Object.entries(this));
  }

  [inspect.custom](): object {
    return this.toJSON();
  }
}

/**
 * Reads the login of a switch.
 * @throws PortwardenError `device-not-configured` naming what neither the panel nor the configuration has.
 */
export function panelLogin(answer: NetworkDeviceAnswer, configured: ConfiguredLogin): PanelLogin {
  const missing = [
    ...(answer.host === undefined && !configured.host ? ['host'] : []),
    ...(answer.managementUser === undefined && !configured.user ? ['management user'] : []),
    ...(answer.managementPassword === undefined && !configured.secret ? ['management password'] : []),
  ];
  if (missing.length > 0) {
    throw new PortwardenError(
      'device-not-configured',
      `Switch ${answer.id} has no ${missing.join(', no ')} in the panel`,
      {
        details: { switchId: answer.id, missing },
      },
    );
  }
  return new PanelLogin(answer);
}
