#!/usr/bin/env node
// Nothing in this file may need a recent Node: an old one must get far enough to report that it is too old.
import { unsupportedNode } from './node-version.ts'

// Only a command that has reached its end lowers it.
process.exitCode = 2

const problem = unsupportedNode(process.versions.node)
if (problem === undefined) {
  import('./main.ts').then(
    ({ main }) => main(process.argv),
    (thrown: unknown) => fail(thrown instanceof Error ? thrown.message : String(thrown)),
  )
} else {
  fail(problem)
}

function fail(message: string): void {
  process.stderr.write(`changeover: ${message}\n`)
}
