import { deviceKindOf, type DeviceId } from '../values/device';
import type { AlarmSubject } from './alarm';

/** Who answers: the panel or a cluster by its name as alarms have it, or a device. */
export type SourceSubject = { readonly name: string } | { readonly device: DeviceId };

/** A clock that was read beside ours. */
export interface ClockReading {
  /** By how much it is ahead of ours; negative: behind. Milliseconds. */
  readonly aheadMs: number;
  /** How far that may be off to either side, by the resolution of what was read and the time that the question took. Milliseconds. */
  readonly withinMs: number;
}

/**
 * What an answer says of the login that the question carried, whatever was asked: it is good, it is refused (HTTP 401), or
 * it is good and lacks a right (HTTP 403).
 */
export type LoginWord = 'accepted' | 'refused' | 'forbidden';

/** What an answer says of who gave it. */
export interface SeenAnswer {
  /** Absent: nothing. A server error proves no login. */
  readonly login?: LoginWord;
  readonly clock?: ClockReading;
}

/** What the answers of a source said last, of all workers together; times ISO 8601, UTC. */
export interface SourceState {
  readonly subject: SourceSubject;
  readonly acceptedAt?: string;
  readonly refusedAt?: string;
  readonly forbiddenAt?: string;
  readonly clock?: ClockReading & { readonly at: string };
}

/** Which sources there are by the configuration. */
export interface ConfiguredSources {
  /** The panel and every cluster. */
  readonly names: readonly string[];
  /** Devices of those kinds whose devices the configuration names. */
  readonly devices: readonly DeviceId[];
  /** Those kinds. Of any other kind every device may be there. */
  readonly kinds: readonly string[];
}

/** Whether a source is configured. What ports say of hypervisors names no cluster. */
export function isConfigured({ device, name }: AlarmSubject, { names, devices, kinds }: ConfiguredSources): boolean {
  if (device !== undefined) return devices.includes(device) || !kinds.includes(deviceKindOf(device));
  return name === 'hypervisors' ? names.length > 1 : name !== undefined && names.includes(name);
}

/** What is known of a source after another answer. @param at Unix milliseconds. */
export function afterAnswer(state: SourceState, { login, clock }: SeenAnswer, at: number): SourceState {
  const time = new Date(at).toISOString();
  return {
    ...state,
    ...(login === 'accepted' ? { acceptedAt: time } : {}),
    ...(login === 'refused' ? { refusedAt: time } : {}),
    ...(login === 'forbidden' ? { forbiddenAt: time } : {}),
    ...(clock === undefined ? {} : { clock: { ...clock, at: time } }),
  };
}

/** Whether the login is refused: the last answer that says anything of it said so. */
export function isRefused({ acceptedAt, forbiddenAt, refusedAt }: SourceState): boolean {
  return (
    refusedAt !== undefined && [acceptedAt, forbiddenAt].every((at) => at === undefined || isBefore(at, refusedAt))
  );
}

/** Whether an instant is before another one. */
export function isBefore(one: string, other: string): boolean {
  return Date.parse(one) < Date.parse(other);
}
