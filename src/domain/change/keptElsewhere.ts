import { warnOfBound, type BoundElsewhere } from './boundElsewhere';
import { describeKeep, type Keep } from './keep';
import type { Exclusion, ExclusionRule } from './outcome';
import type { ServerId } from '../event/event';
import type { DeviceId } from '../values/device';
import type { IpAddress } from '../values/ip';
import type { PortRef } from '../values/port';

/** What is known of addresses that are at two ports: a person keeps them at one, or they were left there, and a source wants them at another one, of whichever device. */
export interface KeptElsewhere {
  /** The device of the ports in question. */
  readonly device: DeviceId;
  /** Keeps in force of addresses that these ports want, wherever they are. */
  readonly keeps: readonly Keep[];
  /** Servers for which addresses that are kept on the device were read back, with where. */
  readonly bound: readonly { readonly ip: IpAddress; readonly serverId: ServerId; readonly at: PortRef }[];
  /** Where addresses that these ports want are left. */
  readonly left: readonly BoundElsewhere[];
}

/** Rules that say something of an address without leaving it out: it is at two ports, and a person has to say which is right. */
export const AT_TWO_PORTS: readonly ExclusionRule[] = ['kept-elsewhere', 'wanted-elsewhere', 'bound-elsewhere'];

/** A port, with what it wants and what people keep there. */
export interface PortWithKeeps {
  readonly isHere: (ref: PortRef) => boolean;
  /** What its sources want. */
  readonly wanted: readonly IpAddress[];
  readonly keeps: readonly Keep[];
}

/**
 * Warns of addresses that are kept at one port, or left there, and wanted at another one: with what to do. Neither is held
 * up for it: a keep is a person's word about its own port, and the panel's about the other.
 */
export function warnOfKeeps({ isHere, wanted: ips, keeps }: PortWithKeeps, known: KeptElsewhere): readonly Exclusion[] {
  const wanted = new Set(ips);
  const elsewhere = known.keeps.flatMap((keep): Exclusion[] => {
    const { ip, text } = keep.statement;
    if (ip === undefined || !wanted.has(ip) || isHere(keep)) return [];
    const where = `${keep.device} ${keep.port}`;
    const message = `${ip} is let through here, and at ${where} too, where ${text} is ${describeKeep(keep)}. If the address moved here, \`portwarden keep remove ${keep.id}\`; if not, take it from its server in the panel`;
    return [{ ip, rule: 'kept-elsewhere', message }];
  });
  const here = keeps.flatMap((keep): Exclusion[] => {
    const { ip, text } = keep.statement;
    if (ip === undefined || wanted.has(ip)) return [];
    const others = known.bound.filter((one) => one.ip === ip && !isHere(one.at));
    const [first] = others;
    if (first === undefined) return [];
    const where = others.map(({ at, serverId }) => `${at.device} ${at.port} for server ${serverId}`).join(' and ');
    const message = `${text} is ${describeKeep(keep)}, and the address is let through at ${where} too. If it moved there, \`portwarden keep remove ${keep.id}\`; if not, take it from the server in the panel`;
    return [{ ip, rule: 'wanted-elsewhere', message, serverId: first.serverId }];
  });
  return [...elsewhere, ...here, ...warnOfBound(isHere, wanted, known.left)];
}
