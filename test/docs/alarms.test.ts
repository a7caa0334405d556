import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALARMS, ALARM_IDS, alarmEntry, isAlarmId, SEVERITIES, type AlarmId } from '../../src/domain/alarms/registry';
import { isErrorCode } from '../../src/domain/errors';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'alarms.md');
const START =
  '<!-- alarms: written by `UPDATE_DOCS=1 npx jest test/docs/alarms` from src/domain/alarms/registry.ts -->';
const END = '<!-- end of alarms -->';

function row(id: AlarmId): string {
  const { severity, subject, meaning, action, raised, cleared } = alarmEntry(id);
  return `| \`${id}\` | ${severity} | ${subject} | ${meaning} | ${raised} | ${cleared} | ${action} |`;
}

function table(): string {
  const ids = SEVERITIES.flatMap((severity) => ALARM_IDS.filter((id) => ALARMS[id].severity === severity));
  const head =
    '| Alarm | Severity | About | Means | Raised when | Cleared when | What to do |\n|---|---|---|---|---|---|---|';
  return `${START}\n\n${head}\n${ids.map(row).join('\n')}\n\n${END}`;
}

function readPage(): string {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['UPDATE_DOCS'] !== '1') return page;
  const updated = page.slice(0, page.indexOf(START)) + table() + page.slice(page.indexOf(END) + END.length);
  writeFileSync(PAGE, updated);
  return updated;
}

describe('docs/alarms.md', () => {
  const rows = readPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  it('has every alarm of the registry, each once, and says of it what the registry says', () => {
    expect([...rows].sort()).toEqual(ALARM_IDS.map(row).sort());
  });
});

describe('the registry of alarms', () => {
  it.each(ALARM_IDS)('%s is complete', (id) => {
    const { subject, ...sentences } = alarmEntry(id);
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(isAlarmId(id)).toBe(true);
    expect(subject).not.toBe('');
    const { severity, ...words } = sentences;
    expect(SEVERITIES).toContain(severity);
    for (const sentence of Object.values(words)) expect(sentence).toMatch(/^[A-Z][^|\n]*\.$/);
  });

  it('names error codes and settings that exist', () => {
    const settings = [
      'manyAttempts',
      'staleAfterSeconds',
      'unboundHours',
      'clockSkewSeconds',
      'sourceClockSkewSeconds',
      'notificationsFailingSeconds',
    ];
    const other = [
      'failed',
      'unbound',
      'portwarden parked',
      'portwarden brake release',
      'portwarden device status',
      'portwarden notification test',
      'portwarden notification replay',
    ];
    const texts = ALARM_IDS.map((id) => row(id));
    const named = texts
      .flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))
      .filter((name) => !other.includes(name) && name !== 'portwarden explain' && !isAlarmId(name));
    expect(named.filter((name) => !isErrorCode(name) && !settings.some((key) => name === `alarms.${key}`))).toEqual([]);
    expect(isAlarmId('toString')).toBe(false);
  });
});
