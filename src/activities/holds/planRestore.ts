import type { DeviceState } from '../../devices/device';
import { textDigest } from '../../domain/change/removals';
import { addressesOf, sameStatement, type Statement } from '../../domain/change/statement';
import { PortwardenError } from '../../domain/errors';
import { restoreConflicts, type AddressKnowledge } from '../../domain/holds/conflicts';
import { phaseOf } from '../../domain/holds/portHold';
import { portRequest, type PortRequest } from '../../domain/servers/portRequest';
import type { IpAddress } from '../../domain/values/ip';
import type { DeviceId } from '../../domain/values/device';
import type { PortName, PortRef } from '../../domain/values/port';
import type { RestoredPort, RestorePlan, RestoreSubject } from '../../protocol/holds';
import type { ActivityDependencies } from '../dependencies';
import { DeviceStates } from '../looks/looks';
import { portsOfDevice } from '../policies/concernedPorts';
import { draftPorts, type PortDraft, type PortGroups, type RestoreSource } from './restorePorts';

/** A plan, and what the holds of its ports would be. */
export interface PlannedRestore {
  readonly plan: RestorePlan;
  readonly drafts: readonly PortDraft[];
}

/** Names of ports that are looked at together, and of a device altogether. */
const NAMES_AT_ONCE = 100;
const MOST_NAMES = 2_000;
const SHOWN_STATEMENTS = 2_000;
const SHOWN_NAMES = 20;
const LATEST = 'latest';

/**
 * Plans a restore: what each automated port of a device, or one of them, would lose and get back, and which cannot be
 * restored. Reads only. Looked at twice, the same state makes the same hash.
 * @throws PortwardenError `not-found` without such a backup, `restore-unsupported` where it does not say what ports had; of
 *   the device and the panel.
 */
export async function planRestore(
  deps: ActivityDependencies,
  asked: RestoreSubject,
  signal: AbortSignal,
): Promise<PlannedRestore> {
  const { device } = asked;
  const source = await sourceOf(deps, asked);
  const subject = { ...asked, backup: source.id };
  const states = new DeviceStates(deps.devices, signal);
  const state = await states.all(device);
  const { groups, notes } = await groupsOf(deps, subject, source, states, signal);
  const drafts: PortDraft[] = [];
  for (const page of pagesOf(groups)) drafts.push(...(await draftPorts(deps, device, source, page, states, signal)));
  const judged = await withoutConflicts(deps, device, state, drafts, signal);
  return { plan: planOf(subject, source, judged, notes), drafts: judged };
}

async function sourceOf(
  { devices, store }: Pick<ActivityDependencies, 'devices' | 'store'>,
  { device, backup }: RestoreSubject,
): Promise<RestoreSource> {
  const [newest] = backup === LATEST ? await store.backups.list(device, 1) : [];
  const id = backup === LATEST ? newest?.id : backup;
  const found = id === undefined ? undefined : await store.backups.bindings(device, id);
  if (found === undefined) throw new PortwardenError('not-found', `${device} has no backup with this id.`);
  if (devices.open(device).readConfiguration === undefined)
    throw new PortwardenError(
      'restore-unsupported',
      `Devices such as ${device} are read port by port: their backups hold single ports, not what every port let through.`,
    );
  if (found.bindings === undefined)
    throw new PortwardenError(
      'restore-unsupported',
      `Backup ${backup} of ${device} does not say what its ports let through: it was made before portwarden kept that, or while somebody changed the device.`,
    );
  return { id: found.id, at: found.at, bindings: found.bindings };
}

/**
 * The ports of the plan with all their names. Automated is a port that a server is at or was seen at, of an uplink, that the
 * panel assigns, or that was changed by a pass; what else has bindings, or had them, is not portwarden's.
 */
