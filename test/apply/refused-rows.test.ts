import { beforeEach, describe, expect, test } from 'vitest'
import { createApplier, type Applier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { compile } from '../../src/mapping/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly type: 'named'
  readonly at: Date
  readonly name: string
}
const naming = fact('naming', { key: { id: c.int() }, measures: { name: c.varchar(60) } })
const migration = defineMigration<Event>()({
  name: 'names',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { naming },
  on: { named: (e) => naming.create({ id: e._id }, { name: e.name }) },
})
const { quarantine, receipts } = ledgerOf(migration)
const event = (id: number, name = `n${id}`): Uint8Array =>
  encodeEvent({ _id: id, seq: id, type: 'named', at: new Date(0), name })
const batchWith = (bad: Uint8Array): Uint8Array[] => [event(1), event(2), bad, event(4), event(5)]

let warehouse: Warehouse
let applier: Applier

beforeEach(async () => {
  const fresh = await freshWarehouse([migration], { retry: { tries: 3, baseMs: 1, capMs: 2 } })
  ;({ warehouse } = fresh)
  applier = createApplier(compile(migration), warehouse)
  return () => fresh[Symbol.asyncDispose]()
})

const reasons = async (): Promise<string[]> =>
  (await sql(warehouse, `SELECT reason FROM ${quarantine.name}`)).map(({ reason }) => String(reason))

async function expectOnlyThirdRefused(): Promise<void> {
  expect((await sql(warehouse, 'SELECT id FROM naming ORDER BY id')).map(({ id }) => id)).toEqual([1, 2, 4, 5])
  expect(await sql(warehouse, `SELECT COUNT(*) AS n FROM ${receipts.name}`)).toEqual([{ n: 5 }])
}

test('an event whose row is too large for a page (1118) is quarantined, and the others are applied', async () => {
  // The rest of the page is filled by columns that are not ours.
  const filler = Array.from(
    { length: 31 },
    (_, i) => `ADD COLUMN f${i} VARBINARY(255) NOT NULL DEFAULT '${'x'.repeat(252)}'`,
  )
  await sql(warehouse, 'SET SESSION innodb_strict_mode = OFF')
  await sql(warehouse, `ALTER TABLE fact_naming ${filler.join(', ')}`)
  expect(await applier.apply(batchWith(event(3, '😀'.repeat(60))), 'live')).toMatchObject({
    applied: 4,
    quarantined: 1,
  })
  await expectOnlyThirdRefused()
  expect(await reasons()).toEqual([expect.stringContaining('Row size too large') as string])
})

describe('an error of a code that is not known', () => {
  const refuse = (condition: string): Promise<unknown> =>
    sql(
      warehouse,
      'CREATE TRIGGER refuse BEFORE INSERT ON fact_naming FOR EACH ROW ' +
        `IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 31999, MESSAGE_TEXT = 'odd'; END IF`,
    )

  test('quarantines the only event that meets it', async () => {
    await refuse('NEW.id = 3')
    expect(await applier.apply(batchWith(event(3)), 'live')).toMatchObject({ applied: 4, quarantined: 1 })
    await expectOnlyThirdRefused()
    expect(await reasons()).toEqual([expect.stringContaining('kept failing: odd') as string])
  })

  test('rejects as one that may pass when every table of the warehouse meets it, and quarantines nothing', async () => {
    await refuse('TRUE')
    await sql(
      warehouse,
      `CREATE TRIGGER refuse_too BEFORE INSERT ON \`${quarantine.name}\` FOR EACH ROW ` +
        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 31999",
    )
    await expect(applier.apply(batchWith(event(3)), 'live')).rejects.toMatchObject({ code: 'FAILING' })
    expect(await reasons()).toEqual([])
    expect(await sql(warehouse, `SELECT COUNT(*) AS n FROM ${receipts.name}`)).toEqual([{ n: 0 }])
  })
})
