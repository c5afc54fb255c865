import { ObjectId } from 'bson'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventKey } from '../../src/event/index.ts'
import { FIRST } from '../../src/mapping/index.ts'
import { Counting, countWithoutReceipt, idsWithoutReceipt, receiptRow } from '../../src/ledger/index.ts'
import { receiptsOf } from '../../src/ledger/receipts.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import {
  memoryWarehouse,
  type MergePort,
  type ReadPort,
  type RegistryPort,
  type SchemaPort,
} from '../../src/warehouse/index.ts'
import { things } from '../property/histories.ts'
import { freshWarehouse } from '../support/fresh.ts'

const migration = things()
const receipts = receiptsOf(migration)

describe.each([
  ['MySQL', () => freshWarehouse([migration])],
  ['memory', async () => ({ warehouse: memoryWarehouse(), [Symbol.asyncDispose]: async () => {} })],
])('completeness in %s', (_name, make) => {
  let made: { readonly warehouse: MergePort & ReadPort & RegistryPort & Pick<SchemaPort, 'clear'> } & AsyncDisposable
  beforeAll(async () => {
    made = await make()
  })
  beforeEach(() => made.warehouse.clear(receipts))
  afterAll(() => made[Symbol.asyncDispose]())

  const receive = (ids: readonly unknown[]): Promise<void> => {
    const rows = ids.map((id) =>
      receiptRow(eventKey(id), { position: 1n, type: undefined, outcome: 'applied' }, 1, 'live'),
    )
    return made.warehouse.merge(receipts, mergeBatch(receipts, rows))
  }
  const missing = async (groups: readonly (readonly unknown[])[]): Promise<unknown[]> => {
    const found: unknown[] = []
    for await (const ids of idsWithoutReceipt(migration, groups, made.warehouse, new Counting(FIRST, new Map())))
      found.push(ids)
    return found
  }

  test('ids without a receipt are listed in the batches in which they came, ids of any type', async () => {
    const [known, unknown] = [new ObjectId(), new ObjectId()]
    await receive([known, 1, 'a', { compound: 1 }])
    expect(await missing([[known, unknown, 1], [], ['a', { compound: 1 }], ['1', { compound: 2 }]])).toEqual([
      [unknown],
      ['1', { compound: 2 }],
    ])
  })

  test('batches may be of any size', async () => {
    const ids = Array.from({ length: 2500 }, (_, i) => i)
    await receive(ids.filter((id) => id % 1000 !== 7))
    expect(await missing([ids])).toEqual([[7, 1007, 2007]])
    expect(await countWithoutReceipt(migration, [ids, ids.map((id) => -id - 1)], made.warehouse)).toBe(2503)
  })

  test('ids may come from a stream, and a signal ends it', async () => {
    await receive([1])
    const stop = new AbortController()
    const source = async function* (): AsyncGenerator<readonly unknown[]> {
      yield [1, 2]
      stop.abort(new Error('enough'))
      yield [3]
    }
    const counting = countWithoutReceipt(migration, source(), made.warehouse, { signal: stop.signal })
    await expect(counting).rejects.toThrow('enough')
    expect(await countWithoutReceipt(migration, source(), made.warehouse)).toBe(2)
  })
})
