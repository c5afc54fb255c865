import { expect, test } from 'vitest'
import { calendar, column as c, dimension, fact } from '../../src/exports/index.ts'
import { receiptsOf } from '../../src/ledger/receipts.ts'
import { vschemaOf } from '../../src/warehouse/index.ts'

const shop = dimension('shop', { key: { id: c.varchar(20), part: c.int() }, columns: { city: c.int() }, history: true })
const sale = fact('sale', { key: { number: c.int() }, dimensions: { shop, day: calendar } })
const sharded = (column: string) => ({ column_vindexes: [{ column, name: 'binary_md5' }] })

test('the vschema shards every table and view, internal tables and the calendar included, by its first key column', () => {
  const schema = {
    tables: [shop, sale],
    internal: [receiptsOf({ name: 'm' })],
    calendar: { from: '2024-01-01', to: '2024-01-02' },
  }
  expect(vschemaOf(schema)).toEqual({
    sharded: true,
    vindexes: { binary_md5: { type: 'binary_md5' } },
    tables: {
      dim_shop: sharded('id'),
      dim_shop_history: sharded('id'),
      fact_sale: sharded('number'),
      dim_date: sharded('date'),
      _receipt_m: sharded('event_id'),
      shop: sharded('id'),
      shop_members: sharded('id'),
      shop_history: sharded('id'),
      sale: sharded('number'),
      date: sharded('date'),
      date_members: sharded('date'),
    },
  })
})

test('the vschema has no calendar when the schema has none', () => {
  expect(Object.keys(vschemaOf({ tables: [sale], internal: [] }).tables)).toEqual(['fact_sale', 'sale'])
})
