import { expect, test } from 'vitest'
import { mapBatch, withRefused } from '../../src/apply/map-batch.ts'
import { rowsByRelation } from '../../src/apply/write-rows.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, fact } from '../../src/exports/index.ts'
import { compile } from '../../src/mapping/index.ts'

const naming = fact('naming', { key: { id: c.int() }, measures: { name: c.varchar(40) } })
const other = fact('other', { key: { id: c.int() }, measures: { name: c.varchar(40) } })
const { map, relations } = compile(
  defineMigration<{ _id: number; seq: number; type: 'named'; at: Date; name: string }>()({
    name: 'things',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { other, naming },
    on: { named: (e) => naming.create({ id: e._id }, { name: e.name }) },
  }),
)

const event = (id: number, name: string): Uint8Array =>
  encodeEvent({ _id: id, seq: id, type: 'named', at: new Date(0), name })

test('maps an event that is repeated with the same bytes only once', async () => {
  let calls = 0
  const counting: typeof map = (...given) => (calls++, map(...given))
  const { events, duplicates } = await mapBatch(
    [event(1, 'a'), event(2, 'b'), event(1, 'a'), event(1, 'a')],
    counting,
    'live',
    { generation: 1 },
  )
  expect(calls).toBe(2)
  expect(events.map(({ mapped }) => mapped.outcome)).toEqual(['applied', 'applied'])
  expect(duplicates).toBe(2)
})

test('counts an event that is repeated with other bytes as a duplicate, and keeps the first', async () => {
  const { events, duplicates } = await mapBatch([event(1, 'a'), event(1, 'b')], map, 'live', { generation: 1 })
  expect(duplicates).toBe(1)
  expect(events.map(({ body }) => Buffer.compare(body, event(1, 'a')))).toEqual([0])
})

test('of events with one id, keeps the first that is not quarantined', async () => {
  const broken = Buffer.from(event(1, 'x'))
  broken[broken.indexOf('x\0', 30)] = 0xff
  const { events, duplicates } = await mapBatch([broken, event(1, 'a'), event(1, 'b')], map, 'live', { generation: 1 })
  expect(events.map(({ body, mapped }) => [Buffer.from(body).includes('a\0'), mapped.outcome])).toEqual([
    [true, 'applied'],
  ])
  expect(duplicates).toBe(2)
})

test('does not take the bytes of one event for those of another when they share a buffer', async () => {
  const both = Buffer.concat([event(1, 'a'), event(2, 'b')])
  const middle = event(1, 'a').length
  const { events, duplicates } = await mapBatch([both.subarray(0, middle), both.subarray(middle)], map, 'live', {
    generation: 1,
  })
  expect([events.length, duplicates]).toEqual([2, 0])
})

test('quarantines refused events and leaves the given ones unchanged', async () => {
  const { events } = await mapBatch([event(1, 'a'), event(2, 'b')], map, 'live', { generation: 1 })
  const [first, second] = events
  const after = withRefused(events, [{ item: second!, reason: 'too long' }])
  expect(after[0]).toBe(first)
  expect(after[1]!.mapped).toMatchObject({ outcome: 'quarantined', position: 2n, reason: 'too long' })
  expect(second!.mapped.outcome).toBe('applied')
})

test('groups rows by table in the order of the tables, empty tables included', async () => {
  const { events } = await mapBatch([event(1, 'a'), event(2, 'b'), Buffer.from('junk')], map, 'live', { generation: 1 })
  const rows = [...rowsByRelation(relations, events)]
  expect(rows.map(([{ name }, those]) => [name, those.length])).toEqual([
    ['fact_other', 0],
    ['fact_naming', 2],
  ])
})
