import { expect, test } from 'vitest'
import { compilerSays as compilerSaysOf } from './compiler.ts'

/** What the compiler reports about a module that imports `column` as `c`, and the makers of tables. */
function compilerSays(code: string): Promise<string> {
  const imports =
    "import { column as c, defineMigration, dimension, fact, group, report } from 'changeover'\nimport { asOf } from 'changeover/warehouse'"
  const fixture = `${imports}\nexport const made = [c, defineMigration, dimension, fact, group, report, asOf]\n${code}\n`
  return compilerSaysOf({ 'fixture.ts': fixture })
}

const TABLES = `
const spot = group('spot', { x: c.int(), y: c.int().nullable(), z: c.int() })
const user = dimension('user', { key: { id: c.int() }, columns: { name: c.varchar(9), ...spot } })
const sale = fact('sale', { key: { id: c.int() }, measures: { price: c.int(), note: c.text().last() } })
`

test.each<[string, string, readonly string[]]>([
  [
    'sets part of a group',
    'user.edit({ id: 1 }, { x: 1, z: 1 })',
    ['an edit must set all columns of the group spot or none: y is left out'],
  ],
  [
    'sets one column of a group',
    'user.edit({ id: 1 }, { name: "a", y: null })',
    ['of the group spot or none: x is left out', 'of the group spot or none: z is left out'],
  ],
  ['has an unknown column', 'user.edit({ id: 1 }, { name: "a", nme: "b" })', ['there is no column nme']],
  [
    'changes the content of a fact',
    'sale.edit({ id: 1 }, { note: "a", price: 2 })',
    ['price is fixed by the key of the fact; an edit cannot change it'],
  ],
])('the compiler refuses an edit that %s, in a sentence', async (_, code, sentences) => {
  const said = await compilerSays(`${TABLES}\nexport const wrong = ${code}\nexport const all = [user, sale]`)
  for (const sentence of sentences) expect(said).toContain(sentence)
})

test.each([
  [
    'sets one column of a fact that nothing may change',
    'sale.edit({ id: 1 }, { price: 2 })',
    'price is fixed by the key of the fact',
  ],
])('the compiler refuses an edit that %s, in a sentence', async (_, code, sentence) => {
  expect(await compilerSays(`${TABLES}\nexport const wrong = ${code}\nexport const all = [user, sale]`)).toContain(
    sentence,
  )
})

const MIGRATION = `${TABLES}
type Event =
  | { _id: number; seq: number; at: Date; meta: { by: string }; type: 'joined'; name: string }
  | { _id: number; seq: number; at: Date; meta: { by: string }; type: 'left' }
const source = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const
export const all = [user, sale]
`

/** A migration of these events, in which one part is wrong. */
function migrationWith(part: { source?: string; joined?: string; more?: string }): string {
  const { source = 'source', joined = "'ignore'", more = '' } = part
  const on = `{ joined: ${joined}, left: 'ignore', ${more} }`
  return `${MIGRATION}\nexport const m = defineMigration<Event>()({ name: 'm', source: ${source}, tables: { user }, on: ${on} })`
}

test.each<[string, Parameters<typeof migrationWith>[0], string]>([
  [
    'an order that is a text',
    { source: "{ ...source, order: 'meta.by' }" },
    'order is the path of an integer or a Date',
  ],
  ['a time that is a number', { source: "{ ...source, time: 'seq' }" }, 'time is the path of a Date'],
  [
    'a table that is not listed',
    { joined: '(e) => sale.delete({ id: e._id })' },
    'the table sale is not among the tables',
  ],
  [
    'a table that is not listed, among others',
    { joined: '(e) => [user.delete({ id: e._id }), sale.delete({ id: e._id })]' },
    'the table sale is not among the tables',
  ],
  ['an event type that does not exist', { more: "jnd: 'ignore'" }, 'no event has the type jnd'],
])('the compiler refuses a migration with %s, in a sentence', async (_, part, sentence) => {
  expect(await compilerSays(migrationWith(part))).toContain(sentence)
})

test('the compiler accepts paths and operations whose types it does not know, and all that are right', async () => {
  const code = `${MIGRATION}
    import type { Operation } from 'changeover'
    const both = (id: number): Operation[] => [user.delete({ id }), sale.delete({ id })]
    export const right = [
      defineMigration<Event>()({ name: 'a', source: { ...source, order: 'at' }, tables: { user, sale }, on: {
        joined: (e) => [user.create({ id: e._id }, { name: e.name, x: 1, z: 1 }), sale.delete({ id: e._id })],
        left: (e) => (e.seq > 1 ? [] : user.delete({ id: e._id })),
      } }),
      defineMigration<Event>()({ name: 'b', source, tables: { user, sale }, on: { joined: (e) => both(e._id), left: 'ignore' } }),
      defineMigration<{ type: 'a'; seq: unknown; at?: Date }>()({ name: 'c', source, tables: {}, on: { a: 'ignore' } }),
    ]`
  expect(await compilerSays(code)).toBe('')
})

