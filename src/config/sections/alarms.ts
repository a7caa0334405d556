import { z } from 'zod';
import type { AlarmLimits } from '../../domain/alarms/facts';
import { whole } from '../../primitives/configuration/fields';
import { defineSection, noVariables } from '../../primitives/configuration/section';

/** From when on something is an alarm, and how often that is judged. */
export interface AlarmSettings {
  readonly everyMs: number;
  readonly limits: AlarmLimits;
}

const schema = z
  .strictObject({
    everySeconds: whole(1, 3_600, {
      description: 'Time from one judgement of all alarms to the next.',
      unit: 'seconds',
    }).default(30),
    manyAttempts: whole(2, 10_000, {
      description: 'A waiting port that was tried so often is an alarm (`many-retries`).',
      unit: 'tries',
    }).default(10),
    staleAfterSeconds: whole(10, 86_400, {
      description:
        'A cluster that was not seen for so long, or events that wait so long for it, are an alarm (`stale-source`).',
      unit: 'seconds',
    }).default(300),
    unboundHours: whole(1, 8_760, {
      description: 'An address that should be let through and is not for so long is an alarm (`unbound-old`).',
      unit: 'hours',
    }).default(24),
    clockSkewSeconds: whole(1, 3_600, {
      description: 'A clock of the database that differs by more is an alarm (`clock-skew`).',
      unit: 'seconds',
    }).default(10),
    sourceClockSkewSeconds: whole(1, 86_400, {
      description:
        'A clock of the panel, of a cluster or of a device that differs by more, as its answers have it, is an alarm (`clock-skew`).',
      unit: 'seconds',
    }).default(120),
    notificationsFailingSeconds: whole(1, 86_400, {
      description:
        'An endpoint that took no notification for so long, though it was tried, is an alarm (`notification-failing`).',
      unit: 'seconds',
    }).default(600),
  })
  .meta({ description: 'Alarms: what each means is in docs/alarms.md.' });

/** The section `alarms`. */
export const alarmsSection = defineSection({
  schema: schema.prefault({}),
  readVariables: noVariables,
  build: ({
    everySeconds,
    manyAttempts,
    staleAfterSeconds,
    unboundHours,
    clockSkewSeconds,
    sourceClockSkewSeconds,
    notificationsFailingSeconds,
  }): AlarmSettings => ({
    everyMs: everySeconds * 1_000,
    limits: {
      manyAttempts,
      staleAfterMs: staleAfterSeconds * 1_000,
      unboundMs: unboundHours * 3_600_000,
      clockSkewMs: clockSkewSeconds * 1_000,
      sourceClockSkewMs: sourceClockSkewSeconds * 1_000,
      notificationsFailingMs: notificationsFailingSeconds * 1_000,
    },
  }),
});
