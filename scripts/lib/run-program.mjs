import Module from 'node:module';

/**
 * Runs a CommonJS program in this very process, as `node file args` would: signals and the exit code are its own, and
 * there is no parent that could outlive or lose it.
 * @param {string} file
 * @param {readonly string[]} args
 */
export function runProgram(file, args) {
  process.argv = [process.argv[0], file, ...args];
  process.setSourceMapsEnabled(true);
  Module.runMain();
}
