import { reconcileAlarms } from '../../../src/domain/alarms/reconcile';
import { alarmEntry } from '../../../src/domain/alarms/registry';
import type { AlarmCount, AlarmRepository, StoredAlarm } from '../../../src/store/alarms';

/** Alarms, in memory. */
export class MemoryAlarms implements AlarmRepository {
  readonly rows: StoredAlarm[] = [];
  private look: { readonly at: string; readonly unread: readonly string[] } | undefined;

  reconcile: AlarmRepository['reconcile'] = async (judged, at) => {
    const now = at.toISOString();
    const { raise, clear } = reconcileAlarms(this.open(), judged);
    const raised = raise.map((alarm, index) => ({
      ...alarm,
      number: String(this.rows.length + index + 1),
      severity: alarmEntry(alarm.id).severity,
      raisedAt: now,
      lastSeen: now,
    }));
    const cleared = clear.map((alarm) => ({ ...alarm, clearedAt: now }));
    for (const alarm of cleared) this.rows[Number(alarm.number) - 1] = alarm;
    this.rows.push(...raised);
    this.look = { at: now, unread: judged.unread };
    return { raised, cleared, open: this.open().length };
  };

  list: AlarmRepository['list'] = async ({ state, id, severity, devices, port, before, limit }) =>
    [...this.rows]
      .reverse()
      .filter(
        (row) =>
          (state === undefined || (state === 'open') === (row.clearedAt === undefined)) &&
          (id === undefined || row.id === id) &&
          (severity === undefined || row.severity === severity) &&
          (devices === undefined || (row.device !== undefined && devices.includes(row.device))) &&
          (port === undefined || row.port === port) &&
          (before === undefined || Number(row.number) < Number(before)),
      )
      .slice(0, limit);

  get: AlarmRepository['get'] = async (number) => this.rows.find((row) => row.number === number);

  acknowledge: AlarmRepository['acknowledge'] = async (number, { author, reason }, at) => {
    const row = this.open().find((one) => one.number === number);
    if (row === undefined) return undefined;
    const seen = { ...row, acknowledged: { at: at.toISOString(), by: author, reason } };
    this.rows[Number(number) - 1] = seen;
    return seen;
  };

  counts: AlarmRepository['counts'] = async () => {
    const counts = new Map<string, AlarmCount>();
    for (const { id, severity } of this.open())
      counts.set(id, { id, severity, count: (counts.get(id)?.count ?? 0) + 1 });
    return [...counts.values()];
  };

  judged: AlarmRepository['judged'] = async () => this.look;

  private open(): StoredAlarm[] {
    return this.rows.filter(({ clearedAt }) => clearedAt === undefined);
  }
}
