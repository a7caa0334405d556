import type { FirewallClient, GuestOnNode, Refused } from '../../clients/proxmox/firewall';
import type { GuestFirewallOptions } from '../../clients/proxmox/schema';
import type { PortPlan } from '../../domain/change/plan';
import { abortReason } from '../abort';
import type { RefusedPort } from '../device';
import type { SetEntry } from './entries';
import { filterSet } from './naming';
import type { NicFilter } from './nicFilter';
import { OPTIONS, optionOf, whyNot, withFirewall, type NicOption } from './nicOptions';
import { nicsOf } from './reading';
import { conflictOf, refusalOf } from './refusals';

/** A configuration that others write to is tried so often. */
const MOST_TRIES = 5;

/**
 * Switches on what the configuration says of one NIC, after its filter is written: never off, and nothing else. Each request
 * names the digest of what was read right before; `netN` is written whole, as it is but for `firewall=1`, and not while
 * the guest is locked or a change of it waits.
 */
export class OptionWriter {
  private touched = false;
  private readonly guest: GuestOnNode;
  private readonly options: readonly NicOption[];

  constructor(
    private readonly client: FirewallClient,
    private readonly found: NicFilter,
    { add }: Pick<PortPlan, 'add'>,
    private readonly signal: AbortSignal,
  ) {
    this.guest = found.filters.guest;
    this.options = OPTIONS.filter((option) => add.some((one) => optionOf(one) === option));
  }

  /** Whether something was, or may have been, switched on. */
  get hasTouched(): boolean {
    return this.touched;
  }

  /** Rejects when a request got no answer: then {@link settle} says what became of it. @returns why it is not as planned. */
  async write(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    for (const option of this.options) {
      const refused = option === 'firewall' ? await this.behindFirewall() : await this.switchOn(option);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** Reads what became of a request without an answer. @returns whether all is on. */
  async settle(): Promise<boolean> {
    const on = await Promise.all(this.options.map((option) => this.isOn(option)));
    if (on.every((one) => !one)) this.touched = false;
    return on.every((one) => one);
  }

  private async isOn(option: NicOption): Promise<boolean> {
    const { client, guest, signal, found } = this;
    if (option !== 'firewall') return isSet(await client.options(guest, signal), option);
    const config = await client.config(guest, signal);
    return config !== undefined && nicsOf(guest, config).get(found.nic)?.hasFirewall === true;
  }

  /** An option of the guest's firewall, unless it is on by now. */
  private switchOn(option: 'macfilter' | 'ipfilter'): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, signal } = this;
    return this.again(async () => {
      const options = await client.options(guest, signal);
      if (isSet(options, option)) return undefined;
      const why = option === 'ipfilter' ? await this.whyNotFiltered(options) : undefined;
      if (why !== undefined) return conflictOf(why);
      this.touched = true;
      return client.setOption(guest, { option, digest: options.digest ?? '' }, signal);
    });
  }

  /** Whether some NIC would be cut off, asked anew: it may have come since the guest was read. */
  private async whyNotFiltered(options: GuestFirewallOptions): Promise<string | undefined> {
    const { client, guest, signal, found } = this;
    const config = await client.config(guest, signal);
    if (config === undefined) return `the guest is not on ${guest.node} any more`;
    const nics = nicsOf(guest, config);
    const sets = new Map<number, readonly SetEntry[]>();
    for (const nic of nics.keys()) sets.set(nic, (await client.entries(guest, filterSet(nic), signal)) ?? []);
    return whyNot('ipfilter', { ...found, filters: { ...found.filters, sets, settings: { nics, options } } });
  }

  private behindFirewall(): Promise<Omit<RefusedPort, 'port'> | undefined> {
    const { client, guest, signal, found } = this;
    const key = `net${found.nic}`;
    return this.again(async () => {
      const options = await client.options(guest, signal);
      const running = await client.config(guest, signal);
      const next = await client.nextConfig(guest, signal);
      if (running === undefined || next === undefined) return gone(guest);
      const [text, { lock, digest }] = [next[key], next];
      const own = nicsOf(guest, running, next).get(found.nic);
      if (own?.hasFirewall === true) return undefined;
      if (lock !== undefined) return { message: `the guest is locked (${lock})`, code: 'device-busy' };
      const nics = new Map(own === undefined ? [] : [[found.nic, own]]);
      const now = { ...found, filters: { ...found.filters, settings: { nics, options } } };
      const why = whyNot('firewall', now);
      if (why !== undefined || typeof text !== 'string') return conflictOf(`${key}: ${why ?? 'it is gone'}`);
      this.touched = true;
      return client.setNic(guest, { nic: found.nic, text: withFirewall(guest.type, text), digest }, signal);
    });
  }

  /** Does something until nobody else wrote in between. */
  private async again(
    step: () => Promise<Refused | Omit<RefusedPort, 'port'> | undefined>,
  ): Promise<Omit<RefusedPort, 'port'> | undefined> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      if (this.signal.aborted) throw abortReason(this.signal);
      const refused = await step();
      if (refused === undefined || !('kind' in refused)) return refused;
      if (refused.kind !== 'changed') return refusalOf(refused);
    }
    return conflictOf("others write to the guest's settings again and again");
  }
}

function isSet(
  options: Pick<GuestFirewallOptions, 'macfilter' | 'ipfilter'>,
  option: 'macfilter' | 'ipfilter',
): boolean {
  return option === 'macfilter' ? options.macfilter !== false : options.ipfilter === true;
}

function gone({ node }: GuestOnNode): Omit<RefusedPort, 'port'> {
  return { message: `the guest is not on ${node} any more`, code: 'device-conflict' };
}
