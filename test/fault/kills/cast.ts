import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { Closers } from '../../../src/core/index.ts'
import type { MigrateSettings } from './migrate-child.ts'
import type { SinkSettings } from './sink-child.ts'
import { Slot, type Before, type Next } from './slot.ts'
import { Worker, type Ended } from './worker.ts'
import type { World } from './world.ts'

/** The processes that are killed, each in a slot with proxies of its own. */
export interface Cast extends AsyncDisposable {
  readonly sinks: readonly Slot[]
  readonly migration: Slot
}

/** What comes after a process that has ended by itself. */
export interface CastEvents {
  sinkEnded(ended: Ended): Next
  migrationEnded(ended: Ended): Promise<Next>
}

const SINKS = 3
/** In seconds. The lease of a sink that was killed has to end before its messages come again. */
const VISIBILITY = 2

export async function openCast(world: World, events: CastEvents): Promise<Cast> {
  const opened = new Closers()
  const proxyTo = async (url: string) => opened.use(await startTcpProxy(url))
  const inSlot = (slot: Slot): Slot => {
    opened.defer(() => slot.end())
    return slot
  }

  const sinks: Slot[] = []
  for (let i = 0; i < SINKS; i++) {
    const [warehouse, queue] = [await proxyTo(world.warehouseUrl), await proxyTo(world.sqs.endpoint)]
    const settings: SinkSettings = {
      warehouseUrl: warehouse.url,
      queueUrl: world.queueUrl,
      client: { ...world.sqs, endpoint: queue.url },
      visibilitySeconds: VISIBILITY,
    }
    const start = () => new Worker('sink-child.ts', settings)
    sinks.push(inSlot(new Slot(`sink ${i + 1}`, { warehouse, queue }, start, async (ended) => events.sinkEnded(ended))))
  }

  const warehouse = await proxyTo(world.warehouseUrl)
  const startMigration = (before: Before) => {
    const settings: MigrateSettings = {
      warehouseUrl: warehouse.url,
      mongoUrl: world.mongoUrl,
      fresh: before === 'done',
    }
    return new Worker('migrate-child.ts', settings)
  }
  const migration = inSlot(
    new Slot('the migration', { warehouse }, startMigration, (ended) => events.migrationEnded(ended)),
  )
  return { sinks, migration, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
