import type { IpAddress } from '../values/ip';

/**
 * Under which settings the addresses of a port were brought to their bindings, each set of settings by its digest. A
 * changed configuration is compared address by address with these, so that nothing is replaced only because settings came,
 * went, or came back while something waited.
 */
export interface RememberedSettings {
  /** Of every address that is not in {@link addresses}. Absent: nothing is known of those. */
  readonly port?: string;
  readonly addresses: ReadonlyMap<IpAddress, string>;
}

/** Nothing is known. */
export const NO_SETTINGS: RememberedSettings = { addresses: new Map() };

/** The settings that made an address' binding; undefined when they are not known. */
export function settingsOf({ port, addresses }: RememberedSettings, ip: IpAddress): string | undefined {
  return addresses.get(ip) ?? port;
}

/** The settings other than the present ones that are remembered of anything of a port, each once. */
export function formerSettings({ port, addresses }: RememberedSettings, present: string): readonly string[] {
  const all = new Set([...(port === undefined ? [] : [port]), ...addresses.values()]);
  return [...all].filter((digest) => digest !== present);
}

/** Whether anything of the port was brought to its bindings under other settings, or nothing is known. */
export function isNews({ port, addresses }: RememberedSettings, present: string): boolean {
  return port !== present || [...addresses.values()].some((digest) => digest !== present);
}

/** How a pass left the addresses that a port lets through. */
export interface LeftByPass {
  /** Those that are there as the settings of the pass say. */
  readonly settled: ReadonlySet<IpAddress>;
  /** Those that are there otherwise: in doubt, waiting for a person, or not known to be anybody's. */
  readonly open: ReadonlySet<IpAddress>;
  /** Whether everything behind the port was read, and no change of settings waits. */
  readonly isWhole: boolean;
}

/**
 * What is to be remembered after a pass. What is settled has the settings of the pass; what is open keeps its own. Of the
 * rest nothing is there that another configuration could take away.
 */
export function afterPass(before: RememberedSettings, digest: string, left: LeftByPass): RememberedSettings {
  const port = left.isWhole ? digest : before.port;
  const addresses = new Map<IpAddress, string>();
  const note = (ip: IpAddress, of: string | undefined): void => {
    if (of !== undefined && of !== port) addresses.set(ip, of);
  };
  for (const ip of left.open) note(ip, settingsOf(before, ip));
  for (const ip of left.settled) note(ip, digest);
  return { ...(port === undefined ? {} : { port }), addresses };
}

/** What is to be remembered before a commit that adds addresses under settings: they have these, all others their own. */
export function beforeCommit(
  before: RememberedSettings,
  digest: string,
  added: readonly IpAddress[],
): RememberedSettings {
  const addresses = new Map(before.addresses);
  for (const ip of added) {
    if (before.port === digest) addresses.delete(ip);
    else addresses.set(ip, digest);
  }
  return { ...before, addresses };
}

/** Whether both say the same. */
export function sameSettings(a: RememberedSettings, b: RememberedSettings): boolean {
  const isSame = a.port === b.port && a.addresses.size === b.addresses.size;
  return isSame && [...a.addresses].every(([ip, digest]) => b.addresses.get(ip) === digest);
}
