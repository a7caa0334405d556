import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(__dirname, '..', '..');
const RULES = [
  'boundaries/dependencies',
  'no-restricted-imports',
  'no-restricted-syntax',
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
  /** The rule reads types. */
  readonly typed?: true;
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
  {
    name: 'a promise may not float',
    file: 'src/domain/change/plan.ts',
    text: 'const later = async (): Promise<void> => Promise.resolve();\nexport const run = (): void => {\n  later();\n};\n',
    expected: ['@typescript-eslint/no-floating-promises'],
    typed: true,
  },
  {
    name: 'any and ! are refused',
    file: 'src/domain/change/plan.ts',
    text: 'export const first = (list: string[], _other: any): string => list[0]!;\n',
    expected: ['@typescript-eslint/no-explicit-any', '@typescript-eslint/no-non-null-assertion'],
    typed: true,
  },
  {
    name: 'a switch over a union must name every member',
    file: 'src/domain/change/plan.ts',
    text: "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
    expected: ['@typescript-eslint/switch-exhaustiveness-check'],
    typed: true,
  },
];

describe('the lint rules bite', () => {
  let found: string[][] = [];

  beforeAll(() => {
    const input = JSON.stringify({
      rules: RULES,
      snippets: CASES.map(({ file, text, typed = false }) => ({ file: join(ROOT, file), text, typed })),
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
