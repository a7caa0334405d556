import type { ErrorCode } from '../errors';
import type { DeviceId } from '../values/device';
import type { AlarmSubject, FoundAlarm } from './alarm';
import type { AlarmFacts, AlarmLimits, CoordinatorFacts } from './facts';
import { isOneOf, isoOf, read, statesOf, waitsOf } from './readings';
import type { AlarmId } from './registry';

/** Alarms of a device that its waiting ports tell of, by the codes that they wait for. */
const BY_CODE: readonly (readonly [AlarmId, readonly ErrorCode[]])[] = [
  ['device-unreachable', ['device-unreachable', 'device-timeout', 'device-protocol', 'device-missing']],
  ['lock-held', ['device-busy', 'device-foreign-edits']],
  ['commit-unknown', ['device-unknown-outcome']],
];

/** A pass that ended without a word of its worker is told of by then. */
const COMMIT_MS = 120_000;

/** What is wrong with devices and their coordinators. @param now Unix milliseconds. */
export function deviceAlarms(facts: AlarmFacts, limits: AlarmLimits, now: number): readonly FoundAlarm[] {
  const states = statesOf(facts);
  return [
    ...openCommits(facts, states, now),
    ...states.flatMap((state) => [...waiting(state, now), ...tried(state, limits)]),
    ...('value' in facts.coordinators
      ? facts.coordinators.value.stuck.map(({ device, cause }) => ({
          id: 'coordinator-stuck' as const,
          device,
          since: isoOf(now),
          text: `The coordinator of ${device} cannot go on: ${cause}`,
        }))
      : []),
  ];
}

/**
 * Whether the coordinator that an open alarm is judged by may run and did not say how it is. What is said of a source may stand
 * in any coordinator.
 */
export function isDeviceUnknown(facts: AlarmFacts, { id, device }: AlarmSubject & { id: AlarmId }): boolean {
  const { coordinators } = facts;
  // The port waits for the next try with another reason; what became of the commit is known no better by that.
  if (id === 'commit-unknown' && read(facts.openCommits).some((one) => one.device === device)) return true;
  if (!('value' in coordinators)) return false;
  const { states, silent, stuck, areAllListed } = coordinators.value;
  if (id === 'stale-source') return silent.length > 0 || !areAllListed;
  if (device === undefined || !OF_COORDINATORS.includes(id)) return false;
  const isStuck = stuck.some((one) => one.device === device);
  if (isStuck) return id !== 'coordinator-stuck';
  return silent.includes(device) || (!areAllListed && !states.some((one) => one.device === device));
}

const OF_COORDINATORS: readonly AlarmId[] = [
  ...BY_CODE.map(([id]) => id),
  ...(['coordinator-stuck', 'out-of-sync', 'source-contradiction', 'token-rejected', 'many-retries'] as const),
];

function waiting(state: CoordinatorFacts, now: number): FoundAlarm[] {
  const waits = waitsOf(state);
  return BY_CODE.flatMap(([id, codes]) => {
    const [first] = waits.filter(({ code }) => isOneOf(code, codes));
    if (first === undefined) return [];
    return [{ id, device: state.device, since: first.since ?? isoOf(now), text: first.text }];
  });
}

function tried({ device, pending }: CoordinatorFacts, { manyAttempts }: AlarmLimits): FoundAlarm[] {
  return pending
    .filter(({ attempts }) => attempts >= manyAttempts)
    .map(({ port, since, attempts, reason }) => ({
      id: 'many-retries' as const,
      device,
      port,
      since,
      text: `Tried ${attempts} times${reason === undefined ? '' : `, last: ${reason}`}`,
    }));
}

/** Where not all coordinators were asked, a pass may run on the device that has said nothing. */
function openCommits(facts: AlarmFacts, states: readonly CoordinatorFacts[], now: number): FoundAlarm[] {
  const mayRun = (device: DeviceId): boolean => {
    const state = states.find((one) => one.device === device);
    if (state !== undefined || !('value' in facts.coordinators)) return state?.running !== undefined;
    const { silent, unasked, areAllListed } = facts.coordinators.value;
    return !areAllListed || (unasked > 0 && silent.includes(device));
  };
  return read(facts.openCommits)
    .filter(({ device, since }) => now - Date.parse(since) >= COMMIT_MS && !mayRun(device))
    .map(({ device, since }) => ({
      id: 'commit-unknown' as const,
      device,
      since,
      text: `Of a commit that was begun at ${since} nobody has read yet whether it was made`,
    }));
}
