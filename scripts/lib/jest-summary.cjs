const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, relative } = require('node:path');

/** How many of the slowest files are named. */
const SLOWEST = Number(process.env.PORTWARDEN_SLOWEST_FILES ?? 10);

/**
 * A jest reporter: names the skipped tests and the slowest files, ends with `N passed, N failed, N skipped`, and writes
 * these numbers as JSON to the file named by PORTWARDEN_TEST_SUMMARY. A test file that cannot run at all counts as one failure.
 */
module.exports = class Summary {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'portwarden-test-costs-'));
    this.costs = join(this.folder, 'costs.jsonl');
    process.env.PORTWARDEN_TEST_COSTS = this.costs;
  }

  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    for (const file of results.testResults) {
      const names = file.testResults.filter((test) => test.status === 'pending' || test.status === 'todo');
      if (names.length > 0 && !process.argv.some((arg) => /^(-t|--testNamePattern)/.test(arg))) {
        process.stderr.write(
          `skipped in ${relative(process.cwd(), file.testFilePath)}: ${names.length}, the first "${names[0].fullName}"\n`,
        );
      }
    }
    process.stderr.write(slowestFiles(results.testResults, readCosts(this.costs)));
    rmSync(this.folder, { recursive: true, force: true });
    const summary = process.env.PORTWARDEN_TEST_SUMMARY;
    if (summary) writeFileSync(summary, `${JSON.stringify({ passed, failed, skipped })}\n`);
    // Jest prints its own summary after this; the numbers come last.
    process.once('exit', () => {
      process.stderr.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
};

/** Processor seconds by file, as test/nodeEnvironment.js wrote them; of a file that did not come to its end there are none. */
function readCosts(file) {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return new Map(lines.map((line) => JSON.parse(line)).map(({ file: path, cpuSeconds }) => [path, cpuSeconds]));
  } catch {
    return new Map();
  }
}

/** The files that took longest, and what all took together; empty for a run of one file. */
function slowestFiles(results, costs) {
  if (results.length < 2) return '';
  const wall = ({ perfStats: { start, end } }) => (end - start) / 1000;
  const columns = (seconds, cpu, name) =>
    `${seconds.toFixed(1).padStart(8)} s ${cpu === undefined ? ''.padStart(8) : cpu.toFixed(1).padStart(8)} s CPU  ${name}\n`;
  const slowest = [...results].sort((a, b) => wall(b) - wall(a)).slice(0, SLOWEST);
  const all = results.reduce((sum, result) => sum + wall(result), 0);
  const cpu = [...costs.values()].reduce((sum, seconds) => sum + seconds, 0);
  return `\nThe slowest of ${results.length} files, with the processes that they started:\n${[
    ...slowest.map((result) =>
      columns(wall(result), costs.get(result.testFilePath), relative(process.cwd(), result.testFilePath)),
    ),
    columns(all, cpu, 'all files, one after the other'),
  ].join('')}`;
}
