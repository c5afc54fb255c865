// Measures a warehouse in a two-shard Vitess beside the same one in plain MySQL: `npm run bench:sharded`. README.md explains the figures.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planWarehouse, schemaOf } from 'changeover/migrate'
import { DEFAULT_QUEUE_LIMITS, memoryQueue } from 'changeover/queue'
import { createSink } from 'changeover/sink'
import {
  memoryWarehouse,
  mysqlWarehouse,
  vschemaOf,
  type MergePort,
  type RegistryPort,
  type Warehouse,
} from 'changeover/warehouse'
import { createConnection } from 'mysql2/promise'
import { startStack } from '../dev/stack/index.ts'
import { eventsOfFile } from '../examples/history/load-ndjson.ts'
import { history } from '../examples/history/migration.ts'
import { encodeEvent, packMessages } from '../src/event/index.ts'
import { definitionOf, senderOf } from '../src/mapping/index.ts'
import { checksumOf, relationsOf } from '../src/star/index.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '../shared/data/express-history.ndjson.gz' },
    sinks: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
  },
})
const [sinks, rounds] = [Number(values.sinks), Number(values.rounds)]
const MESSAGE_EVENTS = 50
const relations = Object.values(history.tables).flatMap(relationsOf)

/** A fixed shuffle, so that rounds and engines get the same deliveries. */
function shuffled<T>(items: readonly T[]): T[] {
  let state = 1
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

const events: Uint8Array[] = []
for await (const event of eventsOfFile(values.events)) events.push(encodeEvent(event))
const deliveries = shuffled([...events, ...events.filter((_, i) => i % 5 === 0)])
const messages = Array.from({ length: Math.ceil(deliveries.length / MESSAGE_EVENTS) }, (_, i) =>
  deliveries.slice(i * MESSAGE_EVENTS, (i + 1) * MESSAGE_EVENTS),
).flatMap((some) =>
  packMessages(senderOf(definitionOf(history)), some, DEFAULT_QUEUE_LIMITS.messageBytes).bodies.map(({ body }) => body),
)

async function checksumsOf(target: Pick<Warehouse, 'buckets'>): Promise<string> {
  const buckets = await Promise.all(relations.map((relation) => target.buckets(relation)))
  return buckets.map(checksumOf).join()
}

/** Seconds until all sinks have applied all messages. */
async function deliver(warehouse: MergePort & RegistryPort): Promise<number> {
  const queue = memoryQueue()
  await queue.send(messages.map((body, i) => ({ id: String(i), body })))
  const began = performance.now()
  const stop = new AbortController()
  const running = Array.from({ length: sinks }, () =>
    createSink(history, { queue, warehouse, waitSeconds: 1 }).run({ signal: stop.signal }),
  )
  for (let left = 1; left > 0;) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const { visible, inFlight } = await queue.approximateDepth()
    left = visible + inFlight
  }
  const seconds = (performance.now() - began) / 1000
  stop.abort()
  await Promise.all(running)
  return seconds
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const median = (figures: readonly number[]): string =>
  figures.toSorted((a, b) => a - b)[figures.length >> 1]!.toFixed(2)

const schema = schemaOf([history])
const folder = await mkdtemp(join(tmpdir(), 'changeover-bench-'))
const file = join(folder, 'vschema.json')
await writeFile(file, JSON.stringify(vschemaOf(schema)))
const env = { ...process.env, VITESS_VSCHEMA: file }
await using stack = await startStack({ only: ['mysql', 'vitess'], env, say: console.error })
await rm(folder, { recursive: true })
for (const line of stack.found) console.log(line)
const plain = Object.assign(new URL(stack.mysqlUrl), { pathname: `/changeover_bench_${process.pid}` })
const owner = await createConnection(stack.mysqlUrl)
await owner.query(`CREATE DATABASE ${plain.pathname.slice(1)}`)
const memory = memoryWarehouse()
await deliver(memory)
const expected = await checksumsOf(memory)
console.log(`${events.length} events, ${deliveries.length} deliveries in ${messages.length} messages, ${sinks} sinks`)

for (const [name, url] of Object.entries({ MySQL: plain.href, Vitess: stack.vitessUrl })) {
  await using warehouse = mysqlWarehouse(url)
  const applying = await secondsOf(async () => warehouse.apply((await planWarehouse(warehouse, [history])).steps))
  const delivering: number[] = []
  const summing: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const relation of [...relations, ...schema.internal]) await warehouse.clear(relation)
    delivering.push(await deliver(warehouse))
    let found = ''
    summing.push(await secondsOf(async () => void (found = await checksumsOf(warehouse))))
    if (found !== expected) throw new Error(`The tables in ${name} are not what the events say.`)
  }
  const rate = Math.round(events.length / Number(median(delivering)))
  console.log(
    `${name.padEnd(6)} plan and apply ${applying.toFixed(2)} s; deliveries ${median(delivering)} s (${rate} events/s); ` +
      `checksums of ${relations.length} tables ${median(summing)} s; equal to memory's`,
  )
}
await owner.query(`DROP DATABASE ${plain.pathname.slice(1)}`)
await owner.end()
