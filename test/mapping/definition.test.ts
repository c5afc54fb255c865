import { describe, expect, test } from 'vitest'
import {
  column as c,
  defineMigration,
  dimension,
  group,
  type Columns,
  type Dimension,
  type Migration,
} from '../../src/exports/index.ts'
import { definitionOf, textsDigest, type Source } from '../../src/mapping/index.ts'

interface Event<T extends string> {
  readonly _id: number
  readonly seq: number
  readonly no: number
  readonly at: Date
  readonly type: T
  readonly kind: string
  readonly id: string
  readonly mail: string
}
type Happened = Event<'a'> | Event<'b'> | Event<'c'>

const key = { id: c.varchar(9) }
const user = (columns: Columns = { name: c.varchar(9), mail: c.text().pii() }, ofKey: Columns = key) =>
  dimension('user', { key: ofKey, columns })
const place = dimension('place', { key })
const base = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const

interface Parts {
  readonly name?: string
  readonly revision?: number
  readonly source?: Partial<Source<keyof Happened, 'seq' | 'no', 'at'>>
  readonly user?: Dimension<'user', Columns, Columns, boolean>
  readonly isSwapped?: boolean
  readonly b?: 'ignore'
  readonly include?: (e: Happened) => boolean
}

function made({
  name = 'users',
  revision = 1,
  source,
  user: table = user(),
  isSwapped,
  b,
  include,
}: Parts = {}): Migration {
  const nothing = () => []
  const handlers = { a: nothing, b: b ?? nothing, c: 'ignore' } as const
  return defineMigration<Happened>()({
    name,
    revision,
    source: { ...base, ...source },
    tables: isSwapped ? { place, user: table } : { user: table, place },
    on: isSwapped ? { c: handlers.c, b: handlers.b, a: handlers.a } : handlers,
    ...(include === undefined ? {} : { include }),
  })
}

const fingerprint = (parts?: Parts): string => definitionOf(made(parts)).fingerprint

describe('the fingerprint of a definition does not depend on', () => {
  test.each<[string, Parts]>([
    ['the order of its tables and event types', { isSwapped: true }],
    ['the order of its columns', { user: user({ mail: c.text().pii(), name: c.varchar(9) }) }],
    ['comments', { user: user({ name: c.varchar(9).comment('as shown'), mail: c.text().pii() }) }],
    ['the database, which each environment names differently', { source: { database: 'production' } }],
    ['a key that hashes nothing', { source: { hmacKey: 'secret' } }],
    ['a function that decides which events are included', { include: () => true }],
  ])('%s', (_, parts) => {
    expect(fingerprint(parts)).toBe(fingerprint())
  })

  test('the order of paths', () => {
    const [there, back] = [['id', 'mail', 'kind'] as const, ['kind', 'mail', 'id'] as const]
    expect(fingerprint({ source: { select: there } })).toBe(fingerprint({ source: { select: back } }))
    expect(fingerprint({ source: { omit: there } })).toBe(fingerprint({ source: { omit: back } }))
    const personal = { id: 'hmac', mail: 'drop' } as const
    const turned = { mail: 'drop', id: 'hmac' } as const
    expect(fingerprint({ source: { personal } })).toBe(fingerprint({ source: { personal: turned } }))
  })
})

test('the fingerprint of a definition changes with each thing that rows depend on', () => {
  const name = c.varchar(9)
  const mail = c.text().pii()
  const changes: readonly Parts[] = [
    {},
    { name: 'others' },
    { revision: 2 },
    { source: { collection: 'archive' } },
    { source: { type: 'kind' } },
    { source: { order: 'no' } },
    { source: { entity: 'id' } },
    { source: { select: ['id'] } },
    { source: { select: ['id', 'mail'] } },
    { source: { omit: ['mail'] } },
    { source: { personal: { mail: 'drop' } } },
    { source: { personal: { mail: 'hmac' }, hmacKey: 'a' } },
    { source: { personal: { mail: 'hmac' }, hmacKey: 'b' } },
    { b: 'ignore' },
    { user: user({ name, mail, more: c.int() }) },
    { user: user({ mail }) },
    { user: user({ name: c.varchar(10), mail }) },
    { user: user({ name: name.nullable(), mail }) },
    { user: user({ name: name.default('x'), mail }) },
    { user: user({ name: name.default('y'), mail }) },
    { user: user({ name: name.first(), mail }) },
    { user: user({ name: name.pii(), mail }) },
    { user: user({ ...group('spot', { name }), mail }) },
    { user: user(undefined, { id: c.varchar(8) }) },
    { user: user(undefined, { id: c.varchar(9), other: c.int() }) },
    { user: user(undefined, { other: c.int(), id: c.varchar(9) }) },
    { user: dimension('user', { key, columns: { name, mail }, history: true }) },
  ]
  expect(new Set(changes.map(fingerprint)).size).toBe(changes.length)
})

test('a definition holds no secret, and tells keys apart', () => {
  const hmacKey = 'correct horse battery staple'
  const definition = definitionOf(made({ source: { personal: { mail: 'hmac' }, hmacKey } }))
  const other = definitionOf(made({ source: { personal: { mail: 'hmac' }, hmacKey: 'another' } }))
  const forms = [hmacKey, Buffer.from(hmacKey).toString('hex'), Buffer.from(hmacKey).toString('base64')]
  for (const form of forms) expect(JSON.stringify(definition)).not.toContain(form)
  expect(definition.document.capture).not.toBe(other.document.capture)
})

describe('the texts of handlers', () => {
  const withHandler = (a: (e: Happened) => []): Migration =>
    defineMigration<Event<'a'>>()({ name: 'users', source: base, tables: { place }, on: { a } })
  const digestOf = (migration: Migration): string => textsDigest(definitionOf(migration).texts)

  test('change with a handler and with what includes events, which change no fingerprint', () => {
    const migrations = [withHandler(() => []), withHandler((e) => (e.seq > 1 ? [] : []))]
    expect(new Set(migrations.map(digestOf)).size).toBe(2)
    expect(new Set(migrations.map((each) => definitionOf(each).fingerprint)).size).toBe(1)
    expect(digestOf(made({ include: () => true }))).not.toBe(digestOf(made()))
  })

  test('do not change with white space, nor with the order of handlers', () => {
    // oxfmt-ignore
    const [tight, loose] = [withHandler(()=>[]), withHandler( () => [ ] )]
    expect(digestOf(tight)).toBe(digestOf(loose))
    expect(digestOf(made({ isSwapped: true }))).toBe(digestOf(made()))
  })
})
