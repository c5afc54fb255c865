// Prints the totals of vitest's JSON report. A file that broke before its tests could run counts as one that failed.
const { readFileSync } = require('node:fs')

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
).length
const skipped = report.numPendingTests + report.numTodoTests
process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests + broken} failed, ${skipped} skipped\n`)
