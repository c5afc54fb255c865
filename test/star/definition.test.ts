import { describe, expect, test } from 'vitest'
import { column as c, dimension, fact, group, optional } from '../../src/exports/index.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import type { Column } from '../../src/star/define/column.ts'

function refused(define: () => unknown): string {
  try {
    define()
  } catch (thrown) {
    if (!(thrown instanceof ChangeoverError)) throw thrown
    expect(thrown.code).toBe('DEFINITION')
    return [thrown.message, thrown.remedy].filter(Boolean).join(' ')
  }
  throw new Error('The definition was accepted.')
}
const columnsOf = (count: number, of: Column): Record<string, Column> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, of]))
const withKey =
  (key: Record<string, Column>): (() => unknown) =>
  () =>
    dimension('file', { key })
const withColumn =
  (name: string, of: Column): (() => unknown) =>
  () =>
    dimension('file', { key: { id: c.int() }, columns: { [name]: of } })

describe('a definition is refused, with a remedy, when', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['it has no key', withKey({}), /^The dimension file has no key\. Define its natural key/],
    [
      'its name has a capital letter',
      () => dimension('File', { key: { id: c.int() } }),
      /^The dimension name "File" is not a valid name\..* at most 56 characters/,
    ],
    [
      'its name contains a quote',
      () => fact('a`b', { key: { id: c.int() } }),
      /^The fact name "a`b" is not a valid name\. Start with a letter/,
    ],
    ['its name is too long', () => fact('a'.repeat(56), { key: { id: c.int() } }), /at most 55 characters/],
    [
      'its name starts with the prefix of a table',
      () => dimension('dim_file', { key: { id: c.int() } }),
      /^The dimension name dim_file starts with dim_, the prefix of a table\. Leave dim_ and fact_ out/,
    ],
    [
      'a key is nullable',
      withKey({ id: c.int().nullable() }),
      /the key column id is nullable, or has a default or a merge/,
    ],
    ['a key is personal', withKey({ id: c.varchar(9).pii() }), /is nullable, or has a default or a merge/],
    ['a key has a default', withKey({ id: c.int().default(7) }), /Remove these: a key always has a value/],
    ['a key has a merge', withKey({ id: c.int().max() }), /Remove these: a key always has a value/],
    [
      'a key cannot be indexed',
      withKey({ id: c.text() }),
      /is of type text, which cannot be a key\. Use a bounded type/,
    ],
    ['a key is inexact', withKey({ id: c.double() }), /is of type double, which cannot be a key/],
    [
      'a key is too long',
      withKey({ a: c.varchar(700), b: c.varchar(100) }),
      /has a key of up to 3204 bytes; MySQL indexes at most 3072/,
    ],
    [
      'a column is in the key and in the columns',
      () => dimension('file', { key: { id: c.int() }, columns: { id: c.int() } }),
      /the key column id is also one of its columns\. Define it once/,
    ],
    [
      'a column name starts with an underscore',
      withColumn('_live', c.int()),
      /^The dimension file: the column "_live" is not a valid name/,
    ],
    ['a column name has a capital letter', withColumn('Bytes', c.int()), /use lower-case letters/],
    [
      'its rows may be too long',
      withColumn('note', c.varchar(16383)),
      /^The dimension file has rows of up to 65556 bytes; the limit is 60000\. Shorten its texts/,
    ],
    [
      'its rows may not fit in a page',
      () => fact('file', { key: { id: c.int() }, measures: columnsOf(33, c.varchar(63)) }),
      /^The fact file has rows that take up to 84\d\d bytes of a page; InnoDB holds 8121\. A varchar\(n\) of up to 63 .* a group/,
    ],
    [
      'the rows of its history may not fit in a page',
      () =>
        dimension('file', {
          key: { id: c.int() },
          columns: { ...group('all', { ...columnsOf(31, c.varchar(63)), last: c.varchar(50) }) },
          history: true,
        }),
      /^The dimension file, in its history, has rows that take up to 8\d\d\d bytes of a page/,
    ],
    [
      'it has more columns than a table can have',
      () => fact('file', { key: { id: c.int() }, measures: columnsOf(1015, c.boolean()) }),
      /^The fact file has 1022 columns with the internal ones; MySQL allows 1017\. Split it/,
    ],
    [
      'a column has the reserved name once',
      withColumn('once', c.int()),
      /the name once is reserved for the content of facts\. Rename the column/,
    ],
    [
      'a personal column cannot be erased',
      withColumn('seen', c.date().pii().max()),
      /is personal and merges by max, which cannot be erased\. Use \.last\(\) or \.first\(\)/,
    ],
    [
      'a column with a default merges by value',
      withColumn('low', c.int().default(0).min()),
      /has a default and merges by min: the default would be merged too\. Remove the default/,
    ],
    [
      'a default does not fit its type',
      () => c.int().default(2 ** 40),
      /^A column of type int cannot have the default 1099511627776: it is outside the range of a 32-bit integer/,
    ],
    [
      'a length is out of range',
      () => c.varchar(0),
      /^The length of varchar\(n\) is 0\. Use a whole number from 1 to 16383/,
    ],
    [
      'a scale is greater than its precision',
      () => c.decimal(3, 4),
      /^The scale of decimal\(p, s\) is 4\. Use a whole number from 0 to 3/,
    ],
    ['an enum has no words', () => (c.enum as () => Column)(), /^The number of words of enum/],
    [
      'any() is called on a column that is not boolean',
      () => (c.int() as unknown as { any(): unknown }).any(),
      /^any\(\) is for boolean columns; this one is int/,
    ],
    [
      'all() is called on a column that is not boolean',
      () => (c.int() as unknown as { all(): unknown }).all(),
      /^all\(\) is for boolean columns; this one is int/,
    ],
  ])('%s', (_, define, sentence) => {
    expect(refused(define)).toMatch(sentence)
  })

  const grouped =
    (columns: Record<string, Column>): (() => unknown) =>
    () =>
      dimension('file', { key: { id: c.int() }, columns })
  test.each<[string, () => unknown, RegExp]>([
    [
      'the name has a capital letter',
      grouped(group('My group', { a: c.int() })),
      /the group "My group" is not a valid name/,
    ],
    [
      'the name begins with an underscore',
      grouped(group('_live', { a: c.int() })),
      /the group "_live" is not a valid name/,
    ],
    [
      'a column merges by value',
      grouped(group('g', { a: c.int(), b: c.int().max() })),
      /the column b of the group g merges by max, so it has no stamp to share\. Leave it out of the group/,
    ],
    [
      'a column is part of the key',
      () => dimension('file', { key: group('g', { id: c.int() }) }),
      /the column id of the group g is part of the key, so it has no stamp to share/,
    ],
    [
      'the merges differ',
      grouped(group('g', { a: c.int(), b: c.int().first() })),
      /the column b of the group g differs from a in its merge or in \.pii\(\)/,
    ],
    [
      'only some of the columns are personal',
      grouped(group('g', { a: c.int(), b: c.int().pii() })),
      /put personal columns in a group of their own/,
    ],
    [
      'it has the name of a column outside the group',
      grouped({ g: c.int(), ...group('g', { a: c.int() }) }),
      /has a group named g, which is also the name of a column\. Rename the group/,
    ],
    [
      'it has the reserved name of the content of a fact',
      () => fact('sale', { key: { id: c.int() }, measures: group('once', { a: c.int() }) }),
      /has a group named once, which is also the name of the content of a fact/,
    ],
  ])('%s (in a group)', (_, define, sentence) => {
    expect(refused(define)).toMatch(sentence)
  })

  const withHistory =
    (name: string, key: Record<string, Column>, columns: Record<string, Column>): (() => unknown) =>
    () =>
      dimension(name, { key, columns, history: true })
  const many = (count: number): Record<string, Column> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, c.int()]))
  const id = { id: c.int() }
  test.each<[string, () => unknown, RegExp]>([
    [
      'no column',
      withHistory('file', id, {}),
      /^The dimension file keeps a history, but none of its columns has one\. Add a column/,
    ],
    [
      'only columns that cannot have one',
      withHistory('file', id, { a: c.int().max(), b: c.int().pii() }),
      /keeps a history, but none of its columns has one/,
    ],
    ['too long a name', withHistory('a'.repeat(49), id, many(1)), /is not a valid name.* at most 48 characters/],
    [
      'too long a key',
      withHistory('file', { id: c.varchar(764) }, many(1)),
      /has a key of up to 3074 bytes in its history; MySQL indexes at most 3072/,
    ],
    [
      'a column named valid_from',
      withHistory('file', id, { valid_from: c.int() }),
      /the name valid_from is reserved for a column of its history view\. Rename the column/,
    ],
    [
      'a key named is_current',
      withHistory('file', { is_current: c.int() }, many(1)),
      /the name is_current is reserved for a column of its history view/,
    ],
  ])('it keeps the history of %s', (_, define, sentence) => {
    expect(refused(define)).toMatch(sentence)
  })

  test('a history has no limit of its own to its columns', () => {
    const { layout } = dimension('file', { key: id, columns: many(100), history: true })
    expect(layout.history!.columns).toHaveLength(100)
  })

  test('a column of a dimension has the name of a column that its members view adds', () => {
    const define = withColumn('member_state', c.int())
    expect(refused(define)).toMatch(/the name member_state is reserved for a column of its members view/)
    expect(fact('file', { key: { member_state: c.int() } }).name).toBe('file')
    expect(dimension('file', { key: { id: c.int() }, columns: { valid_to: c.int() } }).history).toBe(false)
  })

  test('two roles of a fact have the same column', () => {
    const file = dimension('file', { key: { path: c.varchar(9) } })
    const define = (): unknown => fact('change', { key: { id: c.int() }, dimensions: { file, file_path: c.int() } })
    expect(refused(define)).toMatch(/^The fact change has two columns named file_path\. Rename one of the two/)
  })
})

