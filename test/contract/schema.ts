import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import { checkpointsOf } from '../../src/ledger/checkpoint-rows.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { MergePort, ReadPort, ReportPort, Schema, SchemaPort } from '../../src/warehouse/index.ts'

const narrow = dimension('thing', { key: { id: c.int() }, columns: { name: c.varchar(9) } })
const wide = dimension('thing', { key: { id: c.int() }, columns: { name: c.varchar(99), more: c.int().nullable() } })
const schemaOf = (table: typeof narrow | typeof wide): Schema => ({
  tables: [table],
  internal: [checkpointsOf({ name: 'things' })],
})

/** What a schema port does, and a report port over it. `make` returns one without any tables, for each test. */
export function schemaContract(
  name: string,
  make: () => Promise<{ readonly warehouse: SchemaPort & ReportPort & MergePort & ReadPort } & AsyncDisposable>,
): void {
  describe(`schema and report contract: ${name}`, () => {
    let made: Awaited<ReturnType<typeof make>>
    let warehouse: SchemaPort & ReportPort & MergePort & ReadPort
    beforeEach(async () => {
      made = await make()
      ;({ warehouse } = made)
    })
    afterEach(() => made[Symbol.asyncDispose]())
    const scanned = async (): Promise<number> => {
      let rows = 0
      for await (const page of warehouse.scan(narrow.layout.relation)) rows += page.length
      return rows
    }
    const write = async (id: number): Promise<void> => {
      const [written] = rowsOf([narrow.create({ id }, { name: `n${id}` })], stampOf(BigInt(id), id, 1), 'live')
      await warehouse.merge(written!.relation, [written!.row])
    }

    test('a plan that was applied leaves nothing pending, and may be applied again', async () => {
      const steps = await warehouse.plan(schemaOf(narrow))
      expect(steps.map(({ kind }) => kind)).toEqual(['create', 'create', 'view', 'view'])
      await warehouse.apply(steps)
      await warehouse.apply(steps)
      expect(await warehouse.plan(schemaOf(narrow))).toEqual([])
    })

    test('planning changes nothing', async () => {
      expect(await warehouse.plan(schemaOf(narrow))).toEqual(await warehouse.plan(schemaOf(narrow)))
    })

    test('rows are kept when their table grows, and a narrower definition is refused', async () => {
      await warehouse.apply(await warehouse.plan(schemaOf(narrow)))
      await write(1)
      await warehouse.apply(await warehouse.plan(schemaOf(wide)))
      expect(await scanned()).toBe(1)
      await expect(warehouse.plan(schemaOf(narrow))).rejects.toMatchObject({ code: 'SCHEMA' })
      const steps = await warehouse.plan(schemaOf(narrow), { allowDestructive: true })
      expect(steps.map(({ kind }) => kind)).toEqual(['drop', 'change', 'view', 'view'])
    })

    test('clear deletes the rows of one table', async () => {
      await warehouse.apply(await warehouse.plan(schemaOf(narrow)))
      await write(1)
      await warehouse.clear(checkpointsOf({ name: 'things' }))
      expect(await scanned()).toBe(1)
      await warehouse.clear(narrow.layout.relation)
      expect(await scanned()).toBe(0)
    })

    test('a report reads the views, and its address has no password', async () => {
      await warehouse.apply(await warehouse.plan(schemaOf(narrow)))
      await write(1)
      const rows = await warehouse.reader<{ thing: { id: number } }>().selectFrom('thing').select('id').execute()
      expect(rows).toEqual([{ id: 1 }])
      expect(new URL(warehouse.address).password).toBe('')
    })

    test('every call rejects when its signal has aborted', async () => {
      const reason = new Error('stopped')
      const signal = AbortSignal.abort(reason)
      const steps = await warehouse.plan(schemaOf(narrow))
      await expect(warehouse.dialect({ signal })).rejects.toBe(reason)
      await expect(warehouse.plan(schemaOf(narrow), { signal })).rejects.toBe(reason)
      await expect(warehouse.apply(steps, { signal })).rejects.toBe(reason)
      await expect(warehouse.clear(narrow.layout.relation, { signal })).rejects.toBe(reason)
      expect(await warehouse.plan(schemaOf(narrow))).toEqual(steps)
    })
  })
}
