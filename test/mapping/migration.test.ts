import { expect, test } from 'vitest'
import { column as c, defineConfig, defineMigration, dimension, report } from '../../src/index.ts'
import type { Handler } from '../../src/mapping/migration.ts'
import type { AnyTable } from '../../src/star/table.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly type: 'happened'
  readonly at: Date
}
const thing = dimension('thing', { key: { id: c.int() } })
const again = dimension('thing', { key: { id: c.int() } })

function define(change: { name?: string; revision?: number; on?: unknown; tables?: Record<string, AnyTable> } = {}) {
  const { name = 'things', revision = 1, on = (e: Event) => thing.delete({ id: e._id }), tables = { thing } } = change
  const source = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const
  return defineMigration<Event>()({ name, source, revision, tables, on: { happened: on as Handler<Event> } })
}

test.each<[string, Parameters<typeof define>[0], RegExp]>([
  [
    'an asynchronous handler',
    { on: async () => [] },
    /^The handler of happened in the migration things is asynchronous or a generator\.$/,
  ],
  ['a generator', { on: function* () {} }, /is asynchronous or a generator/],
  ['an asynchronous generator', { on: async function* () {} }, /is asynchronous or a generator/],
  ['a handler that is no function', { on: 'skip' }, /has no handler for happened: it is string/],
  [
    'a name that cannot name tables',
    { name: 'my things' },
    /The migration's name, "my things", cannot name its tables/,
  ],
  ['a name that is too long', { name: 'a'.repeat(41) }, /cannot name its tables/],
  ['a revision of zero', { revision: 0 }, /The revision of the migration things is 0/],
  ['a revision beyond its byte', { revision: 256 }, /The revision of the migration things is 256/],
  ['two tables of one name', { tables: { thing, again } }, /has two tables named thing/],
])('%s is refused at the definition', (_, change, sentence) => {
  expect(() => define(change)).toThrow(
    expect.objectContaining({ code: 'DEFINITION', message: expect.stringMatching(sentence) as string }),
  )
})

test('a config refuses what is named twice', () => {
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

test('a report needs a name and a key', () => {
  const rest = { legacy: () => [], warehouse: () => [] }
  expect(() => report('Files by folder', { key: ['folder'], ...rest })).toThrow(
    /The report's name, "Files by folder", is not a name/,
  )
  expect(() => report('files', { key: [], ...rest })).toThrow('The report files has no key.')
})
