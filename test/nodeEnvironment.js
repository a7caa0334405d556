// Jest's Node environment plus what keeps many files in one process cheap. Modules are compiled once
// (compiledOnce.js). PGlite as Node itself loads it: PGlite imports Node's modules dynamically,
// which jest's module system refuses without an experimental flag of Node. What a test file costs, for the report
// of the slowest files (scripts/lib/jest-summary.cjs). And an end for every AsyncLocalStorage: each file has a copy of
// jest-circus with one, and those of all earlier files would be carried along by every promise of the later ones.
const { AsyncLocalStorage } = require('node:async_hooks');
const { appendFileSync, readFileSync } = require('node:fs');
const v8 = require('node:v8');
const { TestEnvironment } = require('jest-environment-node');
require('./compiledOnce');

// PGlite's second, optimising compilation costs more than it brings: jest.config.js.
v8.setFlagsFromString('--liftoff-only');

// From a replay of workflows on, Temporal's SDK notes the stack of every promise, for a query that nobody asks in a replay, and
// goes on in all later files. Under jest it would read none of these stacks: jest has a reader of its own.
v8.promiseHooks = { ...v8.promiseHooks, createHook: () => () => undefined };

/** Those that were begun since the last file ended. */
const begun = new Set();
for (const method of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[method];
  AsyncLocalStorage.prototype[method] = function (...args) {
    begun.add(this);
    return original.apply(this, args);
  };
}

// Without this, the workers of a killed jest go on with their files, and with every product that these started.
const leave = () => process.exit(1);
process.once('disconnect', leave);
// A worker that has nothing left to do stops listening to jest, and ends when nobody else listens either.
process.on('removeListener', (event) => {
  if (event === 'message') process.removeListener('disconnect', leave);
});

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.loadPglite = () => require('@electric-sql/pglite');
    this.testPath = context.testPath;
    this.before = cpuSeconds();
  }

  async teardown() {
    await super.teardown();
    for (const storage of begun) storage.disable();
    begun.clear();
    const report = process.env.PORTWARDEN_TEST_COSTS;
    if (report === undefined) return;
    appendFileSync(report, `${JSON.stringify({ file: this.testPath, cpuSeconds: cpuSeconds() - this.before })}\n`);
  }
};

/** Processor time of this process and of those that it started and that have ended, products and servers among them. */
function cpuSeconds() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    // utime, stime, cutime, cstime of proc_pid_stat(5), in ticks of 10 ms.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}
