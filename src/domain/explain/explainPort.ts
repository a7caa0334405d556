import type { Exclusion, ExclusionRule } from '../change/outcome';
import type { JustifiedRemovals, ParkedRemovals } from '../change/removals';
import { describeKeep } from '../change/keep';
import type { SettledKeep } from '../change/settleKeeps';
import { sameStatement, type Statement } from '../change/statement';
import type { Binding } from '../desired/binding';
import { describeOwn, ownAddress } from '../desired/nodeAddresses';
import type { PortSources } from '../desired/sources';
import { compareIps, covers, type IpAddress } from '../values/ip';
import { inVlan } from '../values/vlan';
import type { PortRef } from '../values/port';
import type { AddressExplanation } from './explanation';
import { describeSources, isVirtual, ownersOf } from './sources';

/** What a pass over one port would work with, without its effects. */
export interface ExplainedPort {
  readonly port: PortRef;
  readonly sources: PortSources;
  /** The bindings that the rules make of the sources. */
  readonly desired: readonly Binding[];
  /** Desired addresses that get a new virtual MAC with the next pass; they are not in `desired`. */
  readonly newVirtualMacs: readonly IpAddress[];
  /** Addresses left out, by the rules and by the device. */
  readonly excluded: readonly Exclusion[];
  readonly removals: JustifiedRemovals;
  /** What the device lets through now. */
  readonly actual: readonly Statement[];
  /** What the next pass would add and remove, and what would wait for a person. */
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  /** Those of them whose virtual MAC a person revoked. Absent: none. */
  readonly revoked?: readonly Statement[];
  readonly parked?: ParkedRemovals;
  /** The hold that is on the port, while it holds: what it has there, and whose word it is. Absent: none. */
  readonly hold?: { readonly statements: readonly Statement[]; readonly says: string };
  /** What people keep there. */
  readonly keeps: readonly SettledKeep[];
  /** What policies want there besides, and what they say, in words. Absent: nothing. */
  readonly policy?: { readonly wants: readonly Statement[]; readonly says: readonly string[] };
}

/** Why each address of a port is let through or not: everything that is desired, present or left out, by address. */
export function explainPort(explained: ExplainedPort): readonly AddressExplanation[] {
  const { desired, excluded, actual, added } = explained;
  const ips = new Set([
    ...desired.map(({ ip }) => ip),
    ...excluded.map(({ ip }) => ip),
    ...[...actual, ...added].flatMap(({ ip }) => ip ?? []),
  ]);
  return [
    ...[...ips].sort(compareIps).map((ip) => explainAddress(explained, ip)),
    ...actual.filter(({ ip }) => ip === undefined).map((statement) => explainStatement(explained, statement)),
  ];
}

function explainAddress(explained: ExplainedPort, ip: IpAddress): AddressExplanation {
  const { port, sources, actual, desired } = explained;
  const present = actual.filter((statement) => statement.ip === ip);
  const wanted = desired.find((binding) => binding.ip === ip);
  return {
    port,
    ip,
    present,
    servers: ownersOf(sources, ip).map(({ server: { serverId, name } }) => ({ serverId, name })),
    sources: describeSources(sources, ip),
    ...(wanted === undefined ? {} : { desired: wanted }),
    ...judge(explained, ip, present),
  };
}

/** Rules that say something of an address that is bound. */
const SAID_OF_BOUND: readonly ExclusionRule[] = ['nic-pending', 'kept-elsewhere', 'bound-elsewhere'];

/** A statement without an address: no event and no absence can justify its removal, so it stays until a person decides. */
function explainStatement(explained: ExplainedPort, statement: Statement): AddressExplanation {
  const { port, removed, parked } = explained;
  const keep = keepOf(explained, (one) => sameStatement(one, statement));
  if (keep !== undefined) return { port, present: [statement], servers: [], sources: [], state: 'kept', because: keep };
  const goes = removed.some((gone) => sameStatement(gone, statement));
  const said = saidOf(explained);
  const isWanted = explained.policy?.wants.some((one) => sameStatement(one, statement)) === true;
  const held = heldOf(explained, (one) => sameStatement(one, statement));
  if (held !== undefined)
    return { port, present: [statement], servers: [], sources: [], state: 'kept', because: held, rule: 'held' };
  if (isWanted && said !== undefined)
    return { port, present: [statement], servers: [], sources: [], state: 'bound', because: said };
  return {
    port,
    present: [statement],
    servers: [],
    sources: [],
    ...(goes
      ? { state: 'to-be-removed', because: said ?? explained.hold?.says ?? 'A person approved its removal' }
      : {
          state: 'parked',
          because: parked?.reason ?? 'It names no address, and stays until a person decides',
        }),
  };
}

type Verdict = Pick<AddressExplanation, 'state' | 'because' | 'rule'>;

