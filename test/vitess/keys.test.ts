import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import type { Column } from '../../src/star/define/column.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { comparable } from '../property/contents.ts'
import { shardedWarehouse } from './keyspace.ts'

/** By type of the first key column: values as events have them, and the literals by which a person looks for them. */
const KEYS: Readonly<Record<string, { readonly of: Column; readonly values: readonly [unknown, string][] }>> = {
  int: {
    of: c.int(),
    values: [
      [0, '0'],
      [-0, '0'],
      [-7, '-7'],
      [1_000_000, '1000000'],
      [2 ** 31 - 1, '2147483647'],
    ],
  },
  bigint: {
    of: c.bigint(),
    values: [
      [0, '0'],
      [10n ** 18n, '1000000000000000000'],
      [-(2n ** 63n), '-9223372036854775808'],
      [1_000_000, '1000000'],
    ],
  },
  boolean: {
    of: c.boolean(),
    values: [
      [true, '1'],
      [false, '0'],
    ],
  },
  varchar: {
    of: c.varchar(40),
    values: [
      ['a', "'a'"],
      ['A', "'A'"],
      ['a ', "'a '"],
      ['á', "'á'"],
      ['😀', "'😀'"],
      ['', "''"],
      ['1', "'1'"],
    ],
  },
  enum: { of: c.enum('free', 'gold'), values: [['gold', "'gold'"]] },
  date: { of: c.date(), values: [[new Date('2024-02-29T12:00:00Z'), "'2024-02-29'"]] },
  datetime: {
    of: c.datetime(),
    values: [
      [new Date('2024-02-29T12:00:00.500Z'), "'2024-02-29 12:00:00.500'"],
      [new Date('2024-02-29T12:00:00Z'), "'2024-02-29 12:00:00.000'"],
    ],
  },
  decimal: {
    of: c.decimal(12, 2),
    values: [
      ['1.5', '1.50'],
      ['-0.10', '-0.10'],
      [1000000, '1000000.00'],
    ],
  },
  uuid: { of: c.uuid(), values: [['0d2b1d9e-6d1c-4f7b-8f50-1f0d7d3f9d3a', "'0d2b1d9e-6d1c-4f7b-8f50-1f0d7d3f9d3a'"]] },
  object_id: { of: c.objectId(), values: [['65e0b2a0c2f1a0b3c4d5e6f7', "'65e0b2a0c2f1a0b3c4d5e6f7'"]] },
  binary: { of: c.binary(8), values: [[new Uint8Array([0, 255, 1]), "x'00ff01'"]] },
}

const tables = Object.entries(KEYS).map(([name, { of }]) =>
  dimension(`by_${name}`, { key: { id: of, part: c.int() }, columns: { seen: c.int().nullable() } }),
)
const names = Object.keys(KEYS)

let warehouse: Warehouse
let connection: Connection
beforeAll(async () => {
  warehouse = await shardedWarehouse({ tables, internal: [] })
  connection = await createConnection(inject('vitessUrl'))
})
afterAll(async () => {
  await connection.end()
  await warehouse.close()
})

describe.each(names.map((name, i) => ({ name, table: tables[i]!, values: KEYS[name]!.values })))(
  'a key of type $name',
  ({ name, table, values }) => {
    test('is found by its value, in a scan, and by a literal in a query', async () => {
      const { relation } = table.layout
      const rows = values.flatMap(([id], i) =>
        rowsOf([table.create({ id, part: i }, { seen: i })], stampOf(1n, 1, 1), 'live').map(({ row }) => row),
      )
      await warehouse.merge(relation, mergeBatch(relation, rows))
      await warehouse.merge(relation, mergeBatch(relation, rows))
      const found = await warehouse.find(relation, rows.map((row) => row.slice(0, 2)) as never)
      expect(found).toHaveLength(rows.length)
      const pages = await Array.fromAsync(warehouse.scan(relation, { pageRows: 2 }))
      expect(pages.flat().map((row) => row.map(comparable))).toEqual(
        mergeBatch(relation, rows).map((row) => row.map(comparable)),
      )
      const literal: number[] = []
      for (const [i, [, text]] of values.entries()) {
        const [hits] = await connection.query(`SELECT part FROM by_${name} WHERE id = ${text} AND part = ${i}`)
        if ((hits as unknown[]).length === 1) literal.push(i)
      }
      expect(literal).toEqual([...values.keys()])
    })
  },
)
