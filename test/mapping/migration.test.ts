import { expect, test } from 'vitest'
import { column as c, defineConfig, defineMigration, dimension, fact, report } from '../../src/exports/index.ts'
import type { Handler } from '../../src/mapping/migration.ts'
import type { AnyTable } from '../../src/star/define/table.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly type: 'happened'
  readonly at: Date
}
const thing = dimension('thing', { key: { id: c.int() } })
const accepting = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
const again = dimension('thing', { key: { id: c.int() } })

interface Changes {
  name?: string
  revision?: number
  on?: unknown
  tables?: Record<string, AnyTable>
  include?: unknown
  schemas?: unknown
}
function define({ include, schemas, ...change }: Changes = {}) {
  const { name = 'things', revision = 1, on = (e: Event) => thing.delete({ id: e._id }), tables = { thing } } = change
  const source = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const
  const more = { ...(include ? { include } : {}), ...(schemas ? { schemas } : {}) } as object
  return defineMigration<Event>()({ name, source, revision, tables, on: { happened: on as Handler<Event> }, ...more })
}

test.each<[string, Parameters<typeof define>[0], RegExp]>([
  [
    'an asynchronous handler',
    { on: async () => [] },
    /^The handler of happened in the migration things is asynchronous or a generator\.$/,
  ],
  ['a generator', { on: function* () {} }, /is asynchronous or a generator/],
  ['an asynchronous generator', { on: async function* () {} }, /is asynchronous or a generator/],
  ['a handler that is not a function', { on: 'skip' }, /has no handler for happened: it is string/],
  ['a name that cannot name tables', { name: 'my things' }, /^The migration name "my things" is not a valid name\.$/],
  ['a name that is too long', { name: 'a'.repeat(41) }, /^The migration name "a+" is not a valid name/],
  ['a revision of zero', { revision: 0 }, /The revision of the migration things is 0/],
  ['a revision above 255', { revision: 256 }, /The revision of the migration things is 256/],
  ['an asynchronous include', { include: async () => true }, /^The include of the migration things is asynchronous/],
  [
    'a schema for an unknown event type',
    { schemas: { hapened: accepting } },
    /has a schema for hapened, and no handler\.$/,
  ],
  [
    'a schema that is not a Standard Schema',
    { schemas: { happened: { parse: () => ({}) } } },
    /has a schema for happened that is not a Standard Schema\.$/,
  ],
  ['two tables with the same name', { tables: { thing, again } }, /has two tables named thing/],
])('refuses %s', (_, change, sentence) => {
  expect(() => define(change)).toThrow(
    expect.objectContaining({ code: 'DEFINITION', message: expect.stringMatching(sentence) as string }),
  )
})

test('refuses a config with two migrations, reports or tables of the same name', () => {
  const people = report('people', { key: ['id'], legacy: () => [], warehouse: () => [] })
  expect(() => defineConfig({ migrations: [define(), define()] })).toThrow(
    'The config has two migrations named things.',
  )
  expect(() => defineConfig({ migrations: [], reports: [people, people] })).toThrow(
    'The config has two reports named people.',
  )
  expect(() => defineConfig({ migrations: [define(), define({ name: 'more', tables: { again } })] })).toThrow(
    'Two definitions are both named thing.',
  )
  expect(defineConfig({ migrations: [define(), define({ name: 'more' })] }).migrations).toHaveLength(2)
})

const key = { id: c.int() }
const columns = { name: c.varchar(9) }
const withHistory = dimension('thing', { key, columns, history: true })
test.each<[string, AnyTable, AnyTable, string]>([
  [
    'a dimension like the members of another',
    thing,
    dimension('thing_members', { key }),
    'The dimension thing and the dimension thing_members would both have a view named thing_members.',
  ],
  [
    'a fact like the members of a dimension',
    fact('thing_members', { key }),
    thing,
    'The fact thing_members and the dimension thing would both have a view named thing_members.',
  ],
  [
    'a fact like the history of a dimension',
    withHistory,
    fact('thing_history', { key }),
    'The dimension thing and the fact thing_history would both have a view named thing_history.',
  ],
  [
    'a dimension like the table of a history',
    withHistory,
    dimension('thing_history', { key }),
    'The dimension thing and the dimension thing_history would both have a view named thing_history.',
  ],
])('refuses %s in one migration, and in two migrations of a config', (_, one, other, sentence) => {
  expect(() => define({ tables: { one, other } })).toThrow(
    expect.objectContaining({ code: 'DEFINITION', message: sentence }),
  )
  const migrations = [define({ tables: { one } }), define({ name: 'more', tables: { other } })]
  expect(() => defineConfig({ migrations })).toThrow(expect.objectContaining({ code: 'DEFINITION', message: sentence }))
})

test('accepts names that are only similar', () => {
  const tables = { thing, history: dimension('thing_history', { key }), fact: fact('things_members', { key }) }
  expect(define({ tables }).tables).toBe(tables)
})
