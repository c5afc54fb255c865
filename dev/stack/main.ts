// node dev/stack/main.ts: runs the stack until Ctrl-C.
import { once } from 'node:events'

import { ChangeoverError } from '../../src/core/index.ts'
import { startStack } from './index.ts'
import type { Stack } from './index.ts'

const leaving = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => leaving.abort())

try {
  await using stack = await startStack({ say: console.error, signal: leaving.signal })
  for (const line of stack.found) console.error(line)
  for (const [name, value] of variables(stack)) console.log(`export ${name}='${value}'`)
  console.error('Press Ctrl-C to stop.')
  // Neither a listener nor a stack keeps a process alive.
  const awake = setInterval(() => {}, 2 ** 30)
  if (!leaving.signal.aborted) await once(leaving.signal, 'abort')
  clearInterval(awake)
} catch (thrown) {
  if (!leaving.signal.aborted) report(thrown)
}

/** Only those that are not set yet: the shell has the others, and they may contain passwords. */
function variables({ databaseUrl, mongoUrl, sqs, flags }: Stack): [string, string][] {
  const all: [string, string][] = [
    ['MYSQL_URL', databaseUrl],
    ['MONGODB_URL', mongoUrl],
    ['SQS_ENDPOINT', sqs.endpoint],
    ['AWS_REGION', sqs.region],
    ...(flags.kind === 'unleash'
      ? ([
          ['UNLEASH_URL', flags.url],
          ['UNLEASH_TOKEN', flags.token ?? ''],
          ['UNLEASH_PRODUCTION_TOKEN', flags.productionToken ?? ''],
          ['UNLEASH_ADMIN_TOKEN', flags.adminToken ?? ''],
        ] satisfies [string, string][])
      : []),
  ]
  return all.filter(([name]) => !process.env[name])
}

function report(thrown: unknown): void {
  process.exitCode = 1
  if (!(thrown instanceof ChangeoverError)) return console.error(thrown)
  console.error([thrown.message, thrown.remedy].filter(Boolean).join('\n'))
  for (let cause = thrown.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    console.error(cause instanceof Error ? cause.message : cause)
  }
}
