import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(__dirname, '..', '..');
const RULES = [
  'boundaries/dependencies',
  'no-restricted-imports',
  '@typescript-eslint/no-floating-promises',
  '@typescript-eslint/no-explicit-any',
  '@typescript-eslint/no-non-null-assertion',
  '@typescript-eslint/consistent-type-imports',
  '@typescript-eslint/switch-exhaustiveness-check',
];

interface Case {
  readonly name: string;
  /** An existing file, whose text is replaced by the snippet. */
  readonly file: string;
  readonly text: string;
  readonly expected: readonly string[];
}

const BOUNDARY = 'boundaries/dependencies';
const use = (specifier: string): string => `import * as other from '${specifier}';\nexport const used = other;\n`;
const useType = (specifier: string): string =>
  `import type * as other from '${specifier}';\nexport type Used = typeof other;\n`;

const CASES: readonly Case[] = [
  { name: 'domain may use domain', file: 'src/domain/plan.ts', text: use('./port'), expected: [] },
  {
    name: 'domain may not use the store',
    file: 'src/domain/plan.ts',
    text: use('../store/store'),
    expected: [BOUNDARY],
  },
  {
    name: 'domain may not use types of devices',
    file: 'src/domain/plan.ts',
    text: useType('../devices/device'),
    expected: [BOUNDARY],
  },
  { name: 'devices may use domain', file: 'src/devices/device.ts', text: use('../domain/port'), expected: [] },
  {
    name: 'devices may not use sources',
    file: 'src/devices/device.ts',
    text: use('../sources/concurrency'),
    expected: [BOUNDARY],
  },
  {
    name: 'sources may not use devices',
    file: 'src/sources/concurrency.ts',
    text: use('../devices/device'),
    expected: [BOUNDARY],
  },
  {
    name: 'the store may not use activities',
    file: 'src/store/store.ts',
    text: use('../activities'),
    expected: [BOUNDARY],
  },
  { name: 'activities may use devices', file: 'src/activities/index.ts', text: use('../devices/device'), expected: [] },
  {
    name: 'activities may not use the runtime',
    file: 'src/activities/index.ts',
    text: use('../runtime/log'),
    expected: [BOUNDARY],
  },
  {
    name: 'workflows may use types of activities',
    file: 'src/workflows/index.ts',
    text: useType('../activities'),
    expected: [],
  },
  {
    name: 'workflows may not use activities',
    file: 'src/workflows/index.ts',
    text: use('../activities'),
    expected: [BOUNDARY],
  },
  {
    name: 'workflows may not use the store',
    file: 'src/workflows/index.ts',
    text: useType('../store/store'),
    expected: [BOUNDARY],
  },
  {
    name: 'workflows may not use Node',
    file: 'src/workflows/index.ts',
    text: use('node:fs'),
    expected: ['no-restricted-imports'],
  },
  {
    name: 'workflows may not use Node by its old names',
    file: 'src/workflows/index.ts',
    text: use('crypto'),
    expected: ['no-restricted-imports'],
  },
  {
    name: 'the product may not use the lab',
    file: 'src/runtime/log.ts',
    text: use('../../lab/scenarios/seed'),
    expected: [BOUNDARY],
  },
  {
    name: 'the product may not use tests',
    file: 'src/runtime/log.ts',
    text: use('../../test/servers/temporal'),
    expected: [BOUNDARY],
  },
  {
    name: 'the lab may not use the product',
    file: 'lab/scenarios/seed.ts',
    text: use('../../src/domain/port'),
    expected: [BOUNDARY],
  },
  {
    name: 'the lab may use types of the domain',
    file: 'lab/scenarios/seed.ts',
    text: useType('../../src/domain/port'),
    expected: [],
  },
  {
    name: 'the lab may not use types of devices',
    file: 'lab/scenarios/seed.ts',
    text: useType('../../src/devices/device'),
    expected: [BOUNDARY],
  },
  {
    name: 'tests of the lab may use other tests',
    file: 'test/lab/tenantos/answers.test.ts',
    text: use('../../servers/temporal'),
    expected: [],
  },
  {
    name: 'tests may use the product',
    file: 'test/lab/tenantos/answers.test.ts',
    text: use('../../../src/runtime/log'),
    expected: [],
  },
  { name: 'packages may be used', file: 'src/store/store.ts', text: use('zod'), expected: [] },
  {
    name: 'a promise may not float',
    file: 'src/domain/plan.ts',
    text: 'const later = async (): Promise<void> => Promise.resolve();\nexport const run = (): void => {\n  later();\n};\n',
    expected: ['@typescript-eslint/no-floating-promises'],
  },
  {
    name: 'any and ! are refused',
    file: 'src/domain/plan.ts',
    text: 'export const first = (list: string[], _other: any): string => list[0]!;\n',
    expected: ['@typescript-eslint/no-explicit-any', '@typescript-eslint/no-non-null-assertion'],
  },
  {
    name: 'a switch over a union must name every member',
    file: 'src/domain/plan.ts',
    text: "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
    expected: ['@typescript-eslint/switch-exhaustiveness-check'],
  },
];

describe('the lint rules bite', () => {
  let found: string[][] = [];

  beforeAll(() => {
    const input = JSON.stringify({
      rules: RULES,
      snippets: CASES.map(({ file, text }) => ({ file: join(ROOT, file), text })),
    });
    const output = execFileSync(process.execPath, [join(__dirname, 'lintSnippets.mjs')], {
      cwd: ROOT,
      input,
      timeout: 120_000,
    });
    found = z.array(z.array(z.string())).parse(JSON.parse(output.toString('utf8')));
  }, 150_000);

  test.each(CASES.map((each, index) => ({ ...each, index })))('$name', ({ index, expected }) => {
    expect(found[index]).toEqual(expected);
  });
});
