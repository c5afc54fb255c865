import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bigint, binary, date, datetime, decimal, int, text, varchar, type Cell } from '../../src/star/index.ts'
import { pageBytesOf, MAX_PAGE_BYTES } from '../../src/star/define/row-size.ts'
import type { PhysicalColumn, Relation } from '../../src/star/rows/relation.ts'
import type { DataType } from '../../src/star/types/data-type.ts'
import { boolean, double } from '../../src/star/types/number.ts'
import { objectId, stampType, uuid } from '../../src/star/types/text.ts'
import { column as c, fact } from '../../src/exports/index.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshTables } from '../support/fresh.ts'

/** What InnoDB itself allows; the bound keeps a little for columns that are added later. */
const INNODB_BYTES = 8125

/** A type, its largest value, and its largest value that stays in the page. */
interface Filled {
  readonly type: DataType
  readonly full: NonNullable<Cell>
  readonly staying: NonNullable<Cell>
}
const filled = (type: DataType, full: NonNullable<Cell>, staying = full): Filled => ({ type, full, staying })
const FIXED: readonly Filled[] = [
  filled(int, 2 ** 31 - 1),
  filled(bigint, 2n ** 63n - 1n),
  filled(boolean, 1),
  filled(double, 1.5e300),
  filled(date, '9999-12-31'),
  filled(datetime, '9999-12-31 23:59:59.999'),
  filled(objectId, 'f'.repeat(24)),
  filled(uuid, 'f'.repeat(36)),
  filled(stampType, Buffer.alloc(16, 255)),
  filled(text, 'x'.repeat(5000), 'x'.repeat(40)),
]
const ofLength = (length: number): Filled[] => [
  filled(varchar(length), '😀'.repeat(length), length > 63 ? 'x'.repeat(40) : '😀'.repeat(length)),
  filled(binary(length), Buffer.alloc(length, 1), Buffer.alloc(length > 255 ? 40 : length, 1)),
]
const digits = (precision: number, scale: number): Filled =>
  filled(decimal(precision, scale), '9'.repeat(precision - scale) + (scale === 0 ? '' : `.${'9'.repeat(scale)}`))

const columnTypes = fc.oneof(
  fc.constantFrom(...FIXED),
  fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(1)).map(([length, kind]) => ofLength(length)[kind]!),
  fc
    .tuple(fc.integer({ min: 1, max: 65 }), fc.nat(30))
    .map(([precision, scale]) => digits(precision, Math.min(precision, scale))),
)

function relationWith(key: Filled, columns: readonly Filled[]): Relation {
  return {
    name: 'wide',
    keyLength: 1,
    columns: [key, ...columns].map(({ type }, i): PhysicalColumn => ({
      name: `c${i}`,
      type,
      role: i === 0 ? 'key' : 'value',
      nullable: i > 0,
    })),
    registers: columns.map((_, i) => ({ merge: 'max', column: i + 1 })),
  }
}

/** Columns added one by one until the next one would exceed the bound, and that one. */
function boundary(key: Filled, kinds: readonly Filled[], most: number): readonly [Filled[], Filled] {
  const columns: Filled[] = []
  for (let i = 0; ; i++) {
    const next = kinds[i % kinds.length]!
    if (pageBytesOf(relationWith(key, [...columns, next])) > most || columns.length > 900) return [columns, next]
    columns.push(next)
  }
}

async function takes(warehouse: Warehouse, key: Filled, columns: readonly Filled[]): Promise<boolean> {
  const relation = relationWith(key, columns)
  try {
    await warehouse.apply(await warehouse.plan({ tables: [], internal: [relation] }))
    const rows = (['full', 'staying'] as const).map((which) => [key.full, ...columns.map((of) => of[which])])
    for (const row of rows) {
      await warehouse.clear(relation)
      await warehouse.merge(relation, [row])
    }
    return true
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'VALUE', message: expect.stringContaining('Row size too large') as string })
    return false
  }
}

const keys = fc.oneof(
  fc.constantFrom(filled(int, 7), filled(objectId, 'f'.repeat(24))),
  fc.integer({ min: 1, max: 700 }).map((length) => ofLength(length)[0]!),
)

test('a table within the bound is created and takes its largest rows; one that InnoDB cannot hold is beyond it', async () => {
  await fc.assert(
    fc.asyncProperty(keys, fc.array(columnTypes, { minLength: 1, maxLength: 12 }), async (key, kinds) => {
      const [within] = boundary(key, kinds, MAX_PAGE_BYTES)
      const [most, next] = boundary(key, kinds, INNODB_BYTES)
      // MySQL has another limit for the whole row, wherever it is kept, which the definition is checked for separately.
      const whole = [...most, next].reduce((sum, { type }) => sum + (type.keyBytes ?? 12), 0)
      fc.pre(whole < 60_000 && most.length < 900)
      {
        await using fresh = await freshTables()
        expect(await takes(fresh.warehouse, key, within)).toBe(true)
      }
      await using fresh = await freshTables()
      expect(await takes(fresh.warehouse, key, [...most, next])).toBe(false)
    }),
    { numRuns: 15 },
  )
}, 120_000)

test('a fact at the bound is created, and takes a full row', async () => {
  const measures = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`c${i}`, c.varchar(63)]))
  const wide = fact('wide', { key: { id: c.int() }, measures })
  await using fresh = await freshTables([wide])
  const values = Object.fromEntries(Object.keys(measures).map((name) => [name, '😀'.repeat(63)]))
  const [row] = rowsOf([wide.create({ id: 1 }, values)], stampOf(1n, 1, 1), 'live')
  await fresh.warehouse.merge(wide.layout.relation, [row!.row])
  expect(await fresh.warehouse.find(wide.layout.relation, [[1]])).toHaveLength(1)
})
