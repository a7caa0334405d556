import { z } from 'zod';
import { parseDeviceId } from '../../domain/values/device';
import { parseSiteName } from '../../domain/values/scope';
import type { ChangeFreeze, ChangeWindow, ChangeWindows, WindowTime } from '../../domain/windows/changeWindow';
import { instantOf, parseTimeZone, type LocalTime, type TimeZone } from '../../domain/windows/zonedTime';
import { parsedText } from '../../primitives/configuration/fields';
import { defineSection, noVariables, type SectionContext } from '../../primitives/configuration/section';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const LOCAL = 'must be a time such as 2026-12-24T22:00, by the clocks of the time zone';

const scope = {
  devices: z
    .array(parsedText(parseDeviceId, { description: 'A device.' }))
    .default([])
    .meta({ description: 'Devices by their ids; without devices and sites: every device.' }),
  sites: z
    .array(parsedText(parseSiteName, { description: 'A site.' }))
    .default([])
    .meta({ description: 'Sites of the section `sites`.' }),
};
const timeZone = parsedText(parseTimeZone, { description: 'Time zone.' });
const hours = z
  .number({ error: 'must be a number of hours from 0.1 to 168' })
  .min(0.1, { error: 'must be a number of hours from 0.1 to 168' })
  .max(168, { error: 'must be a number of hours from 0.1 to 168' })
  .meta({
    description: 'How long it is open; clocks that change meanwhile make it neither longer nor shorter.',
    unit: 'hours',
  });
const localTime = (description: string) => parsedText(parseLocal, { description });

const window = z
  .strictObject({
    ...scope,
    timeZone: timeZone.optional().meta({ description: 'Time zone of this window.', whenAbsent: 'that of the section' }),
    weekly: z
      .array(
        z
          .strictObject({
            days: z
              .array(z.enum(DAYS))
              .min(1, { error: 'must name a day' })
              .meta({ description: 'Days on which it begins.' }),
            from: parsedText(parseClock, { description: 'When it begins, such as `22:00`.' }),
            hours,
          })
          .meta({ description: 'Each week.' }),
      )
      .default([])
      .meta({ description: 'Times of each week.' }),
    once: z
      .array(
        z
          .strictObject({ from: localTime('When it begins, such as `2026-12-24T22:00`.'), hours })
          .meta({ description: 'Once.' }),
      )
      .default([])
      .meta({ description: 'Single times.' }),
  })
  .meta({ description: 'When these devices may be changed.' });

const freeze = z
  .strictObject({
    ...scope,
    timeZone: timeZone.optional().meta({ description: 'Time zone of this freeze.', whenAbsent: 'that of the section' }),
    from: localTime('When it begins.'),
    to: localTime('When it ends.'),
    reason: z.string().min(1, { error: 'must say why' }).max(200).meta({ description: 'Why; whoever waits is told.' }),
  })
  .meta({ description: 'When these devices may not be changed, whatever windows say.' });

const schema = z
  .strictObject({
    timeZone: timeZone
      .default(parseTimeZone('UTC'))
      .meta({ description: 'Time zone of windows and freezes that name none.' }),
    windows: z.array(window).default([]).meta({
      description:
        'Change windows. A device that any of them names is changed within one of them only; the others at any time.',
    }),
    freezes: z.array(freeze).default([]).meta({ description: 'Change freezes.' }),
  })
  .meta({ description: 'When devices may be changed. What is asked for at other times waits, and says until when.' });

type File = z.output<typeof schema>;

/** The section `changeWindows`. Whether its devices and sites exist is checked together with the other sections. */
export const changeWindowsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: (file, _variables, context): ChangeWindows => build(file, context),
});

function build({ timeZone: zone, windows, freezes }: File, context: SectionContext): ChangeWindows {
  return {
    windows: windows.map((one, index) => buildWindow(one, one.timeZone ?? zone, index, context)),
    freezes: freezes.map((one, index) => buildFreeze(one, one.timeZone ?? zone, index, context)),
  };
}

function buildWindow(
  { devices, sites, weekly, once }: File['windows'][number],
  zone: TimeZone,
  index: number,
  context: SectionContext,
): ChangeWindow {
  if (weekly.length + once.length === 0)
    context.problem(['windows', index], 'must name times, weekly or once: without any nothing would ever be changed');
  const times: WindowTime[] = [
    ...weekly.map(({ days, from, hours: lasts }) => ({
      kind: 'weekly' as const,
      zone,
      lastsMs: lasts * 3_600_000,
      days: days.map((day) => DAYS.indexOf(day)),
      ...from,
    })),
    ...once.map(({ from, hours: lasts }) => ({ kind: 'once' as const, zone, lastsMs: lasts * 3_600_000, from })),
  ];
  return { devices, sites, times };
}

function buildFreeze(
  { devices, sites, from, to, reason }: File['freezes'][number],
  zone: TimeZone,
  index: number,
  context: SectionContext,
): ChangeFreeze {
  const frozen = { from: instantOf(zone, from), to: instantOf(zone, to) };
  if (frozen.to <= frozen.from) context.problem(['freezes', index, 'to'], 'must be later than from');
  return { devices, sites, reason, ...frozen };
}

/** @throws RangeError naming the rule. */
function parseClock(text: string): Pick<LocalTime, 'hour' | 'minute'> {
  const [, hour = '', minute = ''] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour === '') throw new RangeError('must be a time of the day such as 22:00');
  return { hour: Number(hour), minute: Number(minute) };
}

/** @throws RangeError naming the rule. */
function parseLocal(text: string): LocalTime {
  const [, year, month, day, hour, minute] = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  const local = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
  };
  const date = new Date(Date.UTC(local.year, local.month - 1, local.day));
  if (date.getUTCMonth() + 1 !== local.month || date.getUTCDate() !== local.day) throw new RangeError(LOCAL);
  return local;
}