test('a fact has the keys of its dimensions, prefixed with the role unless they already are', () => {
  const author = dimension('author', { key: { author_id: c.varchar(14) } })
  const file = dimension('file', { key: { repo: c.int(), path: c.varchar(255) } })
  const change = fact('change', {
    key: { event_id: c.objectId() },
    dimensions: { file, author, reviewer: author, day: c.date() },
    measures: { lines: c.int() },
  })
  expect(Object.keys(change.columns)).toEqual([
    'file_repo',
    'file_path',
    'author_id',
    'reviewer_author_id',
    'day',
    'lines',
  ])
  expect(change.layout.relation.name).toBe('fact_change')
})

test('an optional role has the key columns of its dimension, each nullable', () => {
  const author = dimension('author', { key: { author_id: c.varchar(14) } })
  const change = fact('change', { key: { id: c.int() }, dimensions: { author, reviewer: optional(author) } })
  const nullable = Object.entries(change.columns).map(([name, { spec }]) => [name, spec.nullable])
  expect(nullable).toEqual([
    ['author_id', false],
    ['reviewer_author_id', true],
  ])
  expect(refused(() => optional(undefined as unknown as typeof author))).toMatch(
    /not a dimension\. Pass what dimension/,
  )
})

test('each group is one register with one stamp', () => {
  const user = dimension('user', {
    key: { id: c.int() },
    columns: {
      ...group('spot', { x: c.int(), y: c.int() }),
      name: c.text(),
      ...group('home', { street: c.text().pii(), town: c.text().pii() }),
      ...group('origin', { site: c.text().first(), page: c.text().first() }),
    },
  })
  const names = user.layout.relation.columns.map(({ name }) => name)
  const registers = user.layout.relation.registers.flatMap((register) =>
    register.merge === 'stamped' ? [[names[register.stamp], ...register.columns.map((column) => names[column])]] : [],
  )
  expect(registers).toEqual([
    ['_stamp_spot', 'x', 'y'],
    ['_stamp_name', 'name'],
    ['_stamp_home', 'street', 'town'],
    ['_stamp_origin', 'site', 'page'],
    ['_live_stamp', '_live'],
  ])
})

test('a method of a column returns a new column and leaves the old one unchanged', () => {
  const plain = c.varchar(9)
  expect(plain.nullable()).not.toBe(plain)
  expect(plain.spec.nullable).toBe(false)
  expect(Object.isFrozen(plain.spec)).toBe(true)
})

test('the content of a fact shares one stamp, except for personal columns', () => {
  const sale = fact('sale', {
    key: { id: c.int() },
    measures: { price: c.int(), amount: c.int(), mail: c.text().pii(), note: c.text().last() },
  })
  const stamps = sale.layout.relation.columns.map(({ name }) => name).filter((name) => name.startsWith('_stamp'))
  expect(stamps).toEqual(['_stamp_once', '_stamp_mail', '_stamp_note'])
})
