import boundaries from 'eslint-plugin-boundaries';
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

/**
 * The one type-aware rule of typescript-eslint's strict set that oxlint does not have. It makes ESLint read all types a
 * second time, which costs as much as everything else together, so only CI asks it.
 */
const ONLY_HERE = {
  files: ['**/*.ts'],
  extends: [tseslint.configs.base],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'error' },
};

/**
 * What oxlint (.oxlintrc.json, which has all other rules) cannot say: which folder may import which, and what workflow
 * code may not do.
 */
/** What is another time, or another length of history, in a replay. */
const CLOCKS = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  "Identifier[name='performance']",
  "MemberExpression[object.callee.name='workflowInfo']:matches([property.name=/^(history|continueAsNew|unsafe)/], [computed=true])",
  "VariableDeclarator[init.callee.name='workflowInfo']",
].map((selector) => ({
  selector,
  message: 'Not the same in a replay. Decide by what is recorded: src/workflows/observing.ts, docs/decisions/0035.',
}));

/** What comes before or after the result of a local activity, and not so in a replay. */
const MESSAGES = [
  {
    selector: 'CallExpression[callee.name=/^(define(Signal|Update)|listenTo)$/]',
    message:
      'Whether a signal comes before the result of a local activity is not the same in a replay. Wait for outcomes with converging.ts, or take signals in by a recorded number as a coordinator does: docs/decisions/0035.',
  },
];

export default tseslint.config(
  {
    ignores: ['dist/', 'node_modules/', 'coverage/', 'web/', '.portwarden/', 'data/'],
  },
  {
    files: ['src/**/*.ts', 'lab/**/*.ts'],
    extends: [tseslint.configs.base],
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: true },
      'boundaries/elements': [
        ...Object.keys(LAYERS).map((type) => ({ type, pattern: `src/${type}`, partialMatch: false })),
        ...['lab', 'bench', 'test'].map((type) => ({ type, pattern: type, partialMatch: false })),
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...layerPolicies,
            ...typesOnlyPolicies,
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
    rules: { 'no-restricted-syntax': ['error', ...CLOCKS] },
  },
  {
    files: ['src/workflows/**/*.ts'],
    // applyAll and notifications have no local activity: what comes before the result of another one stands in the history.
    ignores: [
      'src/workflows/observing.ts',
      'src/workflows/signals.ts',
      'src/workflows/deviceCoordinator.ts',
      'src/workflows/converging.ts',
      'src/workflows/applyAll.ts',
      'src/workflows/notifications.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ...CLOCKS, ...MESSAGES] },
  },
  ...(process.env.CI === undefined ? [] : [ONLY_HERE]),
);
