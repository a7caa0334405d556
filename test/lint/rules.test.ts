import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';

const ROOT = join(__dirname, '..', '..');
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

/** What each room of src may use of the others, as DESIGN.md draws it; everything not named is refused. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  primitives: ['domain'],
  domain: [],
  protocol: ['domain'],
  workflows: ['domain', 'protocol'],
  clients: ['primitives', 'domain'],
  sources: ['primitives', 'domain', 'clients'],
  devices: ['primitives', 'domain', 'clients'],
  store: ['primitives', 'domain'],
  telemetry: ['primitives', 'domain'],
  temporal: ['primitives', 'domain', 'protocol'],
  activities: ['primitives', 'domain', 'protocol', 'sources', 'devices', 'store', 'temporal'],
  api: ['primitives', 'domain', 'protocol', 'store', 'telemetry', 'temporal'],
  config: ['primitives', 'domain', 'sources', 'devices', 'temporal'],
  cli: ['primitives', 'domain', 'protocol', 'config', 'temporal', 'app'],
  app: [
    ...['primitives', 'domain', 'protocol', 'clients', 'sources', 'devices', 'store', 'telemetry', 'temporal'],
    ...['activities', 'api', 'config'],
  ],
};

/** A file of each room, to write the snippets into and to import. */
const FILE_OF: Readonly<Record<string, string>> = {
  primitives: 'primitives/concurrency',
  domain: 'domain/change/plan',
  protocol: 'protocol/names',
  workflows: 'workflows/index',
  clients: 'clients/netconf/xml',
  sources: 'sources/proxmox/vlan',
  devices: 'devices/device',
  store: 'store/store',
  telemetry: 'telemetry/log',
  temporal: 'temporal/client',
  activities: 'activities/enlist',
  api: 'api/app',
  config: 'config/load',
  cli: 'cli/context',
  app: 'app/readiness',
};

/** Types alone may be had where values may not. */
const TYPES_ONLY: readonly string[] = ['activities telemetry'];

const between = (from: string, to: string, text: string, expected: readonly string[], what: string): Case => ({
  name: `${from} ${expected.length === 0 ? 'may' : 'may not'} use ${what}${to}`,
  file: `src/${FILE_OF[from] ?? ''}.ts`,
  text,
  expected,
});

const ROOM_CASES: readonly Case[] = Object.entries(MAY_USE).flatMap(([from, allowed]) =>
  Object.keys(FILE_OF)
    .filter((to) => to !== from)
    .flatMap((to) => {
      const file = FILE_OF[from] ?? '';
      const specifier = `${'../'.repeat(file.split('/').length - 1)}${FILE_OF[to] ?? ''}`;
      const types = TYPES_ONLY.includes(`${from} ${to}`);
      return [
        between(from, to, use(specifier), allowed.includes(to) ? [] : [BOUNDARY], ''),
        ...(allowed.includes(to) ? [] : [between(from, to, useType(specifier), types ? [] : [BOUNDARY], 'types of ')]),
      ];
    }),
);

const WORKFLOW_INFO = "import { workflowInfo } from '@temporalio/workflow';\nexport const info = workflowInfo;\n";

