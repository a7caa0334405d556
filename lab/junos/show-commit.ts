import { calendarTime, junosSeconds, junosTime } from './clock';
import type { SwitchCore } from './core';
import { escapeXml } from './xml/parse';

/** Recorded: CLAB and vSRX 24.4 (junos-mcp-server); the comment stays when the commit was confirmed. */
const comment = (minutes: number | undefined): string =>
  minutes === undefined ? '' : `commit confirmed, rollback in ${String(minutes)}mins`;

/** Documented: `show system commit`, at a particular time and at the next reboot. */
function scheduledLine({ database, faults }: SwitchCore): string | undefined {
  const {
    settings,
    schedule: { pending: scheduled },
  } = database;
  if (scheduled === undefined || !faults.scheduledCommit.shown) return undefined;
  const when = scheduled.due === 'reboot' ? 'reboot' : calendarTime(settings.clock.shown(scheduled.due));
  return `commit requested by ${scheduled.user} via ${scheduled.by.client} at ${when}`;
}

/** `show system commit` as text. */
export function commitLogText(core: SwitchCore): string {
  const { comments, pendingMark } = core.faults.commitLog;
  const scheduled = scheduledLine(core);
  const lines = core.database.log.all().map(({ record, unconfirmed }, i) => {
    const head =
      `${String(i).padEnd(4)}${junosTime(record.shownAt)} by ${record.user} via ${record.client} ${comments ? comment(record.confirmMinutes) : ''}`.trimEnd();
    const mark = unconfirmed && pendingMark ? '    rollback pending\n' : '';
    return `${head}\n${record.log === undefined ? '' : `    ${record.log}\n`}${mark}`;
  });
  return `${scheduled === undefined ? '' : `${scheduled}\n`}${lines.join('')}`;
}

/** The reply to `<get-commit-information>` as XML. The element around a pending `commit at` is invented. */
export function commitLogXml(core: SwitchCore): string {
  const { comments, pendingMark } = core.faults.commitLog;
  const scheduled = scheduledLine(core);
  const entries = core.database.log.all().map(({ record, unconfirmed }, i) => {
    const remark = comments ? comment(record.confirmMinutes) : '';
    return [
      `<commit-history>\n<sequence-number>${String(i)}</sequence-number>\n<user>${escapeXml(record.user)}</user>\n<client>${record.client}</client>\n`,
      `<date-time junos:seconds="${junosSeconds(record.shownAt)}">${junosTime(record.shownAt)}</date-time>\n`,
      remark === '' ? '' : `<comment>${remark}</comment>\n`,
      record.log === undefined ? '' : `<log>${escapeXml(record.log)}</log>\n`,
      unconfirmed && pendingMark ? '<commit-confirmed>rollback pending</commit-confirmed>\n' : '',
      '</commit-history>\n',
    ].join('');
  });
  const pending = scheduled === undefined ? '' : `<commit-at-pending>${escapeXml(scheduled)}</commit-at-pending>\n`;
  return `<commit-information>\n${pending}${entries.join('')}</commit-information>\n`;
}
