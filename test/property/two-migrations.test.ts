import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplier } from '../../src/apply/index.ts'
import { Closers } from '../../src/core/closers.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineConfig, defineMigration, dimension, fact } from '../../src/exports/index.ts'
import type { Migration } from '../../src/mapping/migration.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { freshWarehouse } from '../support/fresh.ts'
import { contentsOf, empty } from './contents.ts'
import { compile } from '../../src/mapping/index.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'named' | 'gone'
  readonly id: number
}
const thing = dimension('thing', {
  key: { id: c.int() },
  columns: { name: c.varchar(20).nullable(), first_name: c.varchar(20).first().nullable() },
  history: true,
})
const deed = fact('deed', { key: { id: c.int() }, measures: { name: c.varchar(20) } })

/** Two collections of one application: their events may share ids and positions and still write different things. */
function migrationOf(name: string): Migration {
  return defineMigration<Event>()({
    name,
    source: { collection: name, type: 'type', order: 'seq', time: 'at' },
    tables: { thing, deed },
    on: {
      named: (e) => {
        const value = `${name} ${e._id}`
        return [
          thing.create({ id: e.id }, { name: value, first_name: value }),
          deed.create({ id: e.id }, { name: value }),
        ]
      },
      gone: (e) => thing.delete({ id: e.id }),
    },
  })
}
const migrations = ['left', 'right'].map(migrationOf)
const relations = [thing, deed].flatMap(relationsOf)

let stack: Closers
let warehouse: Warehouse

beforeAll(async () => {
  stack = new Closers()
  warehouse = stack.use(await freshWarehouse(defineConfig({ migrations }).migrations)).warehouse
})
afterAll(() => stack.disposeAsync())

const event = fc.record({
  seq: fc.nat(2),
  at: fc.constant(new Date('2024-02-29T00:00:00Z')),
  type: fc.constantFrom('named', 'named', 'gone'),
  id: fc.nat(1),
})
const streams = fc
  .array(event, { minLength: 1, maxLength: 6 })
  .map((events) => [0, 1].flatMap((of) => events.map((each, _id) => ({ of, body: encodeEvent({ _id, ...each }) }))))

test('two migrations that share a table converge when their events share ids and positions', async () => {
  await fc.assert(
    fc.asyncProperty(
      streams.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      async ([inOrder, shuffled]) => {
        await empty(warehouse, relations)
        for (const { of, body } of inOrder)
          await createApplier(compile(migrations[of]!), warehouse).apply([body], 'live')
        const expected = await contentsOf(warehouse, relations, ['_origin'])
        await empty(warehouse, relations)
        await Promise.all(
          shuffled.map(({ of, body }) => createApplier(compile(migrations[of]!), warehouse).apply([body], 'migrated')),
        )
        expect(await contentsOf(warehouse, relations, ['_origin'])).toEqual(expected)
      },
    ),
    { numRuns: 150 },
  )
})
