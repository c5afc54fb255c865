import { setImmediate as turn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { RepositoryEvent } from '../../examples/history/events.ts'
import { history } from '../../examples/history/migration.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { definitionOf, senderOf } from '../../src/mapping/index.ts'
import type { Queue, QueueSender } from '../../src/queue/index.ts'
import type { Relation } from '../../src/star/index.ts'
import { memoryWarehouse, type MergePort, type RegistryPort, type Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

/** Who captures the events of {@link history}. */
export const sender = senderOf(definitionOf(history))

/** A message that carries these events. */
export function messageOf(events: readonly RepositoryEvent[], migration = history.name): string {
  return encodeMessage(
    { ...sender, migration },
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

/** What a sink needs of a warehouse. */
export type SinkTarget = MergePort & RegistryPort

/** The definitions of a target, for one that changes how it merges. */
export function readingFrom(target: SinkTarget): RegistryPort {
  return { hasRegistry: target.hasRegistry, scan: (...given) => target.scan(...given) }
}

/** A target that merges as is said, and takes any definition. */
export function targetThat(merge: MergePort['merge']): SinkTarget {
  return { ...readingFrom(memoryWarehouse()), merge }
}

/** Whether a merge only says that the sink is alive. */
export function isHeartbeat({ name }: Relation): boolean {
  return name.startsWith('_worker_')
}

/** A target that throws in the first `times` calls of `merge`, and then hands them on. */
export function failingFirst(
  target: SinkTarget,
  times: number,
  code: ChangeoverError['code'],
): SinkTarget & { calls: number } {
  return {
    ...readingFrom(target),
    calls: 0,
    async merge(relation, rows, options) {
      if (!isHeartbeat(relation) && this.calls++ < times) throw new ChangeoverError(code, `trouble ${this.calls}`)
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
export function failingAfter(target: SinkTarget, times: number, code: ChangeoverError['code']): SinkTarget {
  let batches = 0
  return {
    ...readingFrom(target),
    async merge(relation, rows, options) {
      if (batches >= times) throw new ChangeoverError(code, 'trouble')
      await target.merge(relation, rows, options)
      if (relation.name.startsWith('_receipt_')) batches++
    },
  }
}
