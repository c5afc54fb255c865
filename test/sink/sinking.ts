import { setImmediate as turn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { RepositoryEvent } from '../../examples/history/events.ts'
import { history } from '../../examples/history/migration.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { encodeMessage } from '../../src/event/message.ts'
import type { Queue, QueueSender } from '../../src/queue/index.ts'
import type { MergePort, Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

/** A message that carries these events. */
export function messageOf(events: readonly RepositoryEvent[], migration = history.name): string {
  return encodeMessage(
    migration,
    events.map((event) => encodeEvent(event)),
  )
}

/** Events in messages of `size` each. */
export function messagesOf(events: readonly RepositoryEvent[], size: number): string[] {
  const runs = Math.ceil(events.length / size)
  return Array.from({ length: runs }, (_, i) => messageOf(events.slice(i * size, (i + 1) * size)))
}

export async function sendAll(queue: QueueSender, bodies: readonly string[]): Promise<void> {
  const outcomes = await queue.send(bodies.map((body, i) => ({ id: String(i), body })))
  if (outcomes.some(({ status }) => status !== 'sent')) throw new Error('The queue did not take all messages.')
}

/** An empty warehouse that is removed after the test. */
export async function emptyWarehouse(): Promise<Warehouse> {
  const target = await freshWarehouse([history])
  onTestFinished(() => target[Symbol.asyncDispose]())
  return target.warehouse
}

/** A target that throws in the first `times` calls of `merge`, and then hands them on. */
export function failingFirst(
  target: MergePort,
  times: number,
  code: ChangeoverError['code'],
): MergePort & { calls: number } {
  return {
    calls: 0,
    async merge(relation, rows, options) {
      if (this.calls++ < times) throw new ChangeoverError(code, `trouble ${this.calls}`)
      await target.merge(relation, rows, options)
    },
  }
}

export async function isEmpty(queue: Queue): Promise<boolean> {
  await turn()
  const { visible, inFlight } = await queue.approximateDepth()
  return visible + inFlight === 0
}

/** How many rows a view or table holds. */
export async function countOf(warehouse: Warehouse, table: string): Promise<number> {
  const [row] = await sql(warehouse, `SELECT COUNT(*) AS n FROM \`${table}\``)
  return Number(row!['n'])
}

/** A target that hands on calls of `merge` until `times` batches have their receipts, and throws after that. */
export function failingAfter(target: MergePort, times: number, code: ChangeoverError['code']): MergePort {
  let batches = 0
  return {
    async merge(relation, rows, options) {
      if (batches >= times) throw new ChangeoverError(code, 'trouble')
      await target.merge(relation, rows, options)
      if (relation.name.startsWith('_receipt_')) batches++
    },
  }
}
