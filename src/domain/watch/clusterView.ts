/** A guest as the last look at its cluster left it. */
export interface SeenGuest {
  readonly vmid: number;
  readonly node: string;
  readonly type: 'qemu' | 'lxc';
  /** The nodes that it may go to, while it is being moved. */
  readonly goals?: readonly string[];
  /** When it was started, in Unix milliseconds; absent while it is stopped or its node sends no statistics. */
  readonly startedAt?: number;
  /** Digest of what its configuration says of its NICs; absent until it was read. */
  readonly nics?: string;
  /** Whether a change of its NICs waits for its next start. */
  readonly pending?: boolean;
  /** How many looks in a row did not list it. */
  readonly missing?: number;
  /**
   * The devices whose ports its own NICs are and that were asked to look at all of them once. Another list than the configured
   * one: a device was switched on or off for the cluster since. Absent: none.
   */
  readonly askedAt?: readonly string[];
}

/** What one look at a cluster listed of a guest. */
export type ListedGuest = Pick<SeenGuest, 'vmid' | 'node' | 'type' | 'goals' | 'startedAt'>;

/** What became of a guest since the last look. */
export interface GuestChange {
  readonly vmid: number;
  readonly kind: 'new' | 'moved' | 'moving' | 'settled' | 'restarted' | 'edited' | 'vanished';
  /** The nodes whose uplinks are to be looked at, the most urgent first. */
  readonly nodes: readonly string[];
  /** One readable sentence. */
  readonly message: string;
}

/** What follows from one look. */
export interface Comparison {
  /** Every guest as it is to be remembered. */
  readonly view: ReadonlyMap<number, SeenGuest>;
  readonly changes: readonly GuestChange[];
  /** Why what the cluster does not list is not believed to be gone. */
  readonly doubt?: string;
}

/** Uptimes are up to ten seconds old, and each node's by itself: a start counts as a new one from this difference on. */
const RESTART_MS = 30_000;
/** A guest must be missing from so many looks in a row before anything is said of it. */
const MISSING_LOOKS = 2;
/** More guests than this that are missing at once, and this share of all, are an incomplete answer and not an event. */
const MOST_MISSING = 3;
const MOST_MISSING_SHARE = 0.2;

/**
 * Compares a look at a cluster with the one before. What is not listed is doubt and never a deletion: it is remembered, and
 * reported once it was missing twice; an answer that lacks many guests at once says nothing of them.
 * @param before undefined before the first look, which finds no changes: there is nothing to compare with.
 */
export function compareViews(
  before: ReadonlyMap<number, SeenGuest> | undefined,
  listed: readonly ListedGuest[],
): Comparison {
  const now = new Map(listed.map((guest) => [guest.vmid, guest]));
  if (before === undefined) return { view: now, changes: [] };
  const view = new Map<number, SeenGuest>();
  const changes: GuestChange[] = [];
  for (const guest of listed) {
    const known = before.get(guest.vmid);
    const change = known === undefined ? appeared(guest) : changeOf(known, guest);
    if (change !== undefined) changes.push(change);
    view.set(guest.vmid, remembered(known, guest));
  }
  const lost = [...before.values()].filter(({ vmid }) => !now.has(vmid));
  const freshlyLost = lost.filter(({ missing = 0 }) => missing === 0).length;
  const isPartial =
    (now.size === 0 && before.size > 0) ||
    (freshlyLost > MOST_MISSING && freshlyLost > before.size * MOST_MISSING_SHARE);
  for (const guest of lost) {
    const missing = (guest.missing ?? 0) + (isPartial ? 0 : 1);
    if (missing >= MISSING_LOOKS) changes.push(vanished(guest));
    else view.set(guest.vmid, missing === 0 ? guest : { ...guest, missing });
  }
  if (!isPartial) return { view, changes };
  const doubt = `${lost.length} of ${before.size} guests are not listed any more; that is taken for an incomplete answer, and nothing follows from it`;
  return { view, changes, doubt };
}

/** What a reading of a guest's configuration says, and whether it differs from the one before. */
export function noteConfiguration(
  guest: SeenGuest,
  { nics, pending }: { readonly nics: string; readonly pending: boolean },
): { readonly guest: SeenGuest; readonly change?: GuestChange } {
  const after = { ...guest, nics, pending };
  if (guest.nics === undefined || guest.nics === nics) return { guest: after };
  const message = `the NICs of guest ${guest.vmid} were edited${pending ? '; part of it waits for its next start' : ''}`;
  return { guest: after, change: { vmid: guest.vmid, kind: 'edited', nodes: [guest.node], message } };
}

/**
 * The guests whose configurations are read at this look: those that were never read or restarted with something pending
 * first, then in turn.
 * @param after the guest that was read last.
 */
