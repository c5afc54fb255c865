import { describe, expect, test } from 'vitest'
import { concernedReports, readsOf } from '../../src/cli/concerned.ts'
import { column as c, dimension, fact, report } from '../../src/exports/index.ts'
import type { DefinitionChange } from '../../src/ledger/index.ts'

const customer = dimension('customer', { key: { customer_id: c.int() }, columns: { name: c.varchar(9) } })
const order = fact('order', { key: { order_id: c.int() }, dimensions: { customer }, measures: { cents: c.int() } })
const tables = { customer, order }

const sum = report('sum', {
  key: ['customer_id'],
  tables,
  legacy: () => [],
  warehouse: (_, db) =>
    db
      .selectFrom('order')
      .select((eb) => ['customer_id', eb.fn.sum('cents').as('sum')])
      .groupBy('customer_id'),
})
const members = report('members', {
  key: ['customer_id'],
  tables,
  legacy: () => [],
  warehouse: (_, db) => db.selectFrom('customer_members').selectAll(),
})
const afterOne = report('after_one', {
  key: ['order_id'],
  tables,
  legacy: () => [],
  warehouse: async (_, db) => {
    await db.selectFrom('customer').select('name').executeTakeFirstOrThrow()
    return db.selectFrom('order').select('order_id').execute()
  },
})

async function concernedBy(table: string, column?: string): Promise<string[]> {
  const change: DefinitionChange = { subject: '', what: '', table, column, needsReplay: true }
  return concernedReports(change, [customer, order], await readsOf([sum, members, afterOne]))
}

describe('the reports that a change concerns', () => {
  test('are those whose queries name the column', async () => {
    expect(await concernedBy('order', 'cents')).toEqual(['sum'])
    expect(await concernedBy('customer', 'name')).toEqual(['members', 'after_one'])
  })

  test('are those that read any view of the table when the whole table changes', async () => {
    expect(await concernedBy('customer')).toEqual(['members', 'after_one'])
    expect(await concernedBy('other')).toEqual([])
  })

  test('include those that select every column', async () => {
    expect(await concernedBy('customer', 'new')).toEqual(['members'])
  })
})
