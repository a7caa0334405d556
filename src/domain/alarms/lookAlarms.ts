import type { ErrorCode } from '../errors';
import type { DeviceId } from '../values/device';
import { alarmKey, type FoundAlarm, type OpenSubject } from './alarm';
import type { AlarmFacts, CoordinatorFacts } from './facts';
import { isTokenOver } from './sourceStateAlarms';
import { isOneOf, isoOf, read, statesOf, waitsOf } from './readings';

/** Who refuses, by the code that says so; `device`: the device of the look. */
const REFUSALS: readonly (readonly ['panel' | 'hypervisors' | 'device', readonly ErrorCode[]])[] = [
  ['panel', ['panel-unauthorized', 'panel-forbidden']],
  ['hypervisors', ['proxmox-unauthorized', 'proxmox-forbidden']],
  ['device', ['device-authentication', 'device-host-key', 'device-permission']],
];

/** The last look at a port, ended or still tried. */
interface Look {
  readonly device: DeviceId;
  readonly isFailed: boolean;
  readonly code?: string;
  readonly text: string;
  readonly at: string;
}

/**
 * Alarms that the last looks at ports tell of. A coordinator without work ends and its looks are forgotten with it, so
 * nothing said means nothing known: what the last look raised stays until another one says otherwise.
 */
export function judgeLooks(facts: AlarmFacts): {
  readonly found: readonly FoundAlarm[];
  readonly isUnknown: (open: OpenSubject) => boolean;
} {
  const states = statesOf(facts);
  const drifted = read(facts.drift);
  const mended = drifted.filter(({ clearedAt }) => clearedAt !== undefined);
  const drift = drifted
    .filter(({ clearedAt }) => clearedAt === undefined)
    .map(({ device, port, firstSeen, summary }) => ({
      id: 'out-of-sync' as const,
      device,
      port,
      since: firstSeen,
      text: summary,
    }));
  const inDrift = new Set(drift.map(alarmKey));
  const failed = states.flatMap(({ device, lastOutcomes }) =>
    lastOutcomes
      .filter(({ status }) => status === 'failed')
      .map(({ port, summary, at }) => ({ id: 'out-of-sync' as const, device, port, since: at, text: summary })),
  );
  const refused = states.flatMap(refusals);
  const watched = read(facts.watches).flatMap(({ cluster, error }) =>
    error !== undefined && isOneOf(error.code, codesOf('hypervisors'))
      ? [{ id: 'token-rejected' as const, name: cluster, since: error.since, text: `${error.code}: ${error.message}` }]
      : [],
  );
  const known = new Set('value' in facts.devices ? facts.devices.value : []);
  return {
    found: [...failed.filter((alarm) => !inDrift.has(alarmKey(alarm))), ...drift, ...refused, ...watched],
    isUnknown: (open) => {
      const { id, device, port, name, since } = open;
      if (id === 'token-rejected' && isTokenOver(facts, open)) return false;
      if (id === 'token-rejected' && device === undefined)
        return !read(facts.watches).some(({ cluster }) => cluster === name) && !states.some(hasSucceeded);
      if ((id !== 'out-of-sync' && id !== 'token-rejected') || device === undefined) return false;
      const isMended = mended.some(
        (one) => one.device === device && one.port === port && isSince(one.clearedAt, since),
      );
      if (id === 'out-of-sync' && isMended) return false;
      const state = states.find((one) => one.device === device);
      if (state === undefined) return known.has(device);
      if (id === 'token-rejected') return !hasSucceeded(state);
      return !state.lastOutcomes.some((outcome) => outcome.port === port);
    },
  };
}

/** Whether drift was cleared after an alarm began: a look or a pass found the port as it should be. */
function isSince(clearedAt: string | undefined, since: string | undefined): boolean {
  return clearedAt !== undefined && since !== undefined && Date.parse(clearedAt) >= Date.parse(since);
}

/** Whether a look came through since whatever failed before it. */
function hasSucceeded({ lastOutcomes }: CoordinatorFacts): boolean {
  return lastOutcomes.some(
    ({ status }) => status === 'applied' || status === 'unchanged' || status === 'held' || status === 'parked',
  );
}

/** Who refused in the newest look that says anything of them. */
function refusals(state: CoordinatorFacts): FoundAlarm[] {
  const { device, lastOutcomes } = state;
  const looks: Look[] = [
    ...lastOutcomes.map(({ status, code, summary, at }) => ({
      device,
      isFailed: status === 'failed',
      text: code === undefined ? summary : `${code}: ${summary}`,
      at,
      ...(code === undefined ? {} : { code }),
    })),
    ...waitsOf(state).map(({ code, text, since }) => ({
      device,
      isFailed: true,
      code,
      text,
      at: since ?? '',
    })),
  ];
  const success = looks.filter(({ isFailed }) => !isFailed).reduce((newest, { at }) => (at > newest ? at : newest), '');
  return REFUSALS.flatMap(([who, codes]) => {
    const [refusal] = looks.filter(({ code, isFailed, at }) => isFailed && isOneOf(code, codes) && at >= success);
    if (refusal === undefined) return [];
    const since = refusal.at === '' ? isoOf(0) : refusal.at;
    const subject = who === 'device' ? { device } : { name: who };
    return [{ id: 'token-rejected' as const, ...subject, since, text: refusal.text }];
  });
}

function codesOf(who: (typeof REFUSALS)[number][0]): readonly ErrorCode[] {
  return REFUSALS.find(([one]) => one === who)?.[1] ?? [];
}