const CASES: readonly Case[] = [
  ...ROOM_CASES,
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
  ...[
    'Date.now()',
    'new Date()',
    'Date()',
    'performance.now()',
    'workflowInfo().historyLength',
    'workflowInfo().continueAsNewSuggested',
    "workflowInfo()['historyLength']",
  ].map((expression) => ({
    name: `workflows may not decide by ${expression}, which is not the same in a replay`,
    file: 'src/workflows/waiting.ts',
    text: `${WORKFLOW_INFO}export const seen = (): unknown => ${expression};\n`,
    expected: ['no-restricted-syntax'],
  })),
  {
    name: 'nor by what they keep of their own description',
    file: 'src/workflows/waiting.ts',
    text: `${WORKFLOW_INFO}export function seen(): number {\n  const { historyLength } = workflowInfo();\n  return historyLength;\n}\n`,
    expected: ['no-restricted-syntax'],
  },
  {
    name: 'nor by pure rules that read the clock',
    file: 'src/domain/change/plan.ts',
    text: 'export const seen = (): number => Date.now();\n',
    expected: ['no-restricted-syntax'],
  },
  {
    name: 'a time that is given may be written, and a workflow may know who it is',
    file: 'src/workflows/waiting.ts',
    text: `${WORKFLOW_INFO}export const text = (ms: number): string => new Date(ms).toISOString() + workflowInfo().workflowId;\n`,
    expected: [],
  },
  {
    name: 'the product may not use the lab',
    file: 'src/telemetry/log.ts',
    text: use('../../lab/scenarios/seed'),
    expected: [BOUNDARY],
  },
  {
    name: 'the product may not use tests',
    file: 'src/telemetry/log.ts',
    text: use('../../test/servers/temporal'),
    expected: [BOUNDARY],
  },
  {
    name: 'the lab may not use the product',
    file: 'lab/scenarios/seed.ts',
    text: use('../../src/domain/values/port'),
    expected: [BOUNDARY],
  },
  {
    name: 'the lab may use types of the domain',
    file: 'lab/scenarios/seed.ts',
    text: useType('../../src/domain/values/port'),
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
    text: use('../../../src/telemetry/log'),
    expected: [],
  },
  { name: 'packages may be used', file: 'src/store/store.ts', text: use('zod'), expected: [] },
];

const OUTSIDE_CI: NodeJS.ProcessEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'CI'));

describe('ESLint holds rooms and workflows', () => {
  let found: string[][] = [];
  beforeAll(() => {
    const output = execFileSync(process.execPath, [join(__dirname, 'lintSnippets.mjs')], {
      cwd: ROOT,
      env: OUTSIDE_CI,
      input: JSON.stringify(CASES.map(({ file, text }) => ({ file: join(ROOT, file), text }))),
      timeout: 120_000,
    });
    found = z.array(z.array(z.string())).parse(JSON.parse(output.toString('utf8')));
  }, 150_000);

  test.each(CASES.map((each, index) => ({ ...each, index })))('$name', ({ index, expected }) => {
    expect(found[index]).toEqual(expected);
  });
});

/** Texts that oxlint refuses, by the rule that does. */
const REFUSED: Readonly<Record<string, string>> = {
  'no-floating-promises':
    'const later = async (): Promise<void> => Promise.resolve();\nexport const run = (): void => {\n  later();\n};\n',
  'no-explicit-any': 'export const text = (given: any): string => String(given);\n',
  'no-non-null-assertion': 'export const first = (list: string[]): string => list[0]!;\n',
  'switch-exhaustiveness-check':
    "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
  'consistent-type-imports': "import { Other } from './other';\nexport const seen = (other: Other): Other => other;\n",
  'no-unnecessary-condition': "export const text = (given: string): string => given ?? '';\n",
  'no-unsafe-assignment':
    "export function read(): void {\n  const value = JSON.parse('1');\n  String(value as number);\n}\n",
  'no-deprecated': '/** @deprecated */\nconst old = 1;\nexport const next = old + 1;\n',
  'no-unused-vars': 'export const one = (_given: string): number => 1;\n',
  'no-cycle': "import { around } from './around';\nexport const back = (): number => around();\n",
  'no-duplicates': "import { one } from './other';\nimport { two } from './other';\nexport const sum = one + two;\n",
  eqeqeq: 'export const same = (a: number, b: number): boolean => a == b;\n',
  'max-lines': Array.from({ length: 301 }, (_, line) => `export const line${line} = ${line};\n`).join(''),
};

const BESIDE: Readonly<Record<string, string>> = {
  'other.ts': 'export interface Other {\n  readonly name: string;\n}\nexport const one = 1;\nexport const two = 2;\n',
  'around.ts': "import { back } from './no-cycle';\nexport const around = (): number => back();\n",
};

const oxlintAnswer = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

const IMITATION = 'class Rack {\n  row = 1;\n}\nexport const rack: Rack = { row: 2 };\n';
const eslintAnswer = z.array(z.object({ messages: z.array(z.object({ ruleId: z.string() })) }));

