import type { DeviceCommit, Origin } from '../../domain/change/origin';
import type { Statement } from '../../domain/change/statement';
import type { PortName } from '../../domain/values/port';
import type { OriginOf, StatementsOfPort } from '../device';
import type { CommitEntry, Operations } from './operations';
import type { HistorySettings, JunosSettings } from './settings';
import { parseSwitchState, readSwitchState, statementsOnSwitch } from './switchState';

interface Sought {
  readonly port: PortName;
  readonly statement: Statement;
  /** It is not there now: who took it is searched. */
  readonly isGone?: true;
}

/**
 * Searches the configurations that a switch keeps of its last commits for those that brought statements which are there now:
 * one that is there now and was not before a commit came by that commit, one that was there before it and is not now was taken
 * by it. From the newest back, one configuration at a time,
 * until everything is found or the limits are reached. Takes no lock and touches nothing.
 * @returns undefined when the server keeps no history.
 */
export async function searchOrigins(
  operations: Operations,
  wanted: readonly StatementsOfPort[],
  settings: JunosSettings,
): Promise<OriginOf | undefined> {
  if (operations.readEarlier === undefined) return undefined;
  const deadline = Date.now() + settings.history.timeoutMs;
  const found = new Map<string, Origin>();
  const nothing = (sought: readonly Sought[], why: string): void => {
    for (const one of sought) found.set(keyOf(one), { found: 'nothing', why });
  };
  const all = wanted.flatMap(({ port, statements, gone = [] }) => [
    ...statements.map((statement): Sought => ({ port, statement })),
    ...gone.map((statement): Sought => ({ port, statement, isGone: true })),
  ]);
  const originOf: OriginOf = (port, statement) => found.get(keyOf({ port, statement }));
  const before = await operations.history();
  if (before === undefined || before.entries.length === 0) {
    nothing(all, 'the login may not see the commit log of the switch');
    return originOf;
  }
  const { entries } = before;
  const { dialect } = await readSwitchState(operations, settings, false);
  const presentIn = async (number: number): Promise<((one: Sought) => boolean) | undefined> => {
    const configuration = await operations.readEarlier?.(number);
    if (configuration === undefined) return undefined;
    const state = parseSwitchState(configuration, dialect, settings);
    const present = new Set(
      wanted.flatMap(({ port }) => statementsOnSwitch(state, port).map((statement) => keyOf({ port, statement }))),
    );
    return (one) => present.has(keyOf(one));
  };
  const isNow = await presentIn(0);
  if (isNow === undefined) {
    nothing(all, 'the switch does not give out its earlier configurations');
    return originOf;
  }
  nothing(
    all.filter((one) => one.isGone !== true && !isNow(one)),
    'it stands in a configuration group, or is gone by now; the history tells of neither',
  );
  nothing(
    all.filter((one) => one.isGone === true && isNow(one)),
    'it is there again by now',
  );
  /** Whether a configuration has, or lacks, what the present one has or lacks. */
  const asNow = (has: (one: Sought) => boolean) => (one: Sought) => has(one) !== (one.isGone === true);
  let open = all.filter(asNow(isNow));
  let looked = 1;
  for (const [index, entry] of entries.slice(0, limitOf(settings.history, entries)).entries()) {
    if (open.length === 0 || Date.now() >= deadline) break;
    const wasThere = await presentIn(index + 1);
    if (wasThere === undefined) break;
    const wasSo = asNow(wasThere);
    for (const one of open.filter((sought) => !wasSo(sought)))
      found.set(keyOf(one), { found: 'commit', commit: commitOf(entry) });
    open = open.filter(wasSo);
    looked = index + 2;
  }
  const oldest = entries[looked - 1];
  if (oldest !== undefined)
    for (const one of open) found.set(keyOf(one), { found: 'older', than: commitOf(oldest), looked });
  // The numbers of configurations count from the newest commit: with another one meanwhile they name other commits.
  if (!isSame(entries[0], (await operations.history())?.entries[0])) {
    found.clear();
    nothing(all, 'the switch was committed to while its history was searched; ask again');
  }
  return originOf;
}

/** The oldest commit in the log brought nothing that can be told: what was before it is not kept. */
function limitOf({ maxCommits }: HistorySettings, entries: readonly CommitEntry[]): number {
  return Math.min(maxCommits, entries.length) - 1;
}

function keyOf({ port, statement }: Sought): string {
  return `${port} ${statement.key}`;
}

function commitOf({ committedAt, user, method, log }: CommitEntry): DeviceCommit {
  return {
    ...(committedAt === undefined ? {} : { at: new Date(committedAt).toISOString() }),
    user,
    ...(method === undefined ? {} : { method }),
    ...(log === '' ? {} : { log }),
  };
}

function isSame(a: CommitEntry | undefined, b: CommitEntry | undefined): boolean {
  return a?.committedAt === b?.committedAt && a?.user === b?.user && a?.log === b?.log;
}
