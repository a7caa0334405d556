import { Counter, Gauge, type Registry } from 'prom-client';
import type { BackupRun } from '../domain/backups/backupRules';

/**
 * The metrics of backups.
 * @param lookUp how backups of each device stand; undefined when it cannot be looked up: then the gauges have no values.
 * @returns what counts those that the schedule makes.
 */
export function registerBackupMetrics(
  registers: Registry[],
  lookUp: () => Promise<readonly BackupRun[] | undefined>,
): (result: 'stored' | 'failed') => void {
  const backups = new Counter({
    name: 'portwarden_backups_total',
    help: 'Backups that the schedule tried, by result (stored, failed).',
    labelNames: ['result'],
    registers,
  });
  new Gauge({
    name: 'portwarden_backup_age_seconds',
    help: 'Seconds since the configuration of a device was last read for a backup, changed or not.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device, succeededAt } of (await lookUp()) ?? [])
        if (succeededAt !== undefined) this.set({ device }, Math.max((Date.now() - Date.parse(succeededAt)) / 1000, 0));
    },
  });
  new Gauge({
    name: 'portwarden_backup_failing',
    help: '1 while every try to back a device up fails, else 0.',
    labelNames: ['device'],
    registers,
    async collect() {
      this.reset();
      for (const { device, failing } of (await lookUp()) ?? []) this.set({ device }, failing === undefined ? 0 : 1);
    },
  });
  return (result) => {
    backups.inc({ result });
  };
}