export function nextToRead(view: ReadonlyMap<number, SeenGuest>, after: number, most: number): readonly SeenGuest[] {
  const present = [...view.values()].filter(({ missing = 0 }) => missing === 0).sort((a, b) => a.vmid - b.vmid);
  const unread = present.filter(({ nics, pending }) => nics === undefined || pending === undefined);
  const turn = [...present.filter(({ vmid }) => vmid > after), ...present.filter(({ vmid }) => vmid <= after)];
  // Some may never be readable: they must not keep the others from their turn.
  return [...new Set([...unread.slice(0, Math.ceil(most / 2)), ...turn])].slice(0, most);
}

/**
 * Guests whose own ports are to be asked for, because a device for them was configured since they were asked for last, lowest
 * numbers first; and how each guest is to be remembered when none are asked for any more.
 * @param devices those that have the cluster's guests as ports now.
 */
export function nextToAsk(
  view: ReadonlyMap<number, SeenGuest>,
  devices: readonly string[],
): { readonly ask: readonly SeenGuest[]; readonly forget: readonly SeenGuest[] } {
  const present = [...view.values()].filter(({ missing = 0 }) => missing === 0).sort((a, b) => a.vmid - b.vmid);
  const lacks = ({ askedAt = [] }: SeenGuest): boolean => devices.some((device) => !askedAt.includes(device));
  const hasMore = ({ askedAt = [] }: SeenGuest): boolean => askedAt.some((device) => !devices.includes(device));
  return {
    ask: present.filter(lacks),
    forget: present.filter((guest) => !lacks(guest) && hasMore(guest)).map((guest) => afterAsking(guest, devices)),
  };
}

/** The guest once its own ports were asked for at these devices. */
export function afterAsking(guest: SeenGuest, devices: readonly string[]): SeenGuest {
  if (devices.length > 0) return { ...guest, askedAt: [...devices].sort() };
  const forgotten: { -readonly [Key in keyof SeenGuest]: SeenGuest[Key] } = { ...guest };
  delete forgotten.askedAt;
  return forgotten;
}

function appeared({ vmid, node, goals = [] }: ListedGuest): GuestChange {
  return { vmid, kind: 'new', nodes: [...goals, node], message: `guest ${vmid} is new on ${node}` };
}

function changeOf(before: SeenGuest, now: ListedGuest): GuestChange | undefined {
  const { vmid, node, goals } = now;
  if (node !== before.node)
    return {
      vmid,
      kind: 'moved',
      nodes: distinct([node, ...(goals ?? []), before.node, ...(before.goals ?? [])]),
      message: `guest ${vmid} went from ${before.node} to ${node}`,
    };
  if (goals !== undefined) {
    const added = goals.filter((goal) => before.goals?.includes(goal) !== true);
    const dropped = (before.goals ?? []).filter((goal) => !goals.includes(goal));
    if (added.length + dropped.length === 0) return undefined;
    return {
      vmid,
      kind: 'moving',
      nodes: [...added, ...dropped],
      message: `guest ${vmid} is being moved from ${node} to ${goals.join(' or ')}`,
    };
  }
  if (before.goals !== undefined)
    return {
      vmid,
      kind: 'settled',
      nodes: distinct([node, ...before.goals]),
      message: `the migration of guest ${vmid} is over; it is on ${node}`,
    };
  if (isRestart(before, now) && before.pending !== false)
    return { vmid, kind: 'restarted', nodes: [node], message: `guest ${vmid} was restarted on ${node}` };
  return undefined;
}

function isRestart(before: SeenGuest, now: ListedGuest): boolean {
  return now.startedAt !== undefined && before.startedAt !== undefined && now.startedAt - before.startedAt > RESTART_MS;
}

function vanished({ vmid, node }: SeenGuest): GuestChange {
  return {
    vmid,
    kind: 'vanished',
    nodes: [node],
    message: `guest ${vmid} is not listed any more; it was on ${node}, and what is bound for it stays`,
  };
}

/** The guest as it is now; a start is told by small differences only while it was not a new one. */
function remembered(known: SeenGuest | undefined, now: ListedGuest): SeenGuest {
  if (known === undefined) return now;
  const { nics, pending, askedAt } = known;
  const isSameStart = known.startedAt !== undefined && now.startedAt !== undefined && !isRestart(known, now);
  const startedAt = isSameStart ? known.startedAt : (now.startedAt ?? known.startedAt);
  // What was pending took effect, maybe: it is read again before anything is said of it.
  const isOpen = isRestart(known, now) && pending === true;
  return {
    ...now,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(nics === undefined ? {} : { nics }),
    ...(askedAt === undefined ? {} : { askedAt }),
    ...(pending === undefined || isOpen ? {} : { pending }),
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
