import type { TestProject } from 'vitest/node'
import { startStack, type Engine, type FlagSource } from '../../dev/stack/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { messageOf } from '../../src/core/errors.ts'

/** One stack for all suites of a project, on the engine that the project is named after; each creates its databases and queues in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = project.name === 'MySQL' ? 'mysql' : 'mariadb'
  const started = new Closers()
  const say = console.error
  const [servers, database, flags] = await Promise.allSettled([
    startStack({ only: ['mongodb', 'sqs'], say }),
    startStack({ only: [engine], say }),
    // Separately: when it fails, the tests that need it report that, and the others still run.
    startStack({ only: engine === 'mariadb' ? ['flags'] : [], say }),
  ])
  for (const outcome of [servers, database, flags]) if (outcome.status === 'fulfilled') started.use(outcome.value)
  const isOptional = engine === 'mysql' && process.env['CI'] !== 'true'
  const failed = [servers, ...(isOptional ? [] : [database])].find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected' || servers.status === 'rejected') {
    await started.disposeAsync()
    throw failed?.status === 'rejected' ? failed.reason : new Error('unreachable')
  }
  const found = [servers, database, flags].flatMap((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.found : [messageOf(outcome.reason)],
  )
  for (const line of found) say(line)
  if (database.status === 'rejected') project.provide('missingEngine', messageOf(database.reason))
  else {
    project.provide('missingEngine', undefined)
    project.provide('mysqlUrl', engine === 'mysql' ? database.value.mysqlUrl : database.value.mariadbUrl)
  }
  project.provide('engine', engine === 'mysql' ? 'MySQL' : 'MariaDB')
  project.provide('mongoUrl', servers.value.mongoUrl)
  project.provide('sqs', { ...servers.value.sqs })
  if (engine === 'mariadb') {
    const isThere = flags.status === 'fulfilled'
    project.provide('flags', isThere ? flags.value.flags : { kind: 'failed', reason: messageOf(flags.reason) })
  }
  return () => started.disposeAsync()
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine of the project, MariaDB or MySQL; unset when `missingEngine` says why there is none. */
    readonly mysqlUrl: string
    readonly engine: Engine
    readonly missingEngine: string | undefined
    readonly mongoUrl: string
    readonly sqs: {
      readonly endpoint: string
      readonly region: string
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    }
    readonly flags: FlagSource | { readonly kind: 'failed'; readonly reason: string }
  }
}
