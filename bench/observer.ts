// Measures what an observer costs its host: `npm run bench:observer`. README.md explains the figures.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CreateQueueCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient } from 'mongodb'
import { startStack } from '../dev/stack/index.ts'
import { measureListeners, type Listeners } from './observer-listeners.ts'
import { DATABASE, MODES, openMode, type Mode, type ModeName, type Target } from './observer-host.ts'
import { measure, type Load, type Round } from './observer-measure.ts'
import { reportOf, table, type Report } from './observer-report.ts'
import { measureSlices, type Slices } from './observer-slices.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '40' },
    inserts: { type: 'string', default: '500' },
    concurrency: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const load: Load = { inserts: Number(values.inserts), concurrency: Number(values.concurrency) }
const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** One message per event is so slow that fewer inserts are enough. */
const sizeOf = (name: ModeName, size: Load): Load =>
  name === 'by hand' ? { ...size, inserts: Math.max(100, Math.round(size.inserts / 5)) } : size

/** Runs all modes in every round, in a changing order, so that changes of the machine's load affect them all. */
async function compare(server: string, target: Target, size: Load, count: number): Promise<Report> {
  const modes = new Map<ModeName, Mode>()
  const taken = new Map<ModeName, Round[]>(MODES.map((name) => [name, []]))
  for (const name of MODES) modes.set(name, await openMode(name, target))
  // Warms up: compiles the code and opens the connections.
  for (const [name, mode] of modes) await measure(mode, sizeOf(name, size))
  for (let round = 0; round < count; round++) {
    const order = MODES.map((_, i) => MODES[(i * 5 + round) % MODES.length]!)
    for (const name of round % 2 === 0 ? order : order.toReversed()) {
      taken.get(name)!.push(await measure(modes.get(name)!, sizeOf(name, size)))
    }
    await target.queueClient.send(new PurgeQueueCommand({ QueueUrl: target.queueUrl }))
    say(`${server}: round ${round + 1} of ${count}`)
  }
  for (const mode of modes.values()) await mode.close()
  return reportOf(server, size, count, taken)
}

async function tinyServer(): Promise<{ url: string; stop: () => void }> {
  const child = fork(fileURLToPath(new URL('observer-server.ts', import.meta.url)))
  const [port] = (await once(child, 'message')) as [number]
  return { url: `mongodb://127.0.0.1:${port}/?directConnection=true`, stop: () => child.disconnect() }
}

const stack = await startStack({ only: ['mongodb', 'sqs'], say })
const queueClient = new SQSClient(stack.sqs)
const { QueueUrl: queueUrl = '' } = await queueClient.send(
  new CreateQueueCommand({ QueueName: `bench-${process.pid}` }),
)
const reports: Report[] = []
let listeners: Listeners | undefined
let slices: Slices | undefined

if (values.only !== 'mongodb') {
  const tiny = await tinyServer()
  const target = { mongoUrl: tiny.url, queueClient, queueUrl }
  reports.push(await compare('a server that forgets', target, load, rounds))
  slices = await measureSlices(target, rounds * 10)
  listeners = await measureListeners(tiny.url)
  tiny.stop()
}
if (values.only !== 'tiny') {
  const { mongoUrl } = stack
  const client = new MongoClient(mongoUrl)
  const what = stack.found.find((line) => line.startsWith('mongodb'))?.replace(/^mongodb\s+/, '') ?? mongoUrl
  // Fewer rounds, because a stand-in is slow.
  const fewer = { ...load, inserts: Math.max(100, Math.round(load.inserts / 5)) }
  reports.push(await compare(what, { mongoUrl, queueClient, queueUrl }, fewer, Math.ceil(rounds / 2)))
  await client.db(DATABASE).dropDatabase()
  await client.close()
}
queueClient.destroy()
await stack.stop()

const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${process.platform} ${release()}, Node ${process.version}`
if (values.json) console.log(JSON.stringify({ machine, reports, slices, listeners }, undefined, 2))
else {
  console.log(`${machine}\n`)
  for (const report of reports) console.log(table(report))
  for (const [mode, { us, ratio }] of Object.entries(slices ?? {})) {
    console.log(`in thin slices, ${mode}: ${us.toFixed(0)} us of CPU per insert, ${ratio.toFixed(3)}`)
  }
  for (const [flag, { median, low, high }] of Object.entries(listeners ?? {})) {
    console.log(
      `the observer alone, flag ${flag}: ${median.toFixed(1)} us per insert (${low.toFixed(1)}-${high.toFixed(1)})`,
    )
  }
}