describe('in a project of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-lint-'));
  let found: readonly { rule: string; file: string }[] = [];

  const lint = (program: string, files: readonly string[], environment: NodeJS.ProcessEnv = OUTSIDE_CI): string =>
    spawnSync(join(ROOT, 'node_modules', '.bin', program), ['--format=json', ...files], {
      cwd: folder,
      encoding: 'utf8',
      env: environment,
      timeout: 120_000,
    }).stdout;

  beforeAll(() => {
    for (const name of ['.oxlintrc.json', 'eslint.config.mjs', 'tsconfig.json'])
      cpSync(join(ROOT, name), join(folder, name));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'src'));
    for (const [name, text] of Object.entries(BESIDE)) writeFileSync(join(folder, 'src', name), text);
    for (const [rule, text] of Object.entries(REFUSED)) writeFileSync(join(folder, 'src', `${rule}.ts`), text);
    writeFileSync(join(folder, 'src', 'types.ts'), "export const port: number = 'ge-0/0/1';\n");
    mkdirSync(join(folder, 'test'));
    for (const place of ['src', 'test']) writeFileSync(join(folder, place, 'imitation.ts'), IMITATION);
    const stdout = lint('oxlint', ['src']);
    found = oxlintAnswer.parse(JSON.parse(stdout)).diagnostics.map(({ code, filename }) => ({
      rule: /\(([^)]+)\)/.exec(code)?.[1] ?? code,
      file: basename(filename),
    }));
  }, 150_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.keys(REFUSED))('oxlint refuses what %s names', (rule) => {
    expect(found).toContainEqual({ rule, file: `${rule}.ts` });
  });

  test('oxlint refuses what the compiler does', () => {
    expect(found.filter(({ file }) => file === 'types.ts')).toEqual([{ rule: 'TS2322', file: 'types.ts' }]);
  });

  test('ESLint in CI refuses an object that only looks like an instance of its class, and oxlint does not', () => {
    expect(found.filter(({ file }) => file === 'imitation.ts')).toEqual([]);
    const answers = eslintAnswer.parse(
      JSON.parse(lint('eslint', ['src/imitation.ts', 'test/imitation.ts'], { ...OUTSIDE_CI, CI: 'true' })),
    );
    expect(answers.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))).toEqual(
      Array(2).fill('@typescript-eslint/no-unsafe-class-instance-assignment'),
    );
  }, 150_000);
});

const levels = z.record(z.string(), z.union([z.string(), z.array(z.unknown())]));

test("every rule of typescript-eslint's strict set is asked, by oxlint or in CI by ESLint", () => {
  const { overrides } = z
    .object({ overrides: z.array(z.object({ files: z.array(z.string()), rules: levels })) })
    .parse(JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')));
  const asked = overrides.find(({ files }) => files.includes('**/*.ts'))?.rules ?? {};
  const program =
    "import('typescript-eslint').then(({ default: all }) => console.log(JSON.stringify(all.configs.strictTypeChecked.map(({ rules }) => ({ rules })))))";
  const strict = z
    .array(z.object({ rules: levels.optional() }))
    .parse(JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8' })));
  const wanted = Object.entries(Object.assign({}, ...strict.map(({ rules }) => rules)) as z.infer<typeof levels>)
    .filter(([, level]) => [level].flat()[0] !== 'off')
    .map(([name]) => name.replace('@typescript-eslint/', ''));
  expect(wanted.length).toBeGreaterThan(60);
  const on = new Set(
    Object.entries(asked)
      .filter(([, level]) => [level].flat()[0] === 'error')
      .map(([name]) => name.replace('typescript/', '')),
  );
  expect(wanted.filter((name) => !on.has(name)).sort()).toEqual([
    // It makes code longer and nothing safer.
    'no-confusing-void-expression',
    'no-unsafe-class-instance-assignment',
    // For all files, not only TypeScript's.
    'no-var',
    'prefer-const',
  ]);
});
