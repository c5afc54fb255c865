import type { MongoClient } from 'mongodb'
import {
  Closers,
  ChangeoverError,
  loadOptionalPeer,
  messageOf,
  type Logger,
  redactUrl,
  waitAtMost,
} from '../core/index.ts'
import type { Config, Migration } from '../mapping/index.ts'
import type { Queue } from '../queue/index.ts'
import { mongoErrors } from '../stream/index.ts'
import { mysqlWarehouse, type Warehouse } from '../warehouse/index.ts'
import { loadConfig } from './config-file.ts'
import type { Running } from './lifetime.ts'
import type { Mask } from './mask.ts'

/** How long closing connections may take, in milliseconds: what the command did is done by then. */
const CLOSE_MS = 1000

/** What needs an optional package. */
const NEED = 'this command'

/** The options that every command has. */
export interface CommonOptions {
  readonly config: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** The environment of one command. It opens connections on demand and closes them in reverse order when the command ends. */
export class Context implements AsyncDisposable {
  readonly options: CommonOptions
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly #running: Running
  readonly #closers = new Closers()

  constructor(options: CommonOptions, running: Running) {
    this.options = options
    this.signal = running.signal
    this.#running = running
    this.logger = stderrLogger(options.verbose ?? false, running.mask)
  }

  async config(): Promise<Config> {
    this.#running.waitsFor = `loading the config ${this.options.config}`
    const config = await loadConfig(this.options.config)
    this.#running.waitsFor = 'its work'
    return config
  }

  /** The migration with this name; without a name, the only one. */
  async migration(name: string | undefined): Promise<Migration> {
    const { migrations } = await this.config()
    const names = migrations.map((migration) => migration.name).join(', ')
    if (name !== undefined) {
      const found = migrations.find((migration) => migration.name === name)
      if (found) return found
      throw new ChangeoverError('CONFIG', `The config has no migration named ${name}.`, { remedy: `It has ${names}.` })
    }
    if (migrations.length === 1) return migrations[0]!
    if (migrations.length === 0) {
      throw new ChangeoverError('CONFIG', 'The config has no migrations.', { remedy: 'List one: migrations: [...]' })
    }
    throw new ChangeoverError('CONFIG', `The config has ${migrations.length} migrations.`, {
      remedy: `Choose one with --migration NAME: ${names}.`,
    })
  }

  warehouse(): Warehouse {
    return this.#closers.use(mysqlWarehouse(required('MYSQL_URL', 'mysql://user:password@host:3306/warehouse')))
  }

  async mongo(): Promise<MongoClient> {
    const url = required('MONGODB_URL', 'mongodb://host:27017/app')
    const { MongoClient: Client } = await loadOptionalPeer('mongodb', NEED, () => import('mongodb'))
    try {
      const client = new Client(url, { serverSelectionTimeoutMS: 10_000, appName: 'changeover' })
      this.#closers.defer(() => client.close())
      return await client.connect()
    } catch (thrown) {
      throw mongoErrors.translate(thrown, redactUrl(url))
    }
  }

  async queue(): Promise<Queue> {
    const queueUrl = required('SQS_QUEUE_URL', 'https://sqs.eu-central-1.amazonaws.com/123456789012/changeover')
    const { SQSClient } = await loadOptionalPeer('@aws-sdk/client-sqs', NEED, () => import('@aws-sdk/client-sqs'))
    const { sqs } = await import('../queue/index.ts')
    const endpoint = process.env['SQS_ENDPOINT']
    if (endpoint && !URL.canParse(endpoint)) {
      throw new ChangeoverError('CONFIG', 'The environment variable SQS_ENDPOINT is not a URL.', {
        remedy: 'Write it as http://host:4566, or unset it to use AWS.',
      })
    }
    const client = new SQSClient(endpoint ? { endpoint } : {})
    this.#closers.defer(() => client.destroy())
    try {
      await client.config.region()
      await client.config.credentials()
    } catch (thrown) {
      // The queue would treat this as transient and retry it.
      throw new ChangeoverError('CONFIG', `The AWS client cannot be used: ${messageOf(thrown)}.`, {
        cause: thrown,
        remedy: 'Set AWS_REGION, and credentials that the AWS SDK can find: AWS_PROFILE, a role, or AWS_ACCESS_KEY_ID.',
      })
    }
    return sqs(client, queueUrl)
  }

  /** Prints a result: one JSON object with `--json`, else lines for people. */
  print(result: object, lines: readonly string[]): void {
    const { mask, output } = this.#running
    const text = this.options.json ? JSON.stringify(result, printable(mask)) : lines.map(mask).join('\n')
    output.write(`${text}\n`)
  }

  /** Closes what it opened. Never rejects, and takes a second at most: what the command did is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await waitAtMost(CLOSE_MS, this.#closers.disposeAsync()).catch((thrown: unknown) => {
      this.logger.debug('closing a connection failed', { reason: messageOf(thrown) })
    })
  }
}

/** Values as JSON has them: secrets hidden, large integers as text. */
function printable(mask: Mask): (key: string, value: unknown) => unknown {
  return (_, value) => (typeof value === 'bigint' ? String(value) : typeof value === 'string' ? mask(value) : value)
}

function required(name: string, example: string): string {
  const value = process.env[name]
  if (value) return value
  throw new ChangeoverError('CONFIG', `The environment variable ${name} is not set.`, {
    remedy: `Set it, for example: ${name}=${example}`,
  })
}

function stderrLogger(verbose: boolean, mask: Mask): Logger {
  const say =
    (level: string): Logger['info'] =>
    (message, fields = {}) => {
      const said = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`)
      process.stderr.write(`${mask(`${level}: ${message}${said.join('')}`)}\n`)
    }
  const nothing = (): void => {}
  return {
    debug: verbose ? say('debug') : nothing,
    info: verbose ? say('info') : nothing,
    warn: say('warning'),
    error: say('error'),
  }
}
