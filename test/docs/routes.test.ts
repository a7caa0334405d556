import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
const FOLDER = join(ROOT, 'src', 'api');

/** Where the routers are that do not stand at `/api` itself. */
const MOUNTED: Readonly<Record<string, string>> = {
  'policyRoutes.ts': '/policies',
  'virtualMacRoutes.ts': '/virtual-macs',
  'guardRoutes.ts': '/guards',
  'eventRoutes.ts': '/port-security',
};

/** Each route with its method and whole path; `${…}` of a path stands for any word. */
const ROUTES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('Routes.ts'))
  .flatMap((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    return [...text.matchAll(/router\.(get|post)\(\s*(['`])([^'`]+)\2/g)].map(
      ([, method = '', , path = '']) => `${method.toUpperCase()} ${MOUNTED[name] ?? ''}${path === '/' ? '' : path}`,
    );
  });

/** Whether the page names it: a parameter as `{name}`, a further word of the same row as `` `/resume` ``. */
function isDocumented(route: string): boolean {
  const [, path = ''] = route.split(' ');
  const part = (text: string): string =>
    /^:/.test(text) ? '\\{[^}]+\\}' : text.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{[^}]*\}/g, '[a-z-]+');
  const whole = path.split('/').map(part).join('/');
  if (new RegExp(`(?:/api)?${whole}(?=[\`? ]|$)`, 'm').test(PAGE)) return true;
  const [last = '', ...before] = path.split('/').reverse();
  const row = new RegExp(`^.*${before.reverse().map(part).join('/')}/[a-z-]+\`.*\`/${part(last)}\`.*$`, 'm');
  return row.test(PAGE);
}

test('routes are found, and one that is not in docs/api.md would be', () => {
  expect(ROUTES.length).toBeGreaterThan(50);
  expect(ROUTES).toContain('POST /apply-all');
  expect(isDocumented('POST /apply-all/forget')).toBe(false);
});

test.each(ROUTES.filter((route) => !/ \/(?:healthz|readyz|metrics)$/.test(route)))('%s is in docs/api.md', (route) => {
  expect([route, isDocumented(route)]).toEqual([route, true]);
});
