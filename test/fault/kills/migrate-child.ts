// One run of a migration: it resumes the one before when that was killed.
import { MongoClient } from 'mongodb'
import { mayPass } from '../../../src/core/index.ts'
import { migrate } from '../../../src/migrate/index.ts'
import { mongoEvents } from '../../../src/stream/index.ts'
import type { Warehouse } from '../../../src/warehouse/index.ts'
import { childOf, say, sayFailed, tellingWarehouse } from './child.ts'
import { steps } from './migration.ts'

export interface MigrateSettings {
  readonly warehouseUrl: string
  readonly mongoUrl: string
  /** Whether to begin a new run even when one was interrupted. */
  readonly fresh: boolean
}

const { settings: json, stop } = childOf()
const settings = JSON.parse(json) as MigrateSettings
const client = await new MongoClient(settings.mongoUrl).connect()
const telling = tellingWarehouse(settings.warehouseUrl)
let isConnected = false
const warehouse: Warehouse = {
  ...telling,
  counters: telling.counters,
  async dialect(options) {
    const dialect = await telling.dialect(options)
    isConnected = true
    return dialect
  },
}
try {
  const result = await migrate(steps, {
    source: mongoEvents(client.db(), steps),
    warehouse,
    ranges: 6,
    parallel: 2,
    batchEvents: 40,
    fresh: settings.fresh,
    signal: stop,
  })
  const { resumed, events, applied, quarantined, late } = result
  say({ kind: 'result', resumed, counts: { ...warehouse.counters, events, applied, quarantined, late } })
} catch (thrown) {
  if (!stop.aborted) sayFailed(thrown, !isConnected && mayPass(thrown))
}
await warehouse.close()
await client.close()
process.removeAllListeners('disconnect')
process.disconnect()
