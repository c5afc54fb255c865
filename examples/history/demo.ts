// Runs the main job on real input, with servers of its own: `npm run demo`. `--help` lists the options.
import { randomBytes, randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { ChangeoverError } from 'changeover'
import { sqs } from 'changeover/queue'
import { mysqlWarehouse } from 'changeover/warehouse'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { startStack, type Stack } from '../../dev/stack/index.ts'
import type { RepositoryEvent } from './events.ts'
import { flagSwitch } from './flags.ts'
import { eventsOfRepository } from './import-git.ts'
import { eventsOfFile } from './load-ndjson.ts'
import { runMainJob, type MainJobResult } from './main-job.ts'
import { screen } from './screen.ts'

const USAGE = `npm run demo -- [--events FILE | --repo DIR] [--json] [--seed N] [--keep] [--verbose]

  --events FILE  events from an NDJSON file in Extended JSON, .gz or not
  --repo DIR     events from the history of a git repository (default: the one that this folder is in)
  --json         one JSON object instead of the screen
  --seed N       repeats a run's shuffling
  --keep         leaves the servers running until Ctrl-C, and prints their addresses
  --verbose      stack traces

Exit codes: 0 all reports agree, 1 they do not, 2 could not run.`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string' },
      repo: { type: 'string' },
      json: { type: 'boolean', default: false },
      seed: { type: 'string' },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return print(USAGE)
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new ChangeoverError('ABORTED', 'Stopped.')))

  const seed = seedOf(values.seed)
  const { input, events } = await readInput(values)
  say(`${events.length} events from ${input}`)
  await using stack = await startStack({ say, signal: stop.signal })
  const addresses = { mysql: '', mongo: '', queue: '' }
  const result = await onFreshDatabases(stack, values.keep, addresses, events, seed, say)

  print(values.json ? JSON.stringify({ input, ...result }) : screen(result, { input, found: stack.found }))
  if (values.keep) {
    say(
      `\nexport MYSQL_URL='${addresses.mysql}' MONGODB_URL='${addresses.mongo}' SQS_QUEUE_URL='${addresses.queue}'\nPress Ctrl-C to stop.`,
    )
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
  }
  return result.agree ? 0 : 1
}

async function onFreshDatabases(
  stack: Stack,
  keep: boolean,
  addresses: { mysql: string; mongo: string; queue: string },
  events: readonly RepositoryEvent[],
  seed: number,
  say: (line: string) => void,
): Promise<MainJobResult> {
  const name = `changeover_demo_${randomBytes(4).toString('hex')}`
  await using closers = new AsyncDisposableStack()
  const drop = (what: () => Promise<unknown>): void => {
    if (!keep) closers.defer(async () => void (await what()))
  }

  await onServer(stack.databaseUrl, `CREATE DATABASE \`${name}\``)
  drop(() => onServer(stack.databaseUrl, `DROP DATABASE \`${name}\``))
  addresses.mysql = withPath(stack.databaseUrl, name)
  const warehouse = closers.use(mysqlWarehouse(addresses.mysql))

  addresses.mongo = withPath(stack.mongoUrl, name)
  const client = new MongoClient(addresses.mongo, { monitorCommands: true })
  closers.defer(() => client.close())
  drop(() => client.db().dropDatabase())

  const queueClient = new SQSClient(stack.sqs)
  closers.defer(() => queueClient.destroy())
  const { QueueUrl: queueUrl = '' } = await queueClient.send(new CreateQueueCommand({ QueueName: name }))
  drop(() => queueClient.send(new DeleteQueueCommand({ QueueUrl: queueUrl })))
  addresses.queue = queueUrl

  const write = closers.use(await flagSwitch(stack.flags))
  return await runMainJob({ client, queue: sqs(queueClient, queueUrl), warehouse, write }, events, { seed, say })
}

async function readInput(values: {
  events?: string | undefined
  repo?: string | undefined
}): Promise<{ input: string; events: RepositoryEvent[] }> {
  if (values.events !== undefined && values.repo !== undefined) {
    throw new ChangeoverError('CONFIG', 'Both --events and --repo are given.', { remedy: 'Choose one.' })
  }
  const repo = values.repo ?? '.'
  const input = values.events ?? `the history of ${repo === '.' ? 'this repository' : repo}`
  const events = await Array.fromAsync(
    values.events === undefined ? eventsOfRepository(repo) : eventsOfFile(values.events),
  )
  if (events.length > 0) return { input, events }
  throw new ChangeoverError('CONFIG', `There are no events in ${input}.`, {
    remedy: 'Name a repository with commits (--repo DIR) or a file of events (--events FILE).',
  })
}

function seedOf(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 32)
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text)
  throw new ChangeoverError('CONFIG', `The seed ${JSON.stringify(text)} is not a whole number below 2^32.`)
}

async function onServer(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } catch (thrown) {
    throw new ChangeoverError('DENIED', `The user of MYSQL_URL cannot run ${statement.split(' ', 2).join(' ')}.`, {
      cause: thrown,
      remedy:
        'The demo creates its own database and drops it at the end: grant the user CREATE and DROP on changeover_demo_%.',
    })
  } finally {
    await connection.end()
  }
}

function withPath(address: string, database: string): string {
  const url = new URL(address)
  url.pathname = `/${database}`
  return url.href
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (thrown) {
  const remedy = thrown instanceof ChangeoverError && thrown.remedy ? ` ${thrown.remedy}` : ''
  const said =
    process.argv.includes('--verbose') && thrown instanceof Error
      ? thrown.stack
      : `demo: ${thrown instanceof Error ? thrown.message : String(thrown)}${remedy}`
  process.stderr.write(`${said}\n`)
  process.exitCode = 2
}
