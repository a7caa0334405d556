import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectRoot } from '../projectRoot';

const ROOT = projectRoot();

/** The files that a level of tests has, by jest itself. */
function filesOf(level: string): string[] {
  const listed = execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', `jest.${level}.config.js`, '--listTests'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return listed
    .trim()
    .split('\n')
    .map((file) => relative(ROOT, file));
}

describe('the levels of tests', () => {
  const all = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file));
  const [everyday, system, campaigns] = [filesOf('everyday'), filesOf('system'), filesOf('campaigns')];

  test('every test is in one of them, so that none is lost', () => {
    const inCampaignsOnly = campaigns.filter((file) => file.endsWith('.campaign.test.ts'));
    expect([...everyday, ...system, ...inCampaignsOnly].sort()).toEqual([...all].sort());
    expect(inCampaignsOnly.length).toBeGreaterThan(0);
  });

  test('what starts the product again and again is not in the first one', () => {
    const kind = /^test\/(system|scenarios|chaos)\/|\.real\.test\.ts$/;
    expect(everyday.filter((file) => kind.test(file) || file.endsWith('.campaign.test.ts'))).toEqual([]);
    expect(system.every((file) => kind.test(file))).toBe(true);
  });
});
