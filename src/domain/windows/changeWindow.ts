import type { Deferral } from '../change/deferral';
import { errorReport } from '../errors';
import type { DeviceId } from '../values/device';
import type { SiteName, Sites } from '../values/scope';
import { siteOf } from '../values/scope';
import { dayAfter, instantOf, localTime, type LocalTime, type TimeZone } from './zonedTime';

/** When it begins, by the clocks of a time zone, and how long it lasts; what clocks do meanwhile does not change that. */
export type WindowTime = { readonly zone: TimeZone; readonly lastsMs: number } & (
  | { readonly kind: 'weekly'; readonly days: readonly number[]; readonly hour: number; readonly minute: number }
  | { readonly kind: 'once'; readonly from: LocalTime }
);

/** Devices that a window or a freeze is about. None of both: every device. */
export interface WindowScope {
  readonly devices: readonly DeviceId[];
  readonly sites: readonly SiteName[];
}

/** When devices may be changed: those that any window names, within one of these; the others always. */
export interface ChangeWindow extends WindowScope {
  readonly times: readonly WindowTime[];
}

/** When devices may not be changed, whatever windows say. */
export interface ChangeFreeze extends WindowScope {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Change windows and freezes of the installation. */
export interface ChangeWindows {
  readonly windows: readonly ChangeWindow[];
  readonly freezes: readonly ChangeFreeze[];
}

/** No windows and no freezes: everything may be changed at any time. */
export const ALWAYS: ChangeWindows = { windows: [], freezes: [] };

const DAY_MS = 86_400_000;
/** A weekly window begins within eight days after any instant, also when clocks change. */
const LOOKED_AHEAD_DAYS = 8;
/** Freezes that follow each other, and windows that fall into them, before it is given up to say when they end. */
const MOST_STEPS = 1_000;

/**
 * Why a device may not be changed at an instant, and from when on it may. Pure: nothing but the arguments decides.
 * @param at Unix milliseconds.
 * @returns undefined when it may be changed now.
 */
export function windowDeferral(
  { windows, freezes }: ChangeWindows,
  device: DeviceId,
  sites: Sites,
  at: number,
): Deferral | undefined {
  const times = windows.filter((one) => names(one, device, sites)).flatMap((one) => one.times);
  const hasWindows = windows.some((one) => names(one, device, sites));
  const frozen = freezes.filter((one) => names(one, device, sites));
  const freezeAt = (time: number): ChangeFreeze | undefined => frozen.find(({ from, to }) => from <= time && time < to);
  const freeze = freezeAt(at);
  if (freeze === undefined && (!hasWindows || isOpen(times, at))) return undefined;
  const until = nextOpening(at, freezeAt, hasWindows ? times : undefined);
  const error =
    freeze === undefined
      ? errorReport('outside-change-window', `${device} is changed in its change windows only`)
      : errorReport('change-freeze', `${device} is not changed while there is a freeze: ${freeze.reason}`);
  return { error, ...(until === undefined ? {} : { until }) };
}

/** Whether any window is open at an instant. */
function isOpen(times: readonly WindowTime[], at: number): boolean {
  return times.some((time) => startsAround(time, at).some((start) => start <= at && at < start + time.lastsMs));
}

/** The first instant from then on at which a window is open and nothing is frozen. @param times absent: at any time. */
function nextOpening(
  from: number,
  freezeAt: (time: number) => ChangeFreeze | undefined,
  times: readonly WindowTime[] | undefined,
): number | undefined {
  let at = from;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const freeze = freezeAt(at);
    if (freeze !== undefined) {
      at = freeze.to;
      continue;
    }
    if (times === undefined || isOpen(times, at)) return at;
    const later = times.flatMap((time) => startsAround(time, at)).filter((start) => start > at);
    if (later.length === 0) return undefined;
    at = Math.min(...later);
  }
  return undefined;
}

/** When a window begins, as far as it may be open at an instant or is the next one after it. */
function startsAround(time: WindowTime, at: number): readonly number[] {
  if (time.kind === 'once') return [instantOf(time.zone, time.from)];
  const today = localTime(time.zone, at);
  const before = Math.ceil(time.lastsMs / DAY_MS) + 1;
  const starts: number[] = [];
  for (let offset = -before; offset <= LOOKED_AHEAD_DAYS; offset += 1) {
    const { weekday, ...day } = dayAfter(today, offset);
    if (time.days.includes(weekday))
      starts.push(instantOf(time.zone, { ...day, hour: time.hour, minute: time.minute }));
  }
  return starts;
}

function names({ devices, sites: named }: WindowScope, device: DeviceId, sites: Sites): boolean {
  if (devices.length === 0 && named.length === 0) return true;
  const site = siteOf(device, sites);
  return devices.includes(device) || (site !== undefined && named.includes(site));
}
