#!/usr/bin/env node
// Nothing here may need a recent Node: an old one has to get far enough to say that it is too old.
import { tooOld } from './node-version.ts'

const complaint = tooOld(process.versions.node)
if (complaint === undefined) {
  import('./main.ts').then(
    ({ main }) => main(process.argv),
    (thrown: unknown) => fail(thrown instanceof Error ? thrown.message : String(thrown)),
  )
} else {
  fail(complaint)
}

function fail(message: string): void {
  process.stderr.write(`changeover: ${message}\n`)
  process.exitCode = 2
}
