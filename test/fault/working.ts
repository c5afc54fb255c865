import { onTestFinished } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { planWarehouse } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { memoryQueue, type Queue } from '../../src/queue/index.ts'
import { createSink, type SinkOptions } from '../../src/sink/index.ts'
import { mysqlWarehouse, type MysqlWarehouseOptions, type Warehouse } from '../../src/warehouse/index.ts'
import { sendAll } from '../sink/sinking.ts'
import type { OwnMysql } from '../support/own-mysql.ts'

export const soon = () => ({ signal: AbortSignal.timeout(30_000), everyMs: 10 })
export const patience: MysqlWarehouseOptions = {
  statementTimeoutMs: 1000,
  retry: { tries: 3, baseMs: 1, capMs: 10 },
}

/** A warehouse with the tables of a migration, in a new database of a server. */
export async function warehouseFor(
  mysql: OwnMysql,
  migration: Migration,
): Promise<{ warehouse: Warehouse; url: string }> {
  const url = await mysql.freshDatabase()
  const warehouse = mysqlWarehouse(url, patience)
  onTestFinished(() => warehouse.close())
  await warehouse.apply((await planWarehouse(warehouse, [migration])).steps)
  return { warehouse, url }
}

/** A queue with messages, and the greatest number of times that one of them was received. */
export async function queueWith(messages: readonly string[]) {
  const queue = memoryQueue()
  await sendAll(queue, messages)
  let received = 0
  const counting: Queue = {
    ...queue,
    async receive(options) {
      const some = await queue.receive(options)
      received = Math.max(received, ...some.map(({ receiveCount }) => receiveCount))
      return some
    },
  }
  return { queue: counting, mostReceived: () => received }
}

/** A sink that works on a queue until it is aborted, and what it has logged as warnings. */
export function working(queue: Queue, warehouse: Warehouse, options: Partial<SinkOptions> = {}) {
  const warnings: string[] = []
  const logger = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (_: string, fields?: object) => void warnings.push(JSON.stringify(fields)),
  }
  const sink = createSink(history, { queue, warehouse, waitSeconds: 1, logger, ...options })
  const controller = new AbortController()
  const running = sink.run({ signal: controller.signal })
  running.catch(() => {})
  return { sink, running, warnings, abort: () => controller.abort() }
}
