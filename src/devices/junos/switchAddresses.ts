import type { PanelLoginParts } from '../driver';
import type { SwitchSettings } from './configuration';
import { NETCONF_PORT } from './sessions';

/** Where a switch listens. */
export interface SwitchAddress {
  readonly host: string;
  readonly port: number;
}

const REMEMBERED_MS = 300_000;

/**
 * Where switches listen, remembered for some minutes, also that it could not be told: whoever asks again and again must not ask the panel each
 * time. No part of a login is kept.
 */
export class SwitchAddresses {
  private readonly known = new Map<number, { readonly address: SwitchAddress | undefined; readonly until: number }>();

  /** @param now a monotonic clock in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The configured address over the panel's. @returns undefined when neither says it, or the panel does not answer. */
  async of(
    { switchId, host, port }: Pick<SwitchSettings, 'switchId' | 'host' | 'port'>,
    panel: () => Promise<PanelLoginParts>,
  ): Promise<SwitchAddress | undefined> {
    if (host !== undefined && port !== undefined) return { host, port };
    const known = this.known.get(switchId);
    if (known !== undefined && this.now() < known.until) return known.address;
    const parts = await panel().catch((): PanelLoginParts => ({}));
    const found = host ?? parts.host;
    const address = found === undefined ? undefined : { host: found, port: port ?? parts.port ?? NETCONF_PORT };
    this.known.set(switchId, { address, until: this.now() + REMEMBERED_MS });
    return address;
  }
}
