import { Closers } from '../../src/core/closers.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { findDatabase, findMariadb, findMysql } from './database.ts'
import { findFlags } from './flags.ts'
import type { FlagSource } from './flags.ts'
import { thisMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { findMongodb } from './mongodb.ts'
import type { Context, Running } from './service.ts'
import { findSqs } from './sqs.ts'
import type { SqsEndpoint } from './sqs.ts'

export type { FlagSource } from './flags.ts'
export { thisMachine } from './machine.ts'
export type { Machine } from './machine.ts'
export type { Found } from './service.ts'
export type { SqsEndpoint } from './sqs.ts'

const FINDERS = {
  database: findDatabase,
  mariadb: findMariadb,
  mysql: findMysql,
  mongodb: findMongodb,
  sqs: findSqs,
  flags: findFlags,
}

/** What a stack has when it is not told. */
const DEFAULT_SERVICES: readonly ServiceName[] = ['database', 'mongodb', 'sqs', 'flags']

/** One of the things that a stack is made of. */
export type ServiceName = keyof typeof FINDERS

/** The servers that the tests and the examples run on. A service left out by `only` throws when it is asked for. */
export interface Stack extends AsyncDisposable {
  /** A MariaDB or a MySQL, whichever is quicker to have; the address names no database, here and below. */
  readonly databaseUrl: string
  readonly mariadbUrl: string
  readonly mysqlUrl: string
  readonly mongoUrl: string
  readonly sqs: SqsEndpoint
  readonly flags: FlagSource
  /** One line each: what was found, and why. */
  readonly found: readonly string[]
  /** Ends what was started, last first, and removes its data; what was given by the environment stays as it is. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** @defaultValue `process.env` */
  readonly env?: NodeJS.ProcessEnv
  /** @defaultValue `database`, `mongodb`, `sqs` and `flags` */
  readonly only?: readonly ServiceName[]
  /** Is told what takes long. @defaultValue silence */
  readonly say?: (line: string) => void
  /** Aborts the start. A stack that has started is ended by `stop`. */
  readonly signal?: AbortSignal
  /** What is looked at and reached. @defaultValue this machine */
  readonly machine?: Machine
}

/**
 * Finds or starts databases, MongoDB, an SQS API and feature flags, all at the same time: each from the environment, else
 * from this machine, else from where it can be had. They end with this process, however it ends.
 *
 * @throws {ChangeoverError} `'CONFIG'`, `'UNREACHABLE'` or `'DENIED'`, when one of them cannot be had; the others are ended
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
      // The first failure is the one to tell: it also ends the starts that are still under way.
      failed.abort(thrown)
      throw thrown
    }
  }

  const starts = [
    start('database', FINDERS.database),
    start('mariadb', FINDERS.mariadb),
    start('mysql', FINDERS.mysql),
    start('mongodb', FINDERS.mongodb),
    start('sqs', FINDERS.sqs),
    start('flags', FINDERS.flags),
  ] as const
  await Promise.allSettled(starts)
  if (context.signal.aborted) {
    await started.disposeAsync()
    throw context.signal.reason
  }
  const [database, mariadb, mysql, mongodb, sqs, flags] = await Promise.all(starts)

  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= started.disposeAsync())
  const found = Object.entries({ database, mariadb, mysql, mongodb, sqs, flags })
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
    get mongoUrl() {
      return valueOf('mongodb', mongodb)
    },
    get sqs() {
      return valueOf('sqs', sqs)
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
