import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toApplicationFailure } from '../../src/activities/failure';
import { ERRORS, isErrorCode, PortwardenError, type ErrorCode, type ErrorEntry } from '../../src/domain/errors';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'errors.md');
const REGISTRY = [join('domain', 'errors.ts'), join('domain', 'errorCodes')];
const START = '<!-- codes: written by `UPDATE_DOCS=1 npx jest test/docs/errors` from src/domain/errors.ts -->';
const END = '<!-- end of codes -->';

const registry = Object.entries(ERRORS) as [ErrorCode, ErrorEntry][];

const SECTIONS: readonly { readonly title: string; readonly holds: (code: string) => boolean }[] = [
  { title: 'The panel', holds: (code) => code.startsWith('panel-') },
  { title: 'Proxmox', holds: (code) => code.startsWith('proxmox-') },
  { title: 'Devices and ports', holds: (code) => /^(device|port)-(?!in-use)/.test(code) },
  { title: 'The service and its API', holds: () => true },
];

function row([code, { meaning, retryable, httpStatus, remedy }]: [ErrorCode, ErrorEntry]): string {
  return `| \`${code}\` | ${meaning} | ${retryable ? 'yes' : 'no'} | ${httpStatus} | ${remedy} |`;
}

function tables(): string {
  const sections = SECTIONS.map(({ title }, index) => {
    const rows = registry.filter(([code]) => SECTIONS.findIndex(({ holds }) => holds(code)) === index).map(row);
    return `## ${title}\n\n| Code | Meaning | Retryable | HTTP | What to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${START}\n\n${sections.join('\n')}\n${END}`;
}

function readPage(): string {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['UPDATE_DOCS'] !== '1') return page;
  const updated = page.slice(0, page.indexOf(START)) + tables() + page.slice(page.indexOf(END) + END.length);
  writeFileSync(PAGE, updated);
  return updated;
}

describe('docs/errors.md', () => {
  const page = readPage();
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.map((line) => /^\| `([^`]+)`/.exec(line)?.[1] ?? '');

  it('documents every code of the registry', () => {
    expect(registry.map(([code]) => code).filter((code) => !documented.includes(code))).toEqual([]);
  });

  it('documents no code that does not exist, and none twice', () => {
    expect(documented.filter((code) => !isErrorCode(code))).toEqual([]);
    expect(documented).toHaveLength(new Set(documented).size);
  });

  it('says of each code what the registry says', () => {
    expect([...rows].sort()).toEqual(registry.map(row).sort());
  });
});

describe('the error registry', () => {
  it.each(registry)('%s is complete', (code, entry) => {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(entry.meaning).toMatch(/^[A-Z].*\.$/);
    expect(entry.remedy).toMatch(/^[A-Z].*\.$/);
    expect(`${entry.meaning}${entry.remedy}`).not.toMatch(/[|\n]/);
    expect(entry.httpStatus).toBeGreaterThanOrEqual(400);
    expect(entry.httpStatus).toBeLessThan(600);
  });

  it.each(registry)(
    '%s carries its code as the failure type that Temporal matches, and says whether to retry',
    (code, entry) => {
      const failure = toApplicationFailure(new PortwardenError(code, 'x'));
      expect([failure.type, failure.nonRetryable]).toEqual([code, !entry.retryable]);
    },
  );

  it('has no code that nothing in the sources can end with', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !REGISTRY.some((path) => file.startsWith(path)),
    );
    const used = new Set(
      sources.flatMap((file) =>
        [...readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(/'([a-z0-9-]+)'/g)].map(([, text]) => text),
      ),
    );
    expect(used.size).toBeGreaterThan(registry.length);
    expect(registry.map(([code]) => code).filter((code) => !used.has(code))).toEqual([]);
  });
});
