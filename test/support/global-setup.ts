import type { TestProject } from 'vitest/node'
import { startStack, type FlagSource } from '../../dev/stack/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { messageOf } from '../../src/core/errors.ts'

/** One stack for all suites; each creates its databases and queues in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Closers()
  const [servers, flags] = await Promise.allSettled([
    startStack({ only: ['mysql', 'mongodb', 'sqs'], say: console.error }),
    // Separately: when it fails, the tests that need it report that, and the others still run.
    startStack({ only: ['flags'], say: console.error }),
  ])
  for (const outcome of [servers, flags]) if (outcome.status === 'fulfilled') started.use(outcome.value)
  if (servers.status === 'rejected') {
    await started.disposeAsync()
    throw servers.reason
  }
  const stack = servers.value
  const why = flags.status === 'fulfilled' ? flags.value.found : [`flags    ${messageOf(flags.reason)}`]
  for (const line of [...stack.found, ...why]) console.error(line)
  project.provide('mysqlUrl', stack.mysqlUrl)
  project.provide('mongoUrl', stack.mongoUrl)
  project.provide('sqs', { ...stack.sqs })
  project.provide(
    'flags',
    flags.status === 'fulfilled' ? flags.value.flags : { kind: 'failed', reason: messageOf(flags.reason) },
  )
  return () => started.disposeAsync()
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly mysqlUrl: string
    readonly mongoUrl: string
    readonly sqs: {
      readonly endpoint: string
      readonly region: string
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    }
    readonly flags: FlagSource | { readonly kind: 'failed'; readonly reason: string }
  }
}
