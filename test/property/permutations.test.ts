import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { column as c, dimension, group } from '../../src/exports/index.ts'
import { checksumOf } from '../../src/star/rows/canonical.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
import { rowsOf, type RelationRow } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { memoryWarehouse, type MergePort, type ReadPort, type Warehouse } from '../../src/warehouse/index.ts'
import { freshTables, type FreshWarehouse } from '../support/fresh.ts'
import { empty } from './contents.ts'

const merges = {
  low: c.int().min().nullable(),
  high: c.int().max().nullable(),
  some: c.boolean().any().nullable(),
  every: c.boolean().all().nullable(),
  first: c.int().first().nullable(),
  mail: c.varchar(9).pii(),
}
const thing = dimension('thing', {
  key: { id: c.int() },
  columns: { ...merges, last: c.int().nullable(), ...group('spot', { x: c.int().nullable(), y: c.int().nullable() }) },
  history: true,
})
const key = { id: 1 }
const relations = relationsOf(thing)

/** Every kind of operation that an event can carry out on the row. */
const DOINGS: readonly (readonly Operation[])[] = [
  [thing.create(key, { last: 1, first: 1, low: 5, high: 5, some: false, every: true, mail: 'a', x: 1, y: 1 })],
  [thing.edit(key, { last: null, first: 2, low: 7, high: 7, some: true, every: false, mail: 'b' })],
  [thing.delete(key)],
  [thing.create(key, { low: 1, x: 2 })],
  [thing.erase(key), thing.edit(key, { x: null, y: 3 })],
  [thing.edit(key, { x: 4, y: 4, last: 4 }), thing.edit(key, { last: 5, first: null })],
]

/** The rows of an event. Consecutive pairs of events share a position; the last event comes from a corrected mapping. */
function rowsAt(seq: number, operations: readonly Operation[]): RelationRow[] {
  const stamp = stampOf(BigInt(seq >> 1), seq, seq === DOINGS.length - 1 ? 2 : 1)
  return rowsOf(operations, stamp, 'live', `2024-01-0${9 - seq} 00:00:00.000`)
}
const EVENTS = DOINGS.map((operations, seq) => rowsAt(seq, operations))

async function deliver(target: MergePort, events: readonly RelationRow[][]): Promise<void> {
  for (const event of events) {
    for (const { relation, row } of event) await target.merge(relation, mergeBatch(relation, [row]))
  }
}

async function sumsOf(target: ReadPort): Promise<string> {
  const sums = await Promise.all(relations.map((relation) => target.buckets(relation)))
  return sums.map(checksumOf).join()
}

describe('every order of', () => {
  let fresh: FreshWarehouse
  let warehouse: Warehouse

  beforeAll(async () => {
    fresh = await freshTables([thing])
    ;({ warehouse } = fresh)
  })
  afterAll(() => fresh[Symbol.asyncDispose]())

  test('up to four events on one row leads to the checksum of the pure merge on the server', async () => {
    for (const events of [1, 2, 3, 4].flatMap((size) => combinations(EVENTS, size))) {
      const memory = memoryWarehouse()
      await deliver(memory, events)
      const expected = await sumsOf(memory)
      const found = new Set<string>()
      for (const order of permutations(events)) {
        await empty(warehouse, relations)
        await deliver(warehouse, order)
        found.add(await sumsOf(warehouse))
      }
      expect([...found]).toEqual([expected])
    }
  })

  test('up to six events, one of them repeated, leads to the same row in memory', async () => {
    for (const events of [2, 3, 4, 5, 6].flatMap((size) => combinations(EVENTS, size))) {
      const found = new Set<string>()
      for (const order of permutations(events)) {
        const memory = memoryWarehouse()
        await deliver(memory, [...order, order[0]!])
        found.add(await sumsOf(memory))
      }
      expect(found.size).toBe(1)
    }
  })
})

function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, i) => combinations(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]))
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}
