import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SQSClient } from '@aws-sdk/client-sqs'
import { expect, inject, onTestFinished } from 'vitest'
import { until } from '../../src/core/abort.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { sqs, type Queue, type QueueSender } from '../../src/queue/index.ts'
import { createSink } from '../../src/sink/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshMongo, freshQueue, freshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The servers around an observed application. */
export interface Adopting {
  readonly mongo: Awaited<ReturnType<typeof freshMongo>>
  readonly queue: Queue
  readonly queueUrl: string
  readonly warehouse: Warehouse
  /** Runs a sink until this many events have a receipt and the queue is empty. */
  arrived(events: number): Promise<void>
}

/** A database, a queue and a warehouse for one test. */
export async function adopting(migration: Migration): Promise<Adopting> {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const { queue, url, ...itsQueue } = await freshQueue()
  onTestFinished(() => itsQueue[Symbol.asyncDispose]())
  const target = await freshWarehouse([migration])
  onTestFinished(() => target[Symbol.asyncDispose]())
  const { warehouse } = target
  return {
    mongo,
    queue,
    queueUrl: url,
    warehouse,
    async arrived(events) {
      const stop = new AbortController()
      const running = createSink(migration, { queue, warehouse, waitSeconds: 1 }).run({ signal: stop.signal })
      try {
        const condition = async (): Promise<boolean> => {
          const [row] = await sql(warehouse, `SELECT COUNT(*) AS n FROM \`_receipt_${migration.name}\``)
          return Number(row!['n']) === events
        }
        await until(condition, { signal: AbortSignal.timeout(30_000) })
      } finally {
        stop.abort()
        await running
      }
    },
  }
}

/** A queue whose service is unreachable. */
export function downQueue(): QueueSender {
  const client = new SQSClient({ ...inject('sqs'), endpoint: 'http://127.0.0.1:1' })
  onTestFinished(() => client.destroy())
  return sqs(client, 'http://127.0.0.1:1/000000000000/nowhere')
}

/** Sends JSON and expects a status. Returns the JSON of the answer; undefined when it has no body. */
export async function call<T>(url: string, method: string, body: object | undefined, status: number): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
  })
  const text = await answer.text()
  expect(`${answer.status} ${text}`).toMatch(new RegExp(`^${status} `))
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** Runs an example as its README does. */
export async function runMain(
  script: string,
  { mongo, queueUrl }: Adopting,
): Promise<{ url: string; terminate: () => Promise<{ code: number; stderr: string }> }> {
  const { endpoint, region, credentials } = inject('sqs')
  const child = spawn(process.execPath, [script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MONGODB_URL: mongo.url,
      SQS_QUEUE_URL: queueUrl,
      SQS_ENDPOINT: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      UNLEASH_URL: '',
      OBSERVE: '1',
      PORT: '0',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (bytes) => (stderr += String(bytes)))
  const exited = once(child, 'exit')
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const [said] = await Promise.race([line, exited.then(() => Promise.reject(new Error(stderr)))])
  return {
    url: said.split(' ').at(-1)!,
    async terminate() {
      child.kill('SIGTERM')
      const [code] = (await exited) as [number]
      return { code, stderr }
    },
  }
}
