import { ChangeoverError, Closers } from '../../src/core/index.ts'
import { findDatabase, findMariadb, findMysql } from './database.ts'
import { findElasticmq } from './elasticmq.ts'
import { findFlags } from './flags.ts'
import type { FlagSource } from './flags.ts'
import { thisMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { findMongodb } from './mongodb.ts'
import type { Context, Running } from './service.ts'
import { findSqs } from './sqs.ts'
import type { SqsEndpoint } from './sqs.ts'
import { findVitess } from './vitess.ts'

export type { Engine } from './database-server.ts'
export type { FlagSource } from './flags.ts'
export { thisMachine } from './machine.ts'
export type { Machine } from './machine.ts'
export { startOwnDatabase } from './own-database.ts'
export type { OwnDatabase } from './own-database.ts'
export type { Found } from './service.ts'
export type { SqsEndpoint } from './sqs.ts'

const FINDERS = {
  database: findDatabase,
  mariadb: findMariadb,
  mysql: findMysql,
  vitess: findVitess,
  mongodb: findMongodb,
  sqs: findSqs,
  elasticmq: findElasticmq,
  flags: findFlags,
}

/** What a stack has unless `only` names something else. */
export const DEFAULT_SERVICES: readonly ServiceName[] = ['database', 'mongodb', 'sqs', 'flags']

/** A part of a stack. */
export type ServiceName = keyof typeof FINDERS

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(FINDERS, name)
}

/** The servers for the tests and the examples. A service that `only` leaves out throws when it is read. */
export interface Stack extends AsyncDisposable {
  /** A MariaDB or a MySQL, whichever is available sooner. Addresses of servers name no database. */
  readonly databaseUrl: string
  readonly mariadbUrl: string
  readonly mysqlUrl: string
  /** A keyspace of two shards; this one names its keyspace. */
  readonly vitessUrl: string
  readonly mongoUrl: string
  readonly sqs: SqsEndpoint
  /** A second server with the API of SQS. */
  readonly elasticmq: SqsEndpoint
  readonly flags: FlagSource
  /** One line per service: what was found, and why. */
  readonly found: readonly string[]
  /** Stops what was started, last first, and removes its data. Servers from the environment are left alone. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** @defaultValue `process.env` */
  readonly env?: NodeJS.ProcessEnv
  /** @defaultValue `database`, `mongodb`, `sqs` and `flags` */
  readonly only?: readonly ServiceName[]
  /** Called with a line before each slow step. @defaultValue silent */
  readonly say?: (line: string) => void
  /** Aborts the start. Use `stop` once the stack has started. */
  readonly signal?: AbortSignal
  /** Where to look for servers. @defaultValue this machine */
  readonly machine?: Machine
}

/**
 * Finds or starts databases, MongoDB, an SQS API and feature flags, all at the same time: each from the environment, else
 * from this machine, else by a download. They stop with this process, however it ends.
 *
 * @throws {ChangeoverError} `'CONFIG'`, `'UNREACHABLE'` or `'DENIED'`, when one of them is not available; the others are stopped
 * @example
 * await using stack = await startStack({ only: ['database'], say: console.error })
 * const connection = await createConnection(stack.databaseUrl)
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { env = process.env, only = DEFAULT_SERVICES, say = () => {}, signal } = options
  const failed = new AbortController()
  const context: Context = {
    machine: options.machine ?? thisMachine(env),
    say,
    signal: AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]),
  }
  const started = new Closers()

  async function start<T>(name: ServiceName, find: (context: Context) => Promise<Running<T>>) {
    if (!only.includes(name)) return undefined
    try {
      const running = await find(context)
      started.defer(() => running.stop())
      return running
    } catch (thrown) {
      // Only the first failure is reported. It also aborts the other starts.
      failed.abort(thrown)
      throw thrown
    }
  }

  const starts = [
    start('database', FINDERS.database),
    start('mariadb', FINDERS.mariadb),
    start('mysql', FINDERS.mysql),
    start('vitess', FINDERS.vitess),
    start('mongodb', FINDERS.mongodb),
    start('sqs', FINDERS.sqs),
    start('elasticmq', FINDERS.elasticmq),
    start('flags', FINDERS.flags),
  ] as const
  await Promise.allSettled(starts)
  if (context.signal.aborted) {
    await started.disposeAsync()
    throw context.signal.reason
  }
  const [database, mariadb, mysql, vitess, mongodb, sqs, elasticmq, flags] = await Promise.all(starts)

  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= started.disposeAsync())
  const found = Object.entries({ database, mariadb, mysql, vitess, mongodb, sqs, elasticmq, flags })
  return {
    get databaseUrl() {
      return valueOf('database', database)
    },
    get mariadbUrl() {
      return valueOf('mariadb', mariadb)
    },
    get mysqlUrl() {
      return valueOf('mysql', mysql)
    },
    get vitessUrl() {
      return valueOf('vitess', vitess)
    },
    get mongoUrl() {
      return valueOf('mongodb', mongodb)
    },
    get sqs() {
      return valueOf('sqs', sqs)
    },
    get elasticmq() {
      return valueOf('elasticmq', elasticmq)
    },
    get flags() {
      return valueOf('flags', flags)
    },
    found: found.flatMap(([name, running]) => (running ? [`${name.padEnd(8)} ${running.why}`] : [])),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function valueOf<T>(name: ServiceName, running: Running<T> | undefined): T {
  if (running !== undefined) return running.value
  throw new ChangeoverError('CONFIG', `This stack was started without ${name}.`, {
    remedy: `Add '${name}' to \`only\`.`,
  })
}
