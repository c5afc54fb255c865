import { describe, expect, test } from 'vitest'
import { calendar, column as c, dimension, fact, group } from '../../src/exports/index.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { checkpointsOf } from '../../src/ledger/checkpoint-rows.ts'
import { workersOf } from '../../src/ledger/workers.ts'
import { writtenTablesOf } from '../../src/ledger/written-tables.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import { comparedColumns } from '../../src/star/rows/canonical.ts'
import type { Relation } from '../../src/star/rows/relation.ts'
import { DEED, EVERYTHING } from '../property/everything.ts'

const file = dimension('file', {
  key: { path: c.varchar(9) },
  columns: {
    name: c.varchar(9).comment('as shown'),
    mail: c.text().pii(),
    maker: c.int().first().nullable(),
    best: c.int().max().nullable(),
    ...group('spot', { x: c.int(), y: c.double() }),
  },
  history: true,
})
const sale = fact('sale', { key: { id: c.int() }, dimensions: { file, day: c.date() }, measures: { price: c.int() } })

/** Each column as one line: name, type, role, and what else the DDL has. */
function written(relation: Relation): string[] {
  return relation.columns.map(({ name, type, role, nullable, defaultSql, comment }) =>
    [name, type.sql, role, nullable ? 'NULL' : 'NOT NULL', defaultSql, comment].filter(Boolean).join(' | '),
  )
}

const ZERO = `x'${'00'.repeat(16)}'`

describe('the layout in MySQL, which existing warehouses rely on,', () => {
  test('of a dimension has its columns, each followed by its stamp, and then the internal ones', () => {
    expect(written(file.layout.relation)).toEqual([
      'path | VARCHAR(9) | key | NOT NULL',
      'name | VARCHAR(9) | value | NULL | as shown',
      `_stamp_name | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      'mail | MEDIUMTEXT | value | NULL',
      `_stamp_mail | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      'maker | INT | value | NULL',
      `_stamp_maker | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the earliest event counts`,
      'best | INT | value | NULL',
      'x | INT | value | NULL',
      `_stamp_spot | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      'y | DOUBLE | value | NULL',
      '_live | TINYINT(1) | value | NULL',
      `_live_stamp | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      '_origin | INT | origin | NOT NULL | 0',
    ])
    expect(file.layout.relation).toMatchObject({ name: 'dim_file', keyLength: 1 })
  })

  test('of a history has the event in its key and one stamp for all', () => {
    expect(written(file.layout.history!.relation)).toEqual([
      'path | VARCHAR(9) | key | NOT NULL',
      '_event | VARBINARY(14) | key | NOT NULL',
      '_at | DATETIME(3) | value | NULL',
      'name | VARCHAR(9) | value | NULL',
      '_written_name | TINYINT(1) | value | NOT NULL | 0',
      'x | INT | value | NULL',
      '_written_x | TINYINT(1) | value | NOT NULL | 0',
      'y | DOUBLE | value | NULL',
      '_written_y | TINYINT(1) | value | NOT NULL | 0',
      '_live | TINYINT(1) | value | NULL',
      `_stamp | BINARY(16) | stamp | NOT NULL | ${ZERO}`,
      '_origin | INT | origin | NOT NULL | 0',
    ])
    expect(file.layout.history!.relation).toMatchObject({
      name: 'dim_file_history',
      comment: 'changeover: what each event wrote to the dimension file',
    })
  })

  test('of a fact has one stamp for its content and two fingerprints of it', () => {
    expect(written(sale.layout.relation)).toEqual([
      'id | INT | key | NOT NULL',
      'file_path | VARCHAR(9) | value | NULL',
      `_stamp_once | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      'day | DATE | value | NULL',
      'price | INT | value | NULL',
      '_content_high | BIGINT | content | NULL',
      '_content_low | BIGINT | content | NULL',
      '_live | TINYINT(1) | value | NULL',
      `_live_stamp | BINARY(16) | stamp | NOT NULL | ${ZERO} | changeover: the latest event counts`,
      '_origin | INT | origin | NOT NULL | 0',
    ])
  })
})

const ledger = ledgerOf({ name: 'm' })
const relations = [
  ...[file, sale, calendar, EVERYTHING.table, DEED.table].flatMap(relationsOf),
  ledger.receipts,
  ledger.quarantine,
  checkpointsOf({ name: 'm' }),
  workersOf({ name: 'm' }),
  writtenTablesOf({ name: 'm' }),
]

describe.each(relations.map((relation) => [relation.name, relation] as const))(
  'the columns of %s',
  (_name, relation) => {
    const indexesOf = (role: string): number[] =>
      relation.columns.flatMap((column, index) => (column.role === role ? [index] : []))

    test('have the roles that follow from the key and the registers', () => {
      const { registers } = relation
      expect(indexesOf('key')).toEqual(Array.from({ length: relation.keyLength }, (_, index) => index))
      expect(indexesOf('stamp')).toEqual(
        registers
          .flatMap((register) => (register.merge === 'stamped' ? [register.stamp] : []))
          .toSorted((a, b) => a - b),
      )
      expect(indexesOf('origin')).toEqual(
        registers.flatMap((register) => (register.merge === 'bits' ? [register.column] : [])),
      )
    })

    test('are all compared, except the origin: the key, then the others by their names', () => {
      const origins = new Set(indexesOf('origin'))
      const compared = comparedColumns(relation)
      const { keyLength, columns } = relation
      expect(compared.toSorted((a, b) => a - b)).toEqual([...columns.keys()].filter((index) => !origins.has(index)))
      expect(compared.slice(0, keyLength)).toEqual([...columns.keys()].slice(0, keyLength))
      const names = compared.slice(keyLength).map((index) => columns[index]!.name)
      expect(names).toEqual(names.toSorted())
    })
  },
)

test('flags that are not the origin are compared', () => {
  const flags: Relation = {
    name: 'flags',
    keyLength: 1,
    columns: [
      { name: 'id', type: c.int().spec.type, role: 'key', nullable: false },
      { name: 'flags', type: c.int().spec.type, role: 'value', nullable: false },
    ],
    registers: [{ merge: 'bits', column: 1 }],
  }
  expect(comparedColumns(flags)).toEqual([0, 1])
})
