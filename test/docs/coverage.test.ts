import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVERS } from '../../src/devices/registry';
import { COVERAGE, COVERAGE_CODES } from '../../src/domain/coverage';

const PAGE = join(__dirname, '..', '..', 'docs', 'policies.md');
const START =
  '<!-- coverage: written by `UPDATE_DOCS=1 npx jest test/docs/coverage` from src/domain/coverage.ts and the drivers -->';
const END = '<!-- end of coverage -->';

/** How the page names the kinds; a kind that is not here fails the test. */
const HEADINGS: Readonly<Record<string, string>> = {
  junos: 'Switch (Junos)',
  neutron: 'OpenStack (Neutron)',
  proxmoxFirewall: 'Hypervisor (Proxmox filters)',
};

function table(): string {
  const head = ['What', ...DRIVERS.map(({ kind }) => HEADINGS[kind]), 'Code'];
  const rows = COVERAGE_CODES.map((code) => [
    COVERAGE[code],
    ...DRIVERS.map(({ coverage }) => coverage[code] ?? '–'),
    `\`${code}\``,
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

test('docs/policies.md shows what every kind does about every code', () => {
  const page = readFileSync(PAGE, 'utf8');
  const before = page.slice(0, page.indexOf(START) + START.length);
  const after = page.slice(page.indexOf(END));
  const wanted = `${before}\n\n${table()}\n\n${after}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, wanted);
  expect(readFileSync(PAGE, 'utf8')).toBe(wanted);
  expect(table()).not.toContain('undefined');
});

test('every code is a matter of some kind, and the words of each kind are words', () => {
  for (const code of COVERAGE_CODES)
    expect([code, DRIVERS.filter(({ coverage }) => coverage[code] !== null).length]).not.toEqual([code, 0]);
  for (const { coverage } of DRIVERS)
    for (const words of Object.values(coverage)) if (words !== null) expect(words).toMatch(/^[^|\n]{3,}[^.]$/);
});
