import type { Configuration } from '../config';
import { backupRuleOf, type BackupRules } from '../domain/backups/backupRules';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { BackupRepository } from '../store/backups';
import type { Log } from '../telemetry/log';
import { keepBackupSchedule } from '../temporal/backupSchedule';
import type { TemporalClient } from '../temporal/client';
import { messageOf } from '../primitives/systemError';

/**
 * Has the devices backed up by schedule, as configured. Backups before changes are made without it, so what goes wrong is
 * logged and does not end the process; the age of each device's backup shows it.
 */
export async function scheduleBackups(
  { temporal: { taskQueue }, backups: rules }: Configuration,
  { client }: Pick<TemporalClient, 'client'>,
  log: Log,
): Promise<void> {
  try {
    await keepBackupSchedule(client, { taskQueue, rules });
  } catch (error) {
    log.error(
      { reason: messageOf(error) },
      'the schedule of backups could not be made; they are made before changes only',
    );
  }
}

/** What the retention of backups needs. */
export interface BackupRetentionOptions {
  readonly backups: Pick<BackupRepository, 'devices' | 'forget'>;
  readonly rules: BackupRules;
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default one hour. */
  readonly everyMs?: number;
  /** Backups that go in one transaction. Default 100. */
  readonly batch?: number;
}

const EVERY_MS = 3_600_000;
const BATCH = 100;

/**
 * Takes out backups that are not to be kept any longer, in small transactions, and says how many. Several processes may do it.
 */
export class BackupRetention {
  private readonly repeated: RepeatedWork;
  private stopping = false;

  constructor(private readonly options: BackupRetentionOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the transaction that is under way. */
  stop(): Promise<void> {
    this.stopping = true;
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look. */
  private async look(): Promise<void> {
    const { backups, rules, log, batch = BATCH } = this.options;
    try {
      for (const device of await backups.devices()) {
        let gone = 0;
        const rule = backupRuleOf(rules, device);
        for (let some = batch; some === batch && !this.stopping; gone += some)
          some = await backups.forget(device, rule, batch);
        if (gone > 0) log.info({ device, backups: gone }, 'backups that are not to be kept any longer were taken out');
      }
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'backups that are not to be kept could not be taken out');
    }
  }
}