async function groupsOf(
  deps: ActivityDependencies,
  { device, port }: RestoreSubject,
  source: RestoreSource,
  states: DeviceStates,
  signal: AbortSignal,
): Promise<{ readonly groups: PortGroups; readonly notes: readonly string[] }> {
  const state = await states.all(device);
  const found = await portsOfDevice(deps, device, signal, states);
  const known = new Map((found.ports.get(device) ?? []).map((request) => [request.port, request]));
  const assigned = await deps.panel.assignedPorts(device, signal);
  for (const name of [...assigned, ...source.bindings.map((one) => one.port)])
    if (!known.has(name)) known.set(name, portRequest(name));
  if (port !== undefined && !known.has(port)) known.set(port, portRequest(port));
  const all = new Map<PortName, PortRequest[]>();
  for (const request of known.values()) {
    const effective = state.effectivePort(request.port);
    all.set(effective, [...(all.get(effective) ?? []), request]);
  }
  const isAssigned = (names: readonly PortName[]): boolean => names.some((name) => assigned.includes(name));
  const groups = new Map<PortName, readonly PortRequest[]>();
  const foreign: PortName[] = [];
  for (const name of [...all.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    if (port !== undefined && name !== state.effectivePort(port)) continue;
    const requests = all.get(name) ?? [];
    const names = requests.map((request) => request.port);
    if (isAssigned(names) || (await isOurs(deps, device, [name, ...names]))) groups.set(name, requests);
    else foreign.push(name);
  }
  if (port !== undefined && groups.size === 0)
    throw new PortwardenError(
      'restore-refused',
      `${device} ${port} is not automated: no server is or was at it, and no pass has changed it.`,
    );
  const count = [...groups.values()].reduce((sum, requests) => sum + requests.length, 0);
  if (count > MOST_NAMES)
    throw new PortwardenError('restore-refused', `${device} has ${count} automated ports; restore them one by one.`);
  return { groups, notes: [...found.notes, ...foreignNote(foreign)] };
}

function foreignNote(foreign: readonly PortName[]): readonly string[] {
  if (foreign.length === 0) return [];
  const more = foreign.length > SHOWN_NAMES ? ` and ${foreign.length - SHOWN_NAMES} more` : '';
  return [`not automated, and left alone: ${foreign.slice(0, SHOWN_NAMES).join(', ')}${more}`];
}

async function isOurs(
  { store, hypervisors, guestPorts }: ActivityDependencies,
  device: DeviceId,
  names: readonly PortName[],
): Promise<boolean> {
  if (guestPorts.guestsOf(device) !== undefined) return true;
  const isUplink = [...hypervisors.values()].some(({ uplinks }) =>
    [...uplinks.values()]
      .flat()
      .some(({ ports }) => ports.some((ref) => ref.device === device && names.includes(ref.port))),
  );
  if (isUplink) return true;
  for (const port of new Set(names)) {
    if ((await store.placements.listByPort(device, port)).length > 0) return true;
    const [changed] = await store.journal.list({ device, port, status: 'applied', limit: 1 });
    if (changed !== undefined) return true;
  }
  return false;
}

function* pagesOf(groups: PortGroups): Generator<PortGroups> {
  let page = new Map<PortName, readonly PortRequest[]>();
  let count = 0;
  for (const [port, requests] of groups) {
    if (count > 0 && count + requests.length > NAMES_AT_ONCE) {
      yield page;
      page = new Map();
      count = 0;
    }
    page.set(port, requests);
    count += requests.length;
  }
  if (count > 0) yield page;
}

/** Refuses what would bring back an address that another port has by now. */
async function withoutConflicts(
  { panel, store }: ActivityDependencies,
  device: DeviceId,
  state: DeviceState,
  drafts: readonly PortDraft[],
  signal: AbortSignal,
): Promise<readonly PortDraft[]> {
  const ips = [...new Set(drafts.flatMap(({ added }) => addressesOf(added)))];
  if (ips.length === 0) return drafts;
  const now = new Date();
  const [{ holders }, seen, holds, keeps] = await Promise.all([
    panel.addressHolders(ips, signal),
    store.placements.listByIps(ips),
    store.holds.ofAddresses(ips),
    store.keeps.ofAddresses(ips, now),
  ]);
  const owners = [...new Set([...holders.values()].flat())].filter(
    (id) => !seen.some(({ serverId }) => serverId === id),
  );
  const further = await Promise.all(owners.map((id) => store.placements.get(id)));
  const byIp = new Map(ips.map((ip) => [ip, holders.get(ip) ?? []]));
  const inPlan = (ref: PortRef): boolean => drafts.some(({ port }) => ref.device === device && ref.port === port);
  const known: Omit<AddressKnowledge, 'bound'> = {
    holders: byIp,
    placements: [...seen, ...further.flatMap((placement) => placement ?? [])],
    holds: holds.filter((hold) => phaseOf(hold, now.getTime()) !== 'released' && !inPlan(hold)),
    keeps,
  };
  const key = (ref: PortRef): string =>
    `${ref.device} ${ref.device === device ? state.effectivePort(ref.port) : ref.port}`;
  const isSame = (a: PortRef, b: PortRef): boolean => key(a) === key(b);
  const judged = (as: readonly PortDraft[]): readonly PortDraft[] => {
    const bound = boundAfter(device, state, as, ips);
    return drafts.map((draft) => {
      const here = { device, port: draft.port };
      const conflicts = restoreConflicts(addressesOf(draft.added), here, { ...known, bound }, isSame);
      return conflicts.length === 0 ? draft : { ...draft, refusals: [...draft.refusals, ...conflicts] };
    });
  };
  // What a refused port does not give up, another one cannot get: each round refuses more, or is the last.
  let found = judged(drafts);
  for (let round = 0; round < drafts.length; round += 1) {
    const next = judged(found);
    if (refusedAmong(next) === refusedAmong(found)) break;
    found = next;
  }
  return found;
}

function refusedAmong(drafts: readonly PortDraft[]): number {
  return drafts.filter(({ refusals }) => refusals.length > 0).length;
}

/** Ports of the device that have some addresses and would still have them when the plan is carried out. */
function boundAfter(
  device: DeviceId,
  state: DeviceState,
  drafts: readonly PortDraft[],
  ips: readonly IpAddress[],
): AddressKnowledge['bound'] {
  return state.boundPorts().flatMap((port) => {
    const draft = drafts.find((one) => one.port === port);
    const goes = (statement: Statement): boolean =>
      draft?.refusals.length === 0 && draft.removed.some((gone) => sameStatement(gone, statement));
    return state
      .statements(port)
      .flatMap((statement) =>
        statement.ip !== undefined && ips.includes(statement.ip) && !goes(statement)
          ? [{ device, port, ip: statement.ip }]
          : [],
      );
  });
}

function planOf(
  subject: RestoreSubject,
  source: RestoreSource,
  drafts: readonly PortDraft[],
  notes: readonly string[],
): RestorePlan {
  let left = SHOWN_STATEMENTS;
  const textsOf = (statements: readonly Statement[]): readonly string[] => {
    const shown = statements.slice(0, Math.max(left, 0)).map(({ text }) => text);
    left -= shown.length;
    return shown.length === statements.length ? shown : [...shown, `… and ${statements.length - shown.length} more`];
  };
  const ports = drafts.map((draft): RestoredPort => ({
    port: draft.port,
    status: statusOf(draft),
    bindings: draft.hold.statements.length,
    added: textsOf(draft.added),
    removed: textsOf(draft.removed),
    refusals: draft.refusals,
    ...(draft.replaces === undefined ? {} : { replaces: draft.replaces }),
  }));
  const count = (status: RestoredPort['status']): number => ports.filter((port) => port.status === status).length;
  const refused = count('refused') === 0 ? '' : `, ${count('refused')} cannot be restored`;
  const summary = `${subject.device} as backup ${source.id} of ${source.at} has it: ${count('change')} port(s) would change, ${count('unchanged')} have it so${refused}`;
  return { ...subject, summary, backupAt: source.at, hash: hashOf(subject, drafts), ports, notes };
}

function statusOf({ added, removed, refusals }: PortDraft): RestoredPort['status'] {
  if (refusals.length > 0) return 'refused';
  return added.length + removed.length > 0 ? 'change' : 'unchanged';
}

function hashOf({ device, backup }: RestoreSubject, drafts: readonly PortDraft[]): string {
  const keys = (sign: string, statements: readonly Statement[]): readonly string[] =>
    statements.map(({ key }) => `${sign}${key}`).sort();
  const lines = drafts.flatMap((draft) => [
    `${draft.port} ${statusOf(draft)}`,
    ...keys('=', draft.hold.statements),
    ...keys('+', draft.added),
    ...keys('-', draft.removed),
  ]);
  return textDigest([`${device} ${backup}`, ...lines].join('\n'));
}
