// node dev/stack/main.ts [SERVICE...]: runs the stack, or these services of it, until Ctrl-C.
import { once } from 'node:events'

import { ChangeoverError } from '../../src/core/index.ts'
import { DEFAULT_SERVICES, isServiceName, startStack } from './index.ts'
import type { ServiceName, Stack } from './index.ts'

type Variable = readonly [name: string, value: string]

/** What a service sets in the environment of programs that use it. */
const VARIABLES: Readonly<Record<ServiceName, (stack: Stack) => readonly Variable[]>> = {
  database: ({ databaseUrl }) => [['MYSQL_URL', databaseUrl]],
  mariadb: ({ mariadbUrl }) => [['MARIADB_URL', mariadbUrl]],
  mysql: ({ mysqlUrl }) => [['MYSQL_URL', mysqlUrl]],
  vitess: ({ vitessUrl }) => [['VITESS_URL', vitessUrl]],
  mongodb: ({ mongoUrl }) => [['MONGODB_URL', mongoUrl]],
  sqs: ({ sqs }) => [
    ['SQS_ENDPOINT', sqs.endpoint],
    ['AWS_REGION', sqs.region],
  ],
  elasticmq: ({ elasticmq }) => [['ELASTICMQ_ENDPOINT', elasticmq.endpoint]],
  flags: ({ flags }) =>
    flags.kind === 'unleash'
      ? [
          ['UNLEASH_URL', flags.url],
          ['UNLEASH_TOKEN', flags.token ?? ''],
          ['UNLEASH_PRODUCTION_TOKEN', flags.productionToken ?? ''],
          ['UNLEASH_ADMIN_TOKEN', flags.adminToken ?? ''],
        ]
      : [],
}

const leaving = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => leaving.abort())

try {
  const only = wanted(process.argv.slice(2))
  await using stack = await startStack({ only, say: console.error, signal: leaving.signal })
  for (const line of stack.found) console.error(line)
  // Only those that are not set yet: the shell has the others, and they may contain passwords.
  const variables = only.flatMap((name) => VARIABLES[name](stack)).filter(([name]) => !process.env[name])
  for (const [name, value] of variables) console.log(`export ${name}='${value}'`)
  console.error('Press Ctrl-C to stop.')
  // Neither a listener nor a stack keeps a process alive.
  const awake = setInterval(() => {}, 2 ** 30)
  if (!leaving.signal.aborted) await once(leaving.signal, 'abort')
  clearInterval(awake)
} catch (thrown) {
  if (!leaving.signal.aborted) report(thrown)
}

function wanted(names: readonly string[]): readonly ServiceName[] {
  if (names.length === 0) return DEFAULT_SERVICES
  return names.map((name) => {
    if (isServiceName(name)) return name
    throw new ChangeoverError('CONFIG', `The stack has no service ${name}.`, {
      remedy: `It has ${Object.keys(VARIABLES).join(', ')}.`,
    })
  })
}

function report(thrown: unknown): void {
  process.exitCode = 1
  if (!(thrown instanceof ChangeoverError)) return console.error(thrown)
  console.error([thrown.message, thrown.remedy].filter(Boolean).join('\n'))
  for (let cause = thrown.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    console.error(cause instanceof Error ? cause.message : cause)
  }
}