function judge(explained: ExplainedPort, ip: IpAddress, present: readonly Statement[]): Verdict {
  const { added, removed, parked, excluded, desired } = explained;
  const about = (statements: readonly Statement[]): boolean => statements.some((statement) => statement.ip === ip);
  const exclusion = excluded.find((one) => one.ip === ip);
  const keep = keepOf(explained, (statement) => statement.ip === ip);
  const isAdded = about(added);
  const isRemoved = about(removed);
  const held = judgeHeld(explained, ip, { isAdded, isRemoved, isThere: present.length > 0 });
  if (held !== undefined) return held;
  if (isAdded && isRemoved)
    return { state: 'to-be-replaced', because: `${describeDesired(explained, ip)}; what is there says otherwise` };
  const said = saidOf(explained);
  const isDesired = desired.some((binding) => binding.ip === ip);
  const isWanted = said !== undefined && explained.policy !== undefined && about(explained.policy.wants);
  if (isWanted && !isDesired) return { state: isAdded ? 'to-be-bound' : 'bound', because: said };
  if (isAdded)
    return {
      state: 'to-be-bound',
      because:
        keep === undefined ? describeDesired(explained, ip) : `${keep}; it is missing, and the next pass puts it back`,
    };
  if (isRemoved) return { state: 'to-be-removed', because: describeRemoval(explained, ip) };
  if (parked !== undefined && about(parked.remove))
    return exclusion === undefined
      ? { state: 'parked', because: parked.reason }
      : { state: 'parked', because: `${exclusion.message}. ${parked.reason}`, rule: exclusion.rule };
  if (exclusion !== undefined && SAID_OF_BOUND.includes(exclusion.rule) && isDesired)
    return { state: 'bound', because: exclusion.message, rule: exclusion.rule };
  if (exclusion !== undefined)
    return {
      state: present.length === 0 ? 'left-out' : 'kept',
      because: exclusion.message,
      rule: exclusion.rule,
    };
  if (desired.some((binding) => binding.ip === ip) && keep !== undefined)
    return { state: 'bound', because: `${describeDesired(explained, ip)}. ${keep}` };
  if (keep !== undefined) return { state: 'kept', because: keep };
  if (isDesired) return { state: 'bound', because: describeDesired(explained, ip) };
  return { state: 'kept', because: `Its source was not read for certain, so what is bound for ${ip} stays` };
}

/** What a hold says of an address, where it says anything: it stands before what the sources want. */
function judgeHeld(
  explained: ExplainedPort,
  ip: IpAddress,
  { isAdded, isRemoved, isThere }: Readonly<Record<'isAdded' | 'isRemoved' | 'isThere', boolean>>,
): Verdict | undefined {
  const { hold, desired, excluded } = explained;
  if (hold === undefined) return undefined;
  if (isAdded && isRemoved) return { state: 'to-be-replaced', because: hold.says, rule: 'held' };
  if (isAdded) return { state: 'to-be-bound', because: hold.says, rule: 'held' };
  if (isRemoved) return { state: 'to-be-removed', because: hold.says, rule: 'held' };
  const says = heldOf(explained, (statement) => statement.ip === ip);
  const otherwise = excluded.find((one) => one.ip === ip && one.rule === 'held');
  if (says === undefined || !isThere || otherwise !== undefined) return undefined;
  return desired.some((binding) => binding.ip === ip)
    ? { state: 'bound', because: `${describeDesired(explained, ip)}. ${says}` }
    : { state: 'kept', because: says, rule: 'held' };
}

/** The hold that has such a statement, as a sentence. */
function heldOf({ hold }: ExplainedPort, isAbout: (statement: Statement) => boolean): string | undefined {
  return hold?.statements.some(isAbout) === true ? hold.says : undefined;
}

/** The person's word that keeps such a statement, as a sentence. */
function keepOf({ keeps }: ExplainedPort, isAbout: (statement: Statement) => boolean): string | undefined {
  const found = keeps.find(({ statements }) => statements.some(isAbout));
  if (found === undefined) return undefined;
  const words = describeKeep(found.keep);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function describeDesired({ sources, desired, newVirtualMacs }: ExplainedPort, ip: IpAddress): string {
  const own = ownAddress(sources, ip);
  if (own !== undefined && desired.some((one) => one.ip === ip)) {
    const node = desired.find((one) => one.ip === ip);
    return `${ip} is ${describeOwn(own.source, own.address)}, from ${node?.mac ?? '?'} in VLAN ${node?.vlan ?? '?'}`;
  }
  const owners = ownersOf(sources, ip).map(({ server: { name, serverId } }) => `${name} (server ${serverId})`);
  const binding = desired.find((one) => one.ip === ip);
  const kind = binding !== undefined && isVirtual(sources, binding) ? 'its virtual MAC ' : '';
  const how = binding === undefined ? '' : `, from ${kind}${binding.mac}${inVlan(binding.vlan)}`;
  if (newVirtualMacs.includes(ip))
    return `The panel assigns ${ip} to ${owners.join(' and ')}, and the policy of the switch (additionalAddresses: virtual-mac) gives it a new virtual MAC`;
  return `The panel assigns ${ip} to ${owners.join(' and ')}${how}`;
}

/** What policies say of the port, as one sentence. */
function saidOf({ policy }: ExplainedPort): string | undefined {
  return policy === undefined || policy.says.length === 0 ? undefined : `By a policy: ${policy.says.join('; ')}`;
}

function describeRemoval(explained: ExplainedPort, ip: IpAddress): string {
  const { named, absent, namedRanges = [], absentRanges = [] } = explained.removals;
  const revoked = explained.revoked?.find((statement) => statement.ip === ip);
  if (revoked !== undefined) return `The virtual MAC ${revoked.mac ?? ''} of ${ip} was revoked`;
  if (covers([...named, ...namedRanges], ip)) return `An event or a proven move says that ${ip} goes`;
  if (absent.includes(ip)) return `The entry of its server no longer has ${ip}, and nobody else's has it`;
  const range = absentRanges.find((one) => covers([one], ip));
  if (range !== undefined) return `${ip} is inside ${range}, a subnet that the panel no longer assigns to anybody`;
  if (explained.policy !== undefined)
    return saidOf(explained) ?? `The policy that let ${ip} through, or took something away for it, has ended`;
  return `A person approved the removal of ${ip}`;
}
