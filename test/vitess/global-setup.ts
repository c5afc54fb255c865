import type { TestProject } from 'vitest/node'
import { startStack } from '../../dev/stack/index.ts'
import { Closers } from '../../src/core/index.ts'

/** A Vitess, and a MySQL to compare it with. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Closers()
  const stack = started.use(await startStack({ only: ['vitess', 'mysql'], say: console.error }))
  for (const line of stack.found) console.error(line)
  project.provide('vitessUrl', stack.vitessUrl)
  project.provide('mysqlUrl', stack.mysqlUrl)
  return () => started.disposeAsync()
}

declare module 'vitest' {
  interface ProvidedContext {
    /** An address that names a keyspace of two shards, which the suites empty. */
    readonly vitessUrl: string
  }
}
