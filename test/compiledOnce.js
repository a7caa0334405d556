// What test files share of their modules within a worker of jest. Each file has modules of its own, those of packages
// too, and jest compiles every one of them anew for each file: a quarter of all the computing of a run.
const vm = require('node:vm');

/**
 * Packages that are the same for every file, as Node itself loads them: tables of messages, and what reads and writes
 * them. They keep nothing of a test, and their errors and types are compared by nobody. Each file would build the
 * tables anew, a tenth of a second each time.
 */
const SHARED = /\/node_modules\/(@temporalio\/proto|protobufjs|long)\//;

/** By file, the script that it was compiled to, and from which text. */
const scripts = new Map();
const { compileFunction } = vm;

/**
 * Compiles a module once, as a script, and runs that in the context of each file that asks for it. `import()` fails in
 * such a module, as it does under jest anyway: Node wants a flag for it.
 */
vm.compileFunction = (code, parameters, options) => {
  const { filename, parsingContext } = options;
  if (filename === undefined || parsingContext === undefined) return compileFunction(code, parameters, options);
  if (SHARED.test(filename)) {
    return (module) => {
      module.exports = require(filename);
    };
  }
  let kept = scripts.get(filename);
  if (kept?.code !== code) {
    const head = `(function (${parameters.join(', ')}) {`;
    // Places in the first line stay what they are in the file.
    const script = new vm.Script(`${head}${code}\n})`, { filename, columnOffset: -head.length });
    kept = { code, script };
    scripts.set(filename, kept);
  }
  return kept.script.runInContext(parsingContext);
};
