import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import boundaries from 'eslint-plugin-boundaries';
import importX from 'eslint-plugin-import-x';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

/** The folders that may depend on each other only in one direction, and what each may import. */
const LAYERS = {
  primitives: ['primitives', 'domain'],
  domain: ['domain'],
  protocol: ['domain', 'protocol'],
  workflows: ['domain', 'protocol', 'workflows'],
  clients: ['primitives', 'domain', 'clients'],
  sources: ['primitives', 'domain', 'clients', 'sources'],
  devices: ['primitives', 'domain', 'clients', 'devices'],
  store: ['primitives', 'domain', 'store'],
  telemetry: ['primitives', 'domain', 'telemetry'],
  temporal: ['primitives', 'domain', 'protocol', 'temporal'],
  activities: ['primitives', 'domain', 'protocol', 'sources', 'devices', 'store', 'temporal', 'activities'],
  api: ['primitives', 'domain', 'protocol', 'store', 'telemetry', 'temporal', 'api'],
  config: ['primitives', 'domain', 'sources', 'devices', 'temporal', 'config'],
  cli: ['primitives', 'domain', 'protocol', 'config', 'temporal', 'app', 'cli'],
  app: [
    ...['primitives', 'domain', 'protocol', 'clients', 'sources', 'devices', 'store', 'telemetry', 'temporal'],
    ...['activities', 'api', 'config', 'app'],
  ],
};

/** Layers of which only types may be imported. */
const TYPES_ONLY = { lab: ['domain'], activities: ['telemetry'] };

const layerPolicies = Object.entries({ ...LAYERS, lab: ['lab'] }).map(([from, to]) => ({
  from: { element: { type: from } },
  allow: { to: { element: { types: { anyOf: to } } } },
}));

const typesOnlyPolicies = Object.entries(TYPES_ONLY).map(([from, to]) => ({
  from: { element: { type: from } },
  allow: { to: { element: { types: { anyOf: to } } }, dependency: { kind: 'type' } },
}));

const everywhere = { element: { types: { anyOf: [...Object.keys(LAYERS), 'lab', 'bench', 'test'] } } };

export default tseslint.config(
  {
    ignores: ['dist/', 'node_modules/', 'coverage/', 'web/', '.portwarden/', 'data/'],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.base, tseslint.configs.eslintRecommended],
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX, boundaries },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver()],
      'import/resolver': { typescript: true },
      'boundaries/elements': [
        ...Object.keys(LAYERS).map((type) => ({ type, pattern: `src/${type}`, partialMatch: false })),
        ...['lab', 'bench', 'test'].map((type) => ({ type, pattern: type, partialMatch: false })),
      ],
    },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-self-import': 'error',
      'import-x/no-duplicates': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...layerPolicies,
            ...typesOnlyPolicies,
            { from: { element: { types: { anyOf: ['bench', 'test'] } } }, allow: { to: everywhere } },
            { allow: { to: { module: { origin: ['external', 'core'] } } } },
          ],
        },
      ],
    },
  },
  {
    files: ['src/workflows/**/*.ts', 'src/protocol/**/*.ts', 'src/domain/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({
            name,
            message: 'Workflow code is deterministic and runs without Node.',
          })),
          patterns: [{ regex: '^node:', message: 'Workflow code is deterministic and runs without Node.' }],
        },
      ],
    },
  },
  {
    files: ['src/workflows/**/*.ts', 'src/protocol/**/*.ts', 'src/domain/**/*.ts'],
    ignores: ['src/workflows/observing.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          "MemberExpression[object.name='Date'][property.name='now']",
          "NewExpression[callee.name='Date'][arguments.length=0]",
          "CallExpression[callee.name='Date']",
          "Identifier[name='performance']",
          "MemberExpression[object.callee.name='workflowInfo']:matches([property.name=/^(history|continueAsNew|unsafe)/], [computed=true])",
          "VariableDeclarator[init.callee.name='workflowInfo']",
        ].map((selector) => ({
          selector,
          message:
            'Not the same in a replay. Decide by what is recorded: src/workflows/observing.ts, docs/decisions/0035.',
        })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
