const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

/**
 * A jest reporter: names the skipped tests, ends with `N passed, N failed, N skipped`, and writes these numbers as JSON
 * to the file named by PORTWARDEN_TEST_SUMMARY. A test file that cannot run at all counts as one failure.
 */
module.exports = class Summary {
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
    const summary = process.env.PORTWARDEN_TEST_SUMMARY;
    if (summary) writeFileSync(summary, `${JSON.stringify({ passed, failed, skipped })}\n`);
    process.stderr.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
};