test('what the compiler prints about usual mistakes names columns and values, and no internal types', async () => {
  const mistakes = [
    'user.create({ id: 1 }, { x: 1, z: 1 })',
    'user.create({ id: 1 })',
    "user.create({ id: 1 }, { name: 'a', x: 1, z: 1, nme: 'b' })",
    'user.create({ id: 1 }, { name: null, x: 1, z: 1 })',
    "user.create({ id: 1 }, { name: 'a', x: '1', z: 1 })",
    "user.create({ id: 'a' }, { name: 'a', x: 1, z: 1 })",
    'user.edit({ id: 1 }, { name: 7 })',
    "user.edit({ id: 1 }, { nme: 'a' })",
    'sale.create({ id: 1 }, { price: 1 })',
    'sale.edit({ id: 1 }, { price: 1 })',
  ]
  const code = mistakes.map((mistake, i) => `export const wrong${i} = ${mistake}`).join('\n')
  const said = await compilerSays(`${TABLES}\n${code}`)
  expect(said.match(/error TS/g)).toHaveLength(mistakes.length)
  expect(said).not.toMatch(/InputOf|StateOf|Omit<|ColumnState|defaulted/)
})

test('the compiler accepts an edit of a whole group, of no column, and of values known only at run time', async () => {
  const code = `${TABLES}
    const known: { name?: string; x?: number; y?: number | null; z?: number } = {}
    export const right = [
      user.edit({ id: 1 }, { x: 1, y: null, z: 1 }), user.edit({ id: 1 }, { name: 'a' }), user.edit({ id: 1 }, {}),
      user.edit({ id: 1 }, known), user.create({ id: 1 }, { name: 'a', x: 1, z: 1 }), sale.edit({ id: 1 }, { note: 'a' }),
    ]`
  expect(await compilerSays(code)).toBe('')
})

test('the compiler refuses a merge that does not suit its column, in a sentence', async () => {
  expect(await compilerSays('export const wrong = c.varchar(9).any()')).toMatch(/any\(\) is for boolean columns/)
  expect(await compilerSays('export const wrong = c.int().all()')).toMatch(/all\(\) is for boolean columns/)
  expect(await compilerSays('export const right = c.boolean().any()')).toBe('')
})

test('the compiler refuses a key that is not a column of the rows, in a sentence', async () => {
  const rows = "legacy: () => [{ id: 1, name: 'a' }], warehouse: () => [{ id: 1 }]"
  expect(await compilerSays(`export const wrong = report('people', { key: ['name'], ${rows} })`)).toContain(
    'the rows of the two sides do not both have a column name',
  )
  expect(await compilerSays(`export const right = report('people', { key: ['id'], ${rows} })`)).toBe('')
})

const PAST = `
const buyer = dimension('buyer', { key: { id: c.int() }, columns: { tier: c.int() }, history: true })
const plain = dimension('plain', { key: { id: c.int() }, columns: { tier: c.int() } })
const paid = fact('paid', { key: { id: c.int() }, dimensions: { buyer, plain }, measures: { at: c.datetime(), day: c.date() } })
export const tables = [buyer, plain, paid]
`

test.each<[string, string, string]>([
  [
    'to a dimension without history',
    "asOf(paid, 'at', { plain })",
    'the dimension plain keeps no history: define it with history: true',
  ],
  [
    'in a role that it does not have',
    "asOf(paid, 'at', { seller: buyer })",
    'the fact paid has no dimension in the role seller',
  ],
  [
    'as of a column that is not a time',
    "asOf(paid, 'day', { buyer })",
    `'"day"' is not assignable to parameter of type '"at"'`,
  ],
])('the compiler refuses to join a fact %s, in a sentence', async (_, code, sentence) => {
  expect(await compilerSays(`${PAST}\nexport const wrong = ${code}`)).toContain(sentence)
  expect(await compilerSays(`${PAST}\nexport const right = asOf(paid, 'at', { buyer })`)).toBe('')
})

test('the compiler refuses an index on a column that does not exist, in a sentence', async () => {
  const make = (index: string): string => `
    const buyer = dimension('buyer', { key: { id: c.int() }, columns: { tier: c.int() }, index: [['tier', 'id']] })
    export const paid = fact('paid', { key: { id: c.int() }, dimensions: { buyer }, measures: { day: c.date() }, index: ${index} })`
  expect(await compilerSays(make("[['buyer_id', 'day'], ['id']]"))).toBe('')
  expect(await compilerSays(make("[['buyer_id', 'dya']]"))).toContain('there is no column dya')
  expect(await compilerSays("export const d = dimension('d', { key: { id: c.int() }, index: [['di']] })")).toContain(
    'there is no column di',
  )
})
