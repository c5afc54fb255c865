import { BSONRegExp, Decimal128, Double, Long } from 'mongodb'
import { expect, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { eventKey } from '../../src/event/index.ts'
import { countWithoutReceipt, ledgerOf } from '../../src/ledger/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { sql } from '../support/sql.ts'
import { fileCreated, staged } from './history.ts'

/** MongoDB takes this pattern, and JS has no RegExp for it: an event that cannot be decoded. */
const UNDECODABLE = new BSONRegExp('(?i)a')
const { receipts, quarantine } = ledgerOf(history)

const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('hex')

/** An event whose rows do not depend on its id. */
function authorCreated(_id: unknown, i: number): object {
  const entity = { kind: 'author', id: `u_${String(i).padStart(12, '0')}` }
  return { ...fileCreated(i + 1), _id, type: 'author.created', entity, payload: { mailDomain: null } }
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { of: nested(depth - 1) }
}

test('events that cannot be decoded have receipts under their own ids, and end no run wherever they are', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  const events = ids.map((_id, i) => ({ ...authorCreated(_id, i), note: i % 2 === 1 ? UNDECODABLE : '' }))
  const { source, warehouse } = await staged(events)
  const result = await migrate(history, { source, warehouse, batchEvents: 2 })
  expect(result).toMatchObject({ events: 5, applied: 3, quarantined: 2, late: 0 })
  expect(result.reasons[0]).toMatch(/^The event cannot be decoded: /)
  const rows = await sql(warehouse, `SELECT event_id FROM ${quarantine.name} ORDER BY event_id`)
  expect(rows.map(({ event_id }) => hex(event_id))).toEqual(['b', 'd'].map((id) => hex(eventKey(id))))
  expect(await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)).toBe(0)
})

test('ids of any type and depth are read, found to be missing, and replayed', async () => {
  const ids: unknown[] = [
    nested(12),
    nested(90),
    new Decimal128('0.10'),
    new Decimal128('12'),
    new Double(2 ** 60),
    Long.fromBigInt(2n ** 60n + 1n),
    new Map([
      ['b', 1],
      ['1', 2],
    ]),
    new Map([
      ['1', 2],
      ['b', 1],
    ]),
    { pattern: new BSONRegExp('a', 'i') },
    { pattern: new BSONRegExp('a', 'ix') },
    { pattern: UNDECODABLE },
  ]
  const { mongo, source, warehouse } = await staged(ids.map(authorCreated))
  expect(await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)).toBe(ids.length)
  const result = await migrate(history, { source, warehouse, batchEvents: 1 })
  expect(result).toMatchObject({ events: ids.length, applied: ids.length - 1, quarantined: 1, late: 0 })
  const [{ n } = {}] = await sql(warehouse, `SELECT COUNT(*) AS n FROM ${receipts.name}`)
  expect(Number(n)).toBe(ids.length)
  expect(await countWithoutReceipt(history, source.idsBetween(null, null), warehouse)).toBe(0)
  await warehouse.clear(receipts)
  const found = []
  for await (const group of source.idsBetween(null, null)) found.push(...group)
  const events = await mongo.collection('events').countDocuments({ _id: { $in: found as never[] } })
  expect(events).toBe(ids.length)
})
